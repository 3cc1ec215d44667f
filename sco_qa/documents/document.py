"""What is extracted from a document, and the writer that puts its text together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sco_qa.types import Place, Section, Span

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])")
_BLANKS = re.compile(r"[^\S\n]+")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff"))  # where a line may break; in words they only hide them
_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Document:
    """A document's text and what it says of itself.

    ``format`` is ``text`` for a text file in UTF-8, which is its own text, not a character changed. In every other
    format the text was extracted: a paragraph, a heading, a row of a table are each between blank lines.

    ``date`` is ISO 8601, as exact as the document's own metadata gives, never a file's modification time;
    ``date_basis`` is what it rests on. ``furniture`` (navigation, headers and footers) is in the text and never read.
    ``places`` are in order: each says what page or heading the text is under from its start to the next one's.
    ``sections`` are the parts under the document's own headings.
    """

    text: str
    format: str
    title: str | None = None
    author: str | None = None
    date: str | None = None
    date_basis: str | None = None
    furniture: tuple[Span, ...] = ()
    places: tuple[Place, ...] = ()
    sections: tuple[Section, ...] = ()


class Writing:
    """Puts a text together from blocks, and remembers what stands where."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._end = -len(_GAP)
        self._furniture: list[Span] = []
        self._headings: list[tuple[int, str, Span]] = []
        self._places: list[Place] = []

    def block(self, text: str, *, level: int | None = None, furniture: bool = False) -> None:
        """Write a paragraph, or a heading of a level; blanks at its ends and runs of them are dropped."""
        lines = (_BLANKS.sub(" ", line).strip() for line in text.translate(_UNSEEN).split("\n"))
        self.exactly("\n".join(lines).strip("\n"), level=level, furniture=furniture)

    def exactly(
        self,
        text: str,
        *,
        level: int | None = None,
        furniture: bool = False,
        pages: Iterable[tuple[int, int]] = (),
    ) -> None:
        """Write a block with all its blanks, such as a listing; ``pages`` begin in it, each at its place in it."""
        if not text.strip():
            return
        span = Span(self._end + len(_GAP), self._end + len(_GAP) + len(text))
        self._blocks.append(text)
        self._end = span.end
        self._places += (Place(span.start + place, page=page) for place, page in pages)
        if furniture and self._furniture and self._furniture[-1].end + len(_GAP) == span.start:
            self._furniture[-1] = Span(self._furniture[-1].start, span.end)  # one run of it is one piece
        elif furniture:
            self._furniture.append(span)
        elif level is not None:
            self._headings.append((level, _line(text) or "", span))

    def document(
        self,
        format_: str,
        *,
        title: str | None = None,
        author: str | None = None,
        date: str | None = None,
        date_basis: str | None = None,
    ) -> Document:
        """Give what was written; its title is the first of the highest headings if nothing better is known."""
        text = _GAP.join(self._blocks) + "\n" * bool(self._blocks)
        title = _line(title)
        if title is None and self._headings:
            title = min(self._headings, key=lambda heading: heading[0])[1]
        known = iso_date(date)
        return Document(
            text=text,
            format=format_,
            title=title,
            author=_line(author),
            date=known,
            date_basis=None if known is None else date_basis,
            furniture=tuple(self._furniture),
            places=tuple(self._places) or self._under_headings(title),
            sections=self._sections(len(text)),
        )

    def _under_headings(self, title: str | None) -> tuple[Place, ...]:
        places: list[Place] = []
        path: list[tuple[int, str]] = []
        for level, heading, span in self._headings:
            path = [*((above, named) for above, named in path if above < level), (level, heading)]
            named = [name for _, name in path]
            if len(named) > 1 and named[0] == title:  # said with every citation already
                del named[0]
            places.append(Place(span.start, heading=" › ".join(named)))
        return tuple(places)

    def _sections(self, length: int) -> tuple[Section, ...]:
        spans = [span for _, _, span in self._headings]
        ends = [*(span.start for span in spans[1:]), length]
        return tuple(Section(Span(span.start, end), span) for span, end in zip(spans, ends, strict=False))


def iso_date(text: str | None) -> str | None:
    """Give the date that a text in ISO 8601 begins with, as exact as it is; None if there is none."""
    found = _DATE.match((text or "").strip())
    if found is None:
        return None
    year, month, day = (None if part is None else int(part) for part in found.groups())
    try:
        date(year or 0, month or 1, day or 1)
    except ValueError:
        return None
    return found[0]


def _line(text: str | None) -> str | None:
    """Put a text on one line; None if nothing is left."""
    return " ".join((text or "").split()) or None
