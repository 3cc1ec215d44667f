"""Candidates for an answer: ranked over all passages together, then those that say the same put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sco_qa import values
from sco_qa.types import Candidate

MOST_ANSWERS = 5


def ranked(candidates: Iterable[Candidate], retrieval_weight: float) -> list[Candidate]:
    """Score candidates by what the reader and, with a weight, retrieval say of them; give them best first."""
    scored = [replace(c, score=c.read + retrieval_weight * c.hit.score) for c in candidates]
    return sorted(scored, key=lambda c: (-c.score, c.hit.passage.id, c.span))


def group(candidates: Sequence[Candidate], most: int) -> list[list[Candidate]]:
    """Put candidates that say the same together: at most ``most`` groups, best first, each with its best first.

    A candidate that overlaps a better one in the same source is that one again, cut differently, and is dropped. One
    that says the same elsewhere ("5", "five") joins its group if the reader finds the answer there in its own right.
    """
    groups: list[list[Candidate]] = []
    taken: list[Candidate] = []
    for candidate in candidates:
        if any(_overlap(candidate, other) for other in taken):
            continue
        same = next((members for members in groups if values.same(members[0].text, candidate.text)), None)
        if same is not None:
            if candidate.read > 0:
                same.append(candidate)
                taken.append(candidate)
        elif len(groups) < most:
            groups.append([candidate])
            taken.append(candidate)
    return groups


def _overlap(one: Candidate, other: Candidate) -> bool:
    return one.hit.passage.source == other.hit.passage.source and one.span.overlap(other.span) > 0
