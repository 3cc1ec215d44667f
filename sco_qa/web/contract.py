"""The contract's JSON, read back: a conversation is kept in the browser, so what comes from there is checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from sco_qa.reply import Status, in_original, located, weighed
from sco_qa.types import Span, State

KEPT = 30
"""Turns kept in the browser: at about 10 kB a turn, far below the 5 MB that a browser keeps for one site."""

Position = Annotated[int, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SentenceView(_Frozen):
    """The sentence around a quote."""

    start: Position
    end: Position
    text: str


class OriginalView(_Frozen):
    """The document that a text was extracted from, and the cited place in it."""

    file: str
    format: str = ""
    page: Position | None = None
    heading: str | None = None


class CitationView(_Frozen):
    """A citation as the contract has it; its quote is what its sentence says at that place."""

    source: str
    file: str
    sha256: str
    title: str
    author: str | None = None
    publisher: str | None = None
    date: str | None = None
    section: str | None = None
    original: OriginalView | None = None
    state: State
    start: Position
    end: Position
    quote: str
    sentence: SentenceView

    @model_validator(mode="after")
    def _is_quoted(self) -> Self:
        start = self.start - self.sentence.start
        if start < 0 or self.sentence.text[start : self.end - self.sentence.start] != self.quote:
            raise ValueError("the quote is not in its sentence")
        return self

    @property
    def where(self) -> str:
        """Where the quote stands."""
        return located(self.file, Span(self.start, self.end), self._original)

    @property
    def place(self) -> str | None:
        """The page or the heading of the original that is cited."""
        return in_original(self._original)

    @property
    def _original(self) -> dict[str, Any] | None:
        return None if self.original is None else self.original.model_dump()

    @property
    def before(self) -> str:
        """The sentence's words before the quote."""
        return self.sentence.text[: self.start - self.sentence.start]

    @property
    def after(self) -> str:
        """The sentence's words after the quote."""
        return self.sentence.text[self.end - self.sentence.start :]


class AnswerView(_Frozen):
    """An answer as the contract has it."""

    text: str
    confidence: float
    citation: CitationView
    also_in: tuple[CitationView, ...] = ()


class DisagreementView(_Frozen):
    """Answers that differ, by their places in the reply."""

    kind: str
    answers: tuple[Position, ...]


class ReplyView(_Frozen):
    """A reply as the contract has it."""

    question: str
    read_as: str | None = None
    status: Status
    reason: str | None = None
    confidence: float
    answers: tuple[AnswerView, ...] = ()
    disagreement: DisagreementView | None = None
    nearest: tuple[CitationView, ...] = ()
    timings_ms: dict[str, float]

    @model_validator(mode="after")
    def _answers_what_it_says(self) -> Self:
        if self.status is Status.ANSWERED and not self.answers:
            raise ValueError("answered without an answer")
        if self.disagreement is not None and any(i >= len(self.answers) for i in self.disagreement.answers):
            raise ValueError("a disagreement between answers that are not there")
        return self

    @property
    def shown(self) -> tuple[AnswerView, ...]:
        """The answers that a person is shown: none when the sources do not say, no last ones not worth weighing."""
        if self.status is not Status.ANSWERED:
            return ()
        differing = () if self.disagreement is None else self.disagreement.answers
        last = max(weighed(self.confidence, [a.confidence for a in self.answers], differing), default=0)
        return self.answers[: last + 1]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The number of each shown answer's first place, from 1, as :attr:`citations` counts them."""
        numbers, number = [], 1
        for answer in self.shown:
            numbers.append(number)
            number += 1 + len(answer.also_in)
        return tuple(numbers)

    @property
    def citations(self) -> tuple[CitationView, ...]:
        """Every place that is shown, in the order of its number."""
        shown = [c for answer in self.shown for c in (answer.citation, *answer.also_in)]
        return tuple(shown or self.nearest)


class Turn(_Frozen):
    """One question of a conversation and what it got.

    ``alone`` says that the question was asked by itself, ``thumb`` what its reader thought of the reply.
    """

    reply: ReplyView
    alone: bool = False
    thumb: Literal["up", "down", "corrected"] | None = None

    @classmethod
    def of(cls, reply: dict[str, Any], *, alone: bool = False) -> Self:
        """Make a turn of a reply's JSON."""
        return cls(reply=ReplyView.model_validate(reply), alone=alone)


_TURNS = TypeAdapter(list[Turn])


def turns(kept: Any) -> list[Turn]:
    """Read a conversation that a browser kept; one that is not ours, or is damaged, counts as none."""
    try:
        return _TURNS.validate_python(kept)[-KEPT:]
    except ValidationError:
        return []


def keep(conversation: list[Turn]) -> list[dict[str, Any]]:
    """Give the latest turns as JSON for the browser."""
    return [turn.model_dump(mode="json") for turn in conversation[-KEPT:]]
