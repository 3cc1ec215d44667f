"""HTML from templates. Everything a template is given is text: it is escaped, whatever it holds."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sco_qa.types import Span
from sco_qa.web.contract import CitationView, ReplyView
from sco_qa.web.places import Permalink

# Plain words for a probability; an interface shows the number on hover.
_SURE = ((0.9, "very sure"), (0.75, "quite sure"), (0.5, "fairly sure"), (0.0, "not sure"))


def render(template: str, /, **values: Any) -> str:
    """Fill in one of the templates beside this module."""
    return _environment().get_template(template).render(**values)


def sure(confidence: float) -> str:
    """Say a probability in plain words."""
    return next((words for least, words in _SURE if confidence >= least), "not sure")


def sure_exactly(confidence: float) -> str:
    """Say what the number means."""
    return f"right with a probability of {confidence:.0%}"


def address(base: str, citation: CitationView, reply: ReplyView | None = None) -> str:
    """Give the address of a cited place; with its reply, the page also leads to the reply's other places."""
    others = [_place(c) for c in reply.citations] if reply is not None and len(reply.citations) > 1 else []
    return _place(citation).address(base, others)


def faithful(text: str) -> Markup:
    """Escape a text so that a browser holds every character of it: it would read a carriage return as a line feed."""
    return Markup(str(escape(text)).replace("\r", "&#13;"))  # noqa: S704 - what is marked safe was just escaped


def _place(citation: CitationView) -> Permalink:
    return Permalink(citation.source, Span(citation.start, citation.end), citation.sha256)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sco_qa", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(sure=sure, sure_exactly=sure_exactly, faithful=faithful)
    environment.globals.update(address=address)
    return environment
