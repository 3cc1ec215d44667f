"""Choose the cosine below which nothing in a collection is close to a question; ``make fit`` calls it.

A collection is asked its own questions, answerable or not, and those of other collections; the best cosine is the one
at which the share of its own that are called close and the share of others' that are not have the greatest sum (Youden
1950).
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from rich.console import Console

from sco_qa.encoder import Encoder
from sco_qa.evaluation.collections import Collection
from sco_qa.evaluation.metrics import auroc
from sco_qa.index import Index
from sco_qa.retrieval import Retriever
from sco_qa.settings import Settings

_COSINES = tuple(round(0.01 * step, 2) for step in range(10, 61))


class Closeness:
    """How close collections come to their own questions and to those of others."""

    def __init__(self, collections: Sequence[Collection], encoder: Encoder) -> None:
        self._encoder = encoder
        self._questions = [
            (collection.name, question.question)
            for collection in collections
            for question in collection.questions
            if not question.history
        ]
        self._random = random.Random(0)  # noqa: S311 - a sample, no secret
        self._own: list[float] = []
        self._others: list[float] = []

    def measure(self, collection: Collection, index: Index) -> None:
        """Ask a collection all of its questions, and as many of others."""
        retriever = Retriever(index, self._encoder, dense_weight=Settings().dense_weight)
        own = [question for name, question in self._questions if name == collection.name]
        others = [question for name, question in self._questions if name != collection.name]
        for cosines, questions in ((self._own, own), (self._others, self._random.sample(others, len(own)))):
            for question in questions:
                cosines.append(float(retriever.match(question, retriever.encode(question)).dense.max()))

    def show(self, console: Console) -> None:
        """Print how well the cosine tells them apart, and the best one."""
        own, others = np.array(self._own), np.array(self._others)
        balance = {c: (float((own >= c).mean()), float((others < c).mean())) for c in _COSINES}
        best = max(balance, key=lambda c: sum(balance[c]))
        told = auroc([*self._own, *self._others], [True] * len(own) + [False] * len(others))
        console.print(
            f"nothing close: AUROC of the nearest cosine {told:.3f}; best: close {best}, which calls "
            f"{balance[best][0]:.3f} of a collection's own questions close and {balance[best][1]:.3f} of others' not, "
            f"n {len(own)} each; set: {Settings().close}"
        )
