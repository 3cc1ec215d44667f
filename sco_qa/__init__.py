"""SCO QA: ask a set of documents; get the exact words that answer, ranked and cited, or hear that they do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_qa.errors import ScoQaError
from sco_qa.reply import Answer, Citation, Reply, Status
from sco_qa.settings import Settings
from sco_qa.types import Source, Span
from sco_qa.version import __version__

if TYPE_CHECKING:
    from sco_qa.assistant import Assistant

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Reply",
    "ScoQaError",
    "Settings",
    "Source",
    "Span",
    "Status",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Load the assistant, and with it the libraries that search, only when it is asked for."""
    if name == "Assistant":
        from sco_qa.assistant import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
