"""Disagreement: good answers of different sources that cannot both be right.

Two answers are compared only where a question has one answer ("how many", "when", "who", "where") and both are of the
kind that it asks for: a number of the same unit, a date, a name. Whether they disagree, and not one of them is simply
wrong, is the probability of a logistic regression fitted by ``make fit`` on the training collections.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Self

from sco_qa import values
from sco_qa.confidence import logistic
from sco_qa.reply import Citation, Disagreement
from sco_qa.text import YEAR
from sco_qa.types import Candidate
from sco_qa.values import Kind

_ONE_VALUED = {
    Kind.NUMBER: re.compile(
        r"\bhow (?:many|much|long|far|old|large|big|wide|high|heavy)\b|\b(?:percentage|share|proportion|sum|number)\b",
        re.I,
    ),
    Kind.DATE: re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month)\b", re.I),
    # "which members", "who are": several may be right
    Kind.NAME: re.compile(r"\bwho(?:m|se)?\b(?! (?:are|were|have)\b)|\bwhere\b|\b(?:which|what) \w*[^\W\ds]\b", re.I),
}
_MOST_DIFFERENT = 3.0
"""Natural logarithm of the ratio of two numbers from which on it says no more: they count other things."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of two answers that differ, the better one first."""

    first: float
    """The reader's score of the better one, in logits."""
    second: float
    """That of the other one."""
    retrieval: float
    """The lower of the fused scores of their passages, in [0, 1]."""
    number: float
    """1 if they are numbers."""
    same_unit: float
    """1 if those count the same, in so many words."""
    ratio: float
    """Distance of two numbers: the natural logarithm of their ratio, 1 for what is no number."""
    year: float
    """1 if the question names a year, and so asks for one of several times."""


def comparable(question: str, one: Candidate, other: Candidate) -> bool:
    """Tell whether two answers from different sources would contradict each other, if both were right."""
    a, b = values.value(one.text), values.value(other.text)
    pattern = _ONE_VALUED.get(a.kind)
    if pattern is None or a.kind is not b.kind or one.hit.passage.source == other.hit.passage.source:
        return False
    if a.kind is Kind.NUMBER and a.unit and b.unit and a.unit != b.unit:
        return False
    contained = a.key in b.key or b.key in a.key
    return not (values.same(one.text, other.text) or (a.kind is not Kind.NUMBER and contained)) and (
        pattern.search(question) is not None
    )


def features(question: str, one: Candidate, other: Candidate) -> Features:
    """Give the features of two answers that are comparable."""
    a, b = values.value(one.text), values.value(other.text)
    number = a.kind is Kind.NUMBER
    amounts = [float(v.key) for v in (a, b)] if number else [1.0, math.e]
    positive = min(amounts) > 0
    return Features(
        first=one.read,
        second=other.read,
        retrieval=min(one.hit.score, other.hit.score),
        number=float(number),
        same_unit=float(number and a.unit == b.unit),
        ratio=min(_MOST_DIFFERENT, abs(math.log(amounts[0] / amounts[1]))) if positive else _MOST_DIFFERENT,
        year=float(YEAR.search(question) is not None),
    )


@dataclass(frozen=True, slots=True)
class Alarm:
    """A fitted model: the probability that two comparable answers disagree, from their :class:`Features`."""

    intercept: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls) -> Self:
        """Read the packaged coefficients."""
        return cls(**json.loads(files("sco_qa").joinpath("disagreement.json").read_text(encoding="utf-8")))

    def probability(self, known: Features) -> float:
        """Give the probability in [0, 1] that the two disagree."""
        return logistic(self.intercept, self.weights, asdict(known))

    def find(
        self, question: str, answers: Sequence[Candidate], citations: Sequence[Citation], threshold: float
    ) -> Disagreement | None:
        """Find the answers that disagree with the first one: newest first, or None if none does surely enough.

        They differ over time if their sources are of different dates, and else between sources.
        """
        places = [
            place
            for place in range(1, len(answers))
            if comparable(question, answers[0], answers[place])
            and self.probability(features(question, answers[0], answers[place])) >= threshold
        ]
        if not places:
            return None
        dates = {place: citations[place].date or "" for place in (0, *places)}
        kind = "time" if all(dates.values()) and len(set(dates.values())) > 1 else "sources"
        newest_first = sorted(dates, key=lambda place: dates[place], reverse=True)
        return Disagreement(kind, tuple(newest_first))
