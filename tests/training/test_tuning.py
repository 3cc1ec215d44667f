from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from sco_qa.training.tuning import TunedEncoder, batches_of


def test_questions_on_one_passage_are_in_different_batches() -> None:
    pairs = [(f"{passage}{number}", passage) for passage in "abcde" for number in range(3)]
    batches = batches_of(pairs, 2, random.Random(1))  # noqa: S311 - a repeatable order, no secret
    assert len(batches) == 6
    assert all(len({passage for _, passage in batch}) == len(batch) == 2 for batch in batches)
    used = [pair for batch in batches for pair in batch]
    assert len(set(used)) == len(used) == 12


def test_tuning_brings_a_question_nearer_to_its_passage_than_to_another(tiny_encoder: Path) -> None:
    pairs = [("Where do bears live?", "In the woods."), ("Who sails?", "The captain of the ship.")] * 40
    before, after = (TunedEncoder(str(tiny_encoder), some, batch=2, learning_rate=1e-2) for some in ([], pairs))

    def lead(encoder: TunedEncoder) -> float:
        vectors = encoder.encode([*pairs[0], pairs[1][1]])
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert vectors.shape == (3, encoder.dimension)
        return float(vectors[0] @ vectors[1] - vectors[0] @ vectors[2])

    assert lead(after) > lead(before) + 0.1
