"""The mixture: how often each kind of example is learned from, with which hard negatives, in what words."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sco_qa.encoder import IndexingEncoder
from sco_qa.lexical import Bm25
from sco_qa.text import normalize_answer
from sco_qa.training.examples import Example
from sco_qa.training.variants import opposite, shortened, swapped, varied


@dataclass(frozen=True, slots=True)
class Mix:
    """What one round learns from.

    ``shares`` says how often each source is repeated, by its whole name or by the part before the stroke: 2.5 is twice
    all and a random half once more; sources not named are left out. ``negatives`` is the share of answerable questions
    that are asked of another text too; ``swaps`` and ``opposites`` are the shares that are made unanswerable, where it
    can be done. Those made by a swap count half: some of them can be answered. ``shortened`` is the share of long texts
    that lose the sentences away from the answer.
    """

    shares: Mapping[str, float]
    negatives: float
    swaps: float = 0.0
    opposites: float = 0.0
    shortened: float = 0.0


BROAD = Mix(
    {
        "squad2": 1.0, "squad2/none": 2.0, "written/para": 1.0, "written/easy": 0.5, "written/noisy": 0.7,
        "written/none": 1.6, "squad1": 0.3, "new_wiki": 0.3, "reddit": 0.3, "amazon_reviews": 0.3, "qamr": 0.09,
        "nq": 0.8, "worlds": 1.5, "worlds/none": 0.7,
    },
    negatives=0.3,
    swaps=0.12,
)  # fmt: skip
"""The first round: everything, unanswerable questions twice."""
PAIRED = Mix(
    {
        "pairs": 1.4, "squad2": 1.0, "squad2/none": 1.6, "written/para": 0.5, "written/easy": 0.15,
        "written/noisy": 0.3, "written/none": 0.7, "squad1": 0.15, "new_wiki": 0.15, "reddit": 0.2,
        "amazon_reviews": 0.2, "qamr": 0.06, "nq": 0.3, "worlds": 1.0, "worlds/none": 0.5,
    },
    negatives=0.12,
)  # fmt: skip
"""The second: led by questions that look alike, one answered by its paragraph and one not."""
LONGER = Mix(
    {
        "pairs": 1.0, "squad2": 0.7, "squad2/none": 1.1, "written/para": 0.35, "written/easy": 0.1,
        "written/noisy": 0.2, "written/none": 0.55, "squad1": 0.12, "new_wiki": 0.12, "reddit": 0.16,
        "amazon_reviews": 0.16, "qamr": 0.05, "nq": 0.25, "worlds": 0.7, "worlds/none": 0.4,
    },
    negatives=0.08,
    shortened=0.75,
)  # fmt: skip
"""The third: the same again, of shorter texts."""
OPPOSED = Mix(LONGER.shares, negatives=0.08, opposites=0.3, swaps=0.04, shortened=0.75)
"""The fourth: with questions turned into their opposites."""
PLAINER = replace(
    OPPOSED,
    shares={
        "pairs": 1.0, "squad2": 0.8, "squad2/none": 1.1, "written/para": 0.6, "written/easy": 0.15,
        "written/noisy": 0.25, "written/none": 0.6, "squad1": 0.45, "new_wiki": 0.5, "reddit": 0.4,
        "amazon_reviews": 0.4, "qamr": 0.12, "nq": 0.7, "worlds": 0.7, "worlds/none": 0.4,
    },
)  # fmt: skip
"""The fifth: with more of the plain questions, of which the rounds before left out many."""
LAST = replace(
    OPPOSED,
    shares={
        "pairs": 0.45, "squad2": 0.8, "squad2/none": 1.1, "written/para": 0.25, "written/easy": 0.1,
        "written/noisy": 0.1, "written/none": 0.3, "squad1": 0.2, "new_wiki": 0.2, "reddit": 0.15,
        "amazon_reviews": 0.15, "qamr": 0.05, "nq": 0.4, "worlds": 0.6, "worlds/none": 0.3,
    },
)  # fmt: skip
"""The last: led by pairs once more."""
_SWAP_WEIGHT = 0.5


def taken(examples: Sequence[Example], shares: Mapping[str, float], rng: random.Random) -> list[Example]:
    """Repeat each source by its share."""
    by_source: dict[str, list[Example]] = {}
    for example in examples:
        by_source.setdefault(example.source, []).append(example)
    found: list[Example] = []
    for source, members in by_source.items():
        share = shares.get(source, shares.get(members[0].set, 0.0))
        whole = int(share)
        found += members * whole + rng.sample(members, round((share - whole) * len(members)))
    return found


class HardNegatives:
    """Finds texts that look as if they answered a question and do not: by BM25 or, half the time, by an encoder."""

    def __init__(self, texts: Iterable[str], encoder: IndexingEncoder | None = None, *, nearest: int = 12) -> None:
        self._texts = sorted(set(texts))
        self._plain = [normalize_answer(text) for text in self._texts]
        self._bm25 = Bm25.build(self._texts)
        self._encoder = encoder
        self._vectors = None if encoder is None else encoder.encode(self._texts, progress=lambda _: None)
        self._nearest = nearest

    def of(self, example: Example, rng: random.Random) -> Example | None:
        """Give the question with another text that does not hold the answer's words; None where there is none."""
        if self._encoder is not None and self._vectors is not None and rng.random() < 0.5:
            scores = self._vectors @ self._encoder.encode([example.question], progress=lambda _: None)[0]
        else:
            scores = self._bm25.scores(example.question)
        count = min(self._nearest, len(self._texts))
        best = [int(i) for i in np.argpartition(-scores, count - 1)[:count] if scores[i] > 0]
        words = normalize_answer(example.words)
        best = [i for i in best if self._texts[i] != example.text and words not in self._plain[i]]
        if not best:
            return None
        text = self._texts[rng.choice(sorted(best))]
        return replace(example, text=text, answer=None, source=f"{example.source}/negative")


def mixed(examples: Sequence[Example], negatives: HardNegatives, mix: Mix, *, seed: int) -> Iterator[Example]:
    """Give the examples of one round, in random order.

    Invented collections bring hard negatives of their own: each question with every document of its collection.
    """
    rng = random.Random(seed)  # noqa: S311 - a repeatable mixture, no secret
    found = taken(examples, mix.shares, rng)
    for example in list(found):
        if example.answer is None or example.set == "worlds":
            continue
        if rng.random() < mix.negatives and (other := negatives.of(example, rng)) is not None:
            found.append(other)
        if rng.random() < mix.swaps and (other := swapped(example, rng)) is not None:
            found.append(replace(other, weight=_SWAP_WEIGHT))
        if rng.random() < mix.opposites and (other := opposite(example, rng)) is not None:
            found.append(other)
    rng.shuffle(found)
    for example in found:
        asked = varied(example, rng)
        yield shortened(asked, rng) if rng.random() < mix.shortened else asked
