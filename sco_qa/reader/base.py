"""What a reader is asked and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sco_qa.types import Passage, Span


@dataclass(frozen=True, slots=True)
class Reading:
    """Words of a passage that may be the answer.

    ``span`` counts as the passage's own span does, and lies within one of its sentences. ``score`` compares across
    passages and questions: above 0 the reader prefers these words to "this passage does not say"; larger is better, in
    logits.
    """

    span: Span
    score: float


class Reader(Protocol):
    """Finds answers in passages."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Reading]]:
        """Give for each passage its best readings, best first; possibly none, never across a sentence's border."""
        ...
