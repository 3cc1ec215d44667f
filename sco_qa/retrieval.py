"""Retrieval: the dense and the lexical score of each near passage, fused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sco_qa import lexical
from sco_qa.encoder import Encoder
from sco_qa.index import Index
from sco_qa.text import YEAR
from sco_qa.types import Hit, Matches, Passage, Source

_POOL = 100
"""Passages taken from each ranking before they are fused."""


class Retriever:
    """Ranks passages by a weighted sum of cosine and BM25, both as they are: what none of them shares raises none.

    Scaled to [0, 1] for the question at hand (Bruch et al. 2023, "An Analysis of Fusion Functions for Hybrid
    Retrieval"), the best BM25 score counts fully even if no passage shares more than a word with a question that asks
    in other words; docs/retrieval.md shows what that loses.

    A year is more than a word: where the question names one, those of the best that were written in that year, or name
    it, gain ``year_weight``. BM25 does not know when a text was written, and a year that many name says little to it.
    """

    def __init__(self, index: Index, encoder: Encoder, *, dense_weight: float, year_weight: float = 0.0) -> None:
        self._index = index
        self._encoder = encoder
        self._dense_weight = dense_weight
        self._year_weight = year_weight

    def encode(self, question: str, *reworded: str) -> NDArray[np.float32]:
        """Encode the question, or the mean of its wordings, as a unit vector, ``(dimension,)``."""
        vectors = self._encoder.encode([question, *reworded])
        if not reworded:
            only: NDArray[np.float32] = vectors[0]
            return only
        mean = vectors.mean(axis=0)
        unit: NDArray[np.float32] = (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit

    def match(self, question: str, vector: NDArray[np.float32], *reworded: str) -> Matches:
        """Find the passages near the question by either score; ``lexical`` is the mean share of the wordings."""
        count = len(self._index.passages)
        found = [shared(self._index.search(w, vector, _POOL), w, count) for w in (question, *reworded)]
        return found[0] if len(found) == 1 else _joined(found)

    def rank(self, question: str, matches: Matches, k: int) -> list[Hit]:
        """Fuse the scores and give the ``k`` best passages, best first; equal scores go by the passage's id.

        Which ``k`` they are does not depend on the year: to look for it in more of them takes longer than to search.
        """
        scores = fuse(matches, self._dense_weight)
        order = np.lexsort((matches.passages, -scores))[:k]
        hits = [
            Hit(
                self._index.passages[int(matches.passages[i])],
                float(scores[i]),
                float(matches.dense[i]),
                float(matches.lexical[i]),
            )
            for i in order
        ]
        years = {*YEAR.findall(question)}
        if not years:
            return hits
        raised = [
            replace(hit, score=hit.score + self._year_weight, of_year=True)
            if of_year(years, hit.passage, self._index.sources[hit.passage.source])
            else hit
            for hit in hits
        ]
        return sorted(raised, key=lambda hit: (-hit.score, hit.passage.id))


def of_year(years: Set[str], passage: Passage, source: Source) -> bool:
    """Tell whether a passage was written in one of the years, or names one."""
    written = source.date_of(passage.span)
    return (written is not None and written[:4] in years) or not years.isdisjoint(YEAR.findall(passage.text))


def fuse(matches: Matches, dense_weight: float) -> NDArray[np.float32]:
    """Give each match its fused score, at most 1, ``(matches,)``; ``lexical`` is that of :func:`shared`."""
    fused: NDArray[np.float32] = dense_weight * matches.dense + (1 - dense_weight) * matches.lexical
    return fused


def shared(matches: Matches, question: str, count: int) -> Matches:
    """Give BM25 scores as shares of the highest there can be: all words of the question, each in no other text.

    That makes them comparable from one question to the next: many words and rare ones score more.
    """
    words = len(lexical.tokens_of([question])[0])
    highest = max(words, 1) * np.log1p((count + 0.5) / 0.5)
    return replace(matches, lexical=(matches.lexical / highest).astype(np.float32))


def apart(hits: Iterable[Hit], most: int) -> list[Hit]:
    """Give the first ``most`` hits, leaving out those that overlap a better one in the same source."""
    chosen: list[Hit] = []
    for hit in hits:
        near = (other.passage for other in chosen if other.passage.source == hit.passage.source)
        if len(chosen) < most and not any(hit.passage.span.overlap(passage.span) for passage in near):
            chosen.append(hit)
    return chosen


def _joined(found: Sequence[Matches]) -> Matches:
    """Put together what several wordings found with one vector; a passage has the mean of its shares."""
    passages, first = np.unique(np.concatenate([m.passages for m in found]), return_index=True)
    mean = np.zeros(len(passages), np.float32)
    for matches in found:
        mean[np.searchsorted(passages, matches.passages)] += matches.lexical / len(found)
    return Matches(passages, np.concatenate([m.dense for m in found])[first], mean)
