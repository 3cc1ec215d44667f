"""The mixture: how often each kind of example is learned from, with which hard negatives, in what words."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sco_qa.lexical import Bm25
from sco_qa.text import normalize_answer
from sco_qa.training.examples import Example


@dataclass(frozen=True, slots=True)
class Mix:
    """What one round learns from.

    ``shares`` says how often each source is repeated, by its whole name or by the part before the stroke: 2.5 is twice
    all and a random half once more; sources not named are left out. ``negatives`` is the share of answerable questions
    that are asked of another text too, ``swaps`` the share that is made unanswerable, counting ``swap_weight``.
    """

    shares: Mapping[str, float]
    negatives: float
    swaps: float = 0.0
    swap_weight: float = 0.5


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

_STOP = frozenset(
    "a an the is are was were be been do does did of in on at to for by with from and or that this it its as "
    "has have had what which who whom whose when where why how".split()
)
_NAME = re.compile(r"(?:[A-Z][\w'’.-]*\w)(?: (?:of |the |and )?[A-Z][\w'’.-]*\w)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


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
    """Finds texts that look as if they answered a question and do not, by BM25 over all the texts."""

    def __init__(self, texts: Iterable[str], *, nearest: int = 12) -> None:
        self._texts = sorted(set(texts))
        self._plain = [normalize_answer(text) for text in self._texts]
        self._bm25 = Bm25.build(self._texts)
        self._nearest = nearest

    def of(self, example: Example, rng: random.Random) -> Example | None:
        """Give the question with another text that does not hold the answer's words; None where there is none."""
        scores = self._bm25.scores(example.question)
        count = min(self._nearest, len(self._texts))
        best = [int(i) for i in np.argpartition(-scores, count - 1)[:count] if scores[i] > 0]
        words = normalize_answer(example.words)
        best = [i for i in best if self._texts[i] != example.text and words not in self._plain[i]]
        if not best:
            return None
        text = self._texts[rng.choice(sorted(best))]
        return replace(example, text=text, answer=None, source=f"{example.source}/negative")


def swapped(example: Example, rng: random.Random, weight: float) -> Example | None:
    """Make an answerable question unanswerable: put another name or number of the text for one that it holds.

    The other one stands away from the answer, so that the question now asks about something else; now and then the
    text answers that too, hence the ``weight``.
    """
    if example.answer is None:
        return None
    start, end = example.answer.start, example.answer.end
    for pattern in rng.sample([_NAME, _NUMBER], 2):
        places = [m for m in pattern.finditer(example.question) if m.start() > 0 and m.group() in example.text]
        if not places:
            continue
        place = rng.choice(places)
        others = sorted(
            {
                m.group()
                for m in pattern.finditer(example.text)
                if (m.end() < start - 60 or m.start() > end + 60)
                and len(m.group().split()) == len(place.group().split())
                and (pattern is _NAME or len(m.group()) == len(place.group()))
                and m.group().lower() not in example.question.lower()
                and m.group() not in example.words
                and not (m.start() == 0 or example.text[m.start() - 2 : m.start() - 1] in ".!?")
            }
        )
        if others:
            other = rng.choice(others)
            question = example.question[: place.start()] + other + example.question[place.end() :]
            return replace(example, question=question, answer=None, source=f"{example.source}/swap", weight=weight)
    return None


def varied(example: Example, rng: random.Random) -> Example:
    """Ask as people do in a search box, now and then: in lower case, by keywords, with two letters swapped."""
    draw, question = rng.random(), example.question
    if draw < 0.12:
        question = question.lower().rstrip("? ")
    elif draw < 0.17:
        kept = [w for w in question.lower().rstrip("? ").split() if w not in _STOP]
        question = " ".join(kept) if len(kept) > 2 else question
    elif draw < 0.22 and len(question) > 8:
        i = rng.randrange(1, len(question) - 2)
        if question[i : i + 2].isalpha():
            question = question[:i] + question[i + 1] + question[i] + question[i + 2 :]
    return replace(example, question=question)


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
        if rng.random() < mix.swaps and (other := swapped(example, rng, mix.swap_weight)) is not None:
            found.append(other)
    rng.shuffle(found)
    return (varied(example, rng) for example in found)
