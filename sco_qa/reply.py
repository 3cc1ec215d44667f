"""What a question gets: a reply with ranked answers, each with citations, as objects and as the contract's JSON.

A citation is made only if its source says exactly that at that place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sco_qa.errors import CitationError
from sco_qa.types import Candidate, Hit, Matches, Place, Source, Span, State

SCHEMA = 1


class Status(StrEnum):
    """Whether the sources answer the question."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"


def located(file: str, span: Span, original: Mapping[str, Any] | None) -> str:
    """Say for people where a quote stands: in which file, on which page or under which heading, and where there."""
    if original is None:
        return f"{file}, characters {span.start}–{span.end}"
    place = in_original(original)
    named = f"{original['file']}, {place}" if place else original["file"]
    return f"{named}, characters {span.start}–{span.end} of its text"


def in_original(original: Mapping[str, Any] | None) -> str | None:
    """Say for people which page or heading of the original is cited: ``p. 12``, ``3 Study › 3.2 Methods``."""
    if original is None:
        return None
    page, heading = original.get("page"), original.get("heading")
    return heading if page is None else f"p. {page}"


def weighed(confidence: float, answers: Sequence[float], sides: Collection[int]) -> list[int]:
    """Give the places of the answers that a person would weigh, by the confidence in the reply and in each of them.

    Those less than a tenth as likely as the first are left out, unless they are ``sides`` of a disagreement.
    """
    return [place for place, likely in enumerate(answers) if likely >= confidence / 10 or place in sides]


@dataclass(frozen=True, slots=True)
class Citation:
    """The place of a quote: made only if the source says exactly that there, or ``CitationError``."""

    source: Source
    span: Span
    quote: str
    sentence: Span
    state: State = State.FRESH

    def __post_init__(self) -> None:
        found = self.source.text[self.span.start : self.span.end]
        if found != self.quote or not self.sentence.holds(self.span) or self.sentence.end > len(self.source.text):
            raise CitationError(
                f"{self.source.file} [{self.span.start}, {self.span.end}) says {found!r}, not {self.quote!r}; "
                "rebuild the index: sco-qa build"
            )

    @property
    def sentence_text(self) -> str:
        """The whole sentence or sentences around the quote."""
        return self.source.text[self.sentence.start : self.sentence.end]

    @property
    def date(self) -> str | None:
        """The date of the section that is cited, or of its source."""
        return self.source.date_of(self.span)

    @property
    def author(self) -> str | None:
        """The byline of the section that is cited, or the author of its source."""
        section = self.source.section_of(self.span)
        byline = None if section is None else self.source.slice(section.byline)
        return self.source.author if byline is None else byline.removeprefix("By ")

    @property
    def section(self) -> str | None:
        """The heading of the section that is cited."""
        section = self.source.section_of(self.span)
        return None if section is None else self.source.slice(section.heading)

    @property
    def place(self) -> Place | None:
        """The page or the heading of the original that is cited; None for a text file."""
        return self.source.place_of(self.span)

    @property
    def original(self) -> dict[str, Any] | None:
        """The document that the text was extracted from, and the cited place in it; None for a text file."""
        if self.source.original is None:
            return None
        return {**self.source.original, **({} if self.place is None else self.place.to_json())}

    @property
    def where(self) -> str:
        """Say for people where the quote stands."""
        return located(self.source.file, self.span, self.original)

    def to_json(self) -> dict[str, Any]:
        """Give the citation as the contract has it."""
        return {
            "source": self.source.id,
            "file": self.source.file,
            "sha256": self.source.sha256,
            "title": self.source.title,
            "author": self.author,
            "publisher": self.source.publisher,
            "date": self.date,
            "section": self.section,
            "original": self.original,
            "state": self.state.value,
            "start": self.span.start,
            "end": self.span.end,
            "quote": self.quote,
            "sentence": {"start": self.sentence.start, "end": self.sentence.end, "text": self.sentence_text},
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """Words that answer the question, where they stand, and where else the same is said.

    ``confidence`` is the probability in [0, 1] that the sources answer the question and this answer is right.
    """

    text: str
    confidence: float
    citation: Citation
    also_in: tuple[Citation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the answer as the contract has it."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "citation": self.citation.to_json(),
            "also_in": [c.to_json() for c in self.also_in],
        }


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Good answers that differ: ``kind`` is ``time`` where their sources are of different dates, else ``sources``.

    ``answers`` are their places in the reply, newest first.
    """

    kind: str
    answers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question gets. ``answers`` are ranked, best first; see ``docs/contracts.md`` for every field."""

    question: str
    read_as: str | None
    status: Status
    reason: str | None
    confidence: float
    answers: tuple[Answer, ...]
    disagreement: Disagreement | None
    nearest: tuple[Citation, ...]
    timings_ms: dict[str, float]

    @property
    def shown(self) -> tuple[Answer, ...]:
        """The answers that an interface may show: none when the sources do not say."""
        return self.answers if self.status is Status.ANSWERED else ()

    def to_json(self, *, id_: Any = None) -> dict[str, Any]:
        """Give the reply as the contract of ``sco-qa ask --json`` has it."""
        return {
            "schema": SCHEMA,
            "id": id_,
            "question": self.question,
            "read_as": self.read_as,
            "status": self.status.value,
            "reason": self.reason,
            "confidence": round(self.confidence, 4),
            "answers": [a.to_json() for a in self.answers],
            "disagreement": None
            if self.disagreement is None
            else {"kind": self.disagreement.kind, "answers": list(self.disagreement.answers)},
            "nearest": [c.to_json() for c in self.nearest],
            "timings_ms": {stage: round(ms, 1) for stage, ms in self.timings_ms.items()},
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """What every stage returned for one question; users get ``reply``, evaluation measures the others.

    A question that cannot be read, such as one in another script, has a reply alone.
    """

    reply: Reply
    matches: Matches | None = None
    hits: tuple[Hit, ...] = ()
    candidates: tuple[Candidate, ...] = ()
