"""Collections that the reader never learned from, to fit on: of what it has learned it is too sure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sco_qa.evaluation import collections
from sco_qa.evaluation.collections import Collection
from sco_qa.training import examples

_BY_THEMSELVES = {"squad1", "squad2", "new_wiki"}
"""Encyclopedic articles; questions on reviews, comments and single sentences mean little away from them."""
_ANSWERABLE, _UNANSWERABLE = 210, 70
"""Questions on paragraphs: enough to count beside the invented collections, few enough to ask in a minute or two."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The invented collections, apart, and the paragraphs of the titles that were held out, as one collection.

    ``pooled`` asks the questions of the held-out collections among the documents of all.
    """

    learned: Sequence[Collection]
    alone: Sequence[Collection]
    pooled: Collection
    paragraphs: Collection


def load(data: Path) -> LeftOut:
    """Read the collections of a data folder."""
    train = list(examples.lines(data / "reader_train.jsonl.gz"))
    held = examples.held_out([*train, *examples.lines(data / "worlds_train.jsonl.gz")])
    worlds = collections.worlds(data / "worlds_train.jsonl.gz")
    alone = [world for world in worlds if world.name in held]
    return LeftOut(
        learned=[world for world in worlds if world.name not in held],
        alone=alone,
        pooled=replace(
            collections.pooled(worlds, "pooled"), questions=tuple(q for world in alone for q in world.questions)
        ),
        paragraphs=_paragraphs([*train, *examples.lines(data / "reader_train_written.jsonl.gz")], held),
    )


def _paragraphs(entries: Sequence[dict[str, Any]], held: frozenset[str]) -> Collection:
    """Put the paragraphs of held-out titles together, each once, with all that is asked of them."""
    merged = {
        entry["context"]: {**entry, "qas": []}
        for entry in entries
        if entry["dataset"] in _BY_THEMSELVES and examples.title(entry) in held
    }
    for entry in [*entries, *examples.joined(examples.written(), entries)]:
        if entry["context"] in merged:
            merged[entry["context"]]["qas"] += entry["qas"]
    found = collections.paragraphs(merged.values(), "paragraphs", unanswerable=True)
    rng = random.Random(0)  # noqa: S311 - a repeatable sample, no secret
    parts = [[q for q in found.questions if q.answerable is answerable] for answerable in (True, False)]
    chosen = [
        question
        for part, most in zip(parts, (_ANSWERABLE, _UNANSWERABLE), strict=True)
        for question in rng.sample(part, min(most, len(part)))
    ]
    return replace(found, questions=tuple(chosen))
