"""A citation for copying: plain text, Markdown, BibTeX and CSL-JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from sco_qa.web.contract import CitationView

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$])")
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def formats(citation: CitationView, address: str) -> dict[str, str]:
    """Give the citation in each of the formats, by name."""
    return {
        "Plain text": plain(citation, address),
        "Markdown": markdown(citation, address),
        "BibTeX": bibtex(citation, address),
        "CSL-JSON": csl_json(citation, address),
    }


def plain(citation: CitationView, address: str) -> str:
    """Give the quote and where it stands, on one line."""
    return f"“{_line(citation.quote)}” — {'. '.join(_named(citation))}. {citation.where}. {address}"


def markdown(citation: CitationView, address: str) -> str:
    """Give the quote as a block and where it stands under it; whatever the source holds stays text."""
    author, title, *rest = [citation.author, *_named(citation)[citation.author is not None :]]
    named = [part for part in (author, f"[{escape_markdown(title or '')}](<{address}>)") if part]
    named[:-1] = [escape_markdown(part) for part in named[:-1]]
    after = [escape_markdown(part) for part in (*rest, citation.where) if part]
    return f"> {escape_markdown(_line(citation.quote))}\n>\n> — {', '.join([*named, *after])}"


def bibtex(citation: CitationView, address: str) -> str:
    """Give a ``@misc`` entry; the quote and its place are its note."""
    year, month, _ = _date(citation)
    values = {
        "title": f"{{{_tex(citation.title)}}}",
        "author": None if citation.author is None else f"{{{_tex(citation.author)}}}",
        "publisher": None if citation.publisher is None else _tex(citation.publisher),
        "year": year,
        "month": None if month is None else _MONTHS[month - 1],
        "note": _tex(f"“{_line(citation.quote)}”, {citation.where}"),
        "url": re.sub(r"[{}\\]", "", address),
    }
    rows = [
        f"  {name} = {value}," if name == "month" else f"  {name} = {{{value}}},"
        for name, value in values.items()
        if value is not None
    ]
    return "\n".join([f"@misc{{{_key(citation)},", *rows, "}"])


def csl_json(citation: CitationView, address: str) -> str:
    """Give a list of one CSL item."""
    date = [part for part in _date(citation) if part is not None]
    item: dict[str, Any] = {
        "id": _key(citation),
        "type": "article",
        "title": citation.title,
        "author": None if citation.author is None else [{"literal": citation.author}],
        "publisher": citation.publisher,
        "issued": {"date-parts": [date]} if date else None,
        "section": citation.section,
        "URL": address,
        "note": f"“{_line(citation.quote)}”, {citation.where}",
    }
    return json.dumps([{k: v for k, v in item.items() if v is not None}], ensure_ascii=False, indent=2)


def escape_markdown(text: str) -> str:
    """Make Markdown show the text as it is: no link, no emphasis, no HTML."""
    return _MARKDOWN.sub(r"\\\1", text)


def _named(citation: CitationView) -> list[str]:
    """Give author, title, section, publisher and date, those that there are, each once."""
    section = None if citation.section == citation.title else citation.section
    named = (citation.author, citation.title, section, citation.publisher, citation.date)
    return [_line(part) for part in named if part is not None]


def _date(citation: CitationView) -> tuple[int | None, int | None, int | None]:
    parts = [int(part) for part in (citation.date or "").split("-") if part]
    year, month, day, *_ = [*parts, None, None, None]
    return year, month, day


def _key(citation: CitationView) -> str:
    return f"{re.sub(r'[^A-Za-z0-9-]', '', citation.source) or 'source'}-{citation.start}-{citation.end}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)
