"""What the stages hand to one another: frozen values, checked when they are made.

Every position is a half-open span ``[start, end)`` in Unicode code points, counted from the beginning of the
source's text. ``source.text[start:end] == quote`` holds for whatever is made here.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from sco_qa.errors import CitationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class State(StrEnum):
    """Whether the cited file is still what was indexed."""

    FRESH = "fresh"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points that holds at least one."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not [{self.start}, {self.end})")

    def holds(self, other: Span) -> bool:
        """Tell whether ``other`` lies inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlap(self, other: Span) -> int:
        """Count the code points that both spans hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a source with a heading, a byline or a date of its own (an item on a page of items)."""

    span: Span
    heading: Span | None = None
    byline: Span | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its original the text stands from ``start`` on, to the next place: a page, or a path of headings."""

    start: int
    page: int | None = None
    heading: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give what is known of the place, without its start in the text."""
        named = {"page": self.page, "heading": self.heading}
        return {key: value for key, value in named.items() if value is not None}


def name_of(file: str) -> str:
    """Give the title that a file's name makes."""
    return PurePosixPath(file).stem.replace("-", " ").replace("_", " ")


def structured(described: Mapping[str, Any]) -> dict[str, Any]:
    """Make spans, sections and places again of what ``asdict`` made of them."""
    sections = tuple(
        Section(
            Span(**section["span"]),
            None if section["heading"] is None else Span(**section["heading"]),
            None if section["byline"] is None else Span(**section["byline"]),
            section["date"],
        )
        for section in described["sections"]
    )
    furniture = tuple(Span(**span) for span in described["furniture"])
    places = tuple(Place(**place) for place in described["places"])
    return {**described, "furniture": furniture, "sections": sections, "places": places}


@dataclass(frozen=True, slots=True)
class Source:
    """One document: its text as indexed, who wrote it and when, and what in it is not text.

    ``sha256`` is the hash of the text in UTF-8, which for a text file is the file's own. ``date`` is ISO 8601, as
    exact as is known (``2018``, ``2018-06``, ``2018-06-20``). ``furniture`` spans (banners, navigation,
    advertisements) are never part of a passage; ``sections`` are in order, do not overlap and need not cover the
    text. ``original`` names the document that the text was extracted from, with its hash and its format; ``places``,
    in order, lead back to its pages or headings.
    """

    id: str
    file: str
    text: str
    title: str
    author: str | None = None
    publisher: str | None = None
    date: str | None = None
    date_basis: str | None = None
    furniture: tuple[Span, ...] = ()
    sections: tuple[Section, ...] = ()
    original: dict[str, Any] | None = None
    places: tuple[Place, ...] = ()
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.text.encode()).hexdigest())

    @property
    def named_for_file(self) -> bool:
        """Whether the title only repeats the file's name, as that of a document without any other does."""
        return self.title == name_of(self.file if self.original is None else self.original["file"])

    def described(self) -> dict[str, Any]:
        """Give everything but the text, as JSON values; :meth:`from_described` is the way back."""
        described = asdict(self)
        del described["text"]
        return described

    @classmethod
    def from_described(cls, described: Mapping[str, Any], text: str) -> Self:
        """Put a description and its text together again."""
        values = {name: value for name, value in described.items() if name != "sha256"}
        return cls(text=text, **structured(values))

    def section_of(self, span: Span) -> Section | None:
        """Find the section that ``span`` begins in."""
        return next((s for s in self.sections if s.span.start <= span.start < s.span.end), None)

    def date_of(self, span: Span) -> str | None:
        """Give the date of the section that ``span`` begins in, or of the source."""
        section = self.section_of(span)
        return section.date if section is not None and section.date is not None else self.date

    def place_of(self, span: Span) -> Place | None:
        """Find the place in the original that ``span`` begins at."""
        before = bisect_right(self.places, span.start, key=lambda place: place.start)
        return self.places[before - 1] if before else None

    def slice(self, span: Span | None) -> str | None:
        """Give the words at ``span``, on one line."""
        return None if span is None else " ".join(self.text[span.start : span.end].split())


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole sentences in one contiguous span of a source, without furniture inside.

    ``id`` is its place in the index, from 0. ``heading`` is the section's heading, put before the text when it is
    encoded, never into what is quoted.
    """

    id: int
    source: str
    span: Span
    text: str
    sentences: tuple[Span, ...]
    heading: str | None = None

    def __post_init__(self) -> None:
        if len(self.text) != self.span.end - self.span.start:
            raise CitationError(
                f"passage {self.id} of {self.source} has {len(self.text)} characters, its span "
                f"{self.span.end - self.span.start}; rebuild the index: sco-qa build"
            )

    def sentences_around(self, span: Span) -> Span:
        """Give the shortest run of whole sentences that holds ``span`` (all positions in the source)."""
        touched = [s for s in self.sentences if s.overlap(span)]
        if not touched:
            return span
        return Span(min(span.start, touched[0].start), max(span.end, touched[-1].end))


@dataclass(frozen=True, slots=True)
class Matches:
    """Passages near a question with their raw scores, each ``(matches,)``; larger is better.

    ``dense`` is the cosine of question and passage in [-1, 1], ``lexical`` the BM25 score, at least 0; the retriever
    makes a share in [0, 1] of it.
    """

    passages: NDArray[np.int64]
    dense: NDArray[np.float32]
    lexical: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. All scores: larger is better.

    ``dense`` is the cosine of question and passage, ``lexical`` the BM25 score as a share of the highest there can be,
    ``score`` their fusion, at most 1, and more if the passage is ``of_year``: the question names the year in which it
    was written, or one that it names itself.
    """

    passage: Passage
    score: float
    dense: float
    lexical: float
    of_year: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words of a passage that may be the answer.

    ``read`` is the reader's score (logits: start + end − no-answer; above 0 the reader prefers the span to "no
    answer here"), ``score`` what candidates of all passages are ranked by. Larger is better.
    """

    hit: Hit
    span: Span
    text: str
    read: float
    score: float
