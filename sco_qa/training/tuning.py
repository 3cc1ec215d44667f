"""The encoder, tuned to questions and the passages that answer them: a trial of :mod:`sco_qa.training.ranking`."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from sco_qa.exporting import path_of
from sco_qa.training.model import autocast

Pair = tuple[str, str]
"""A question, and a passage that answers it."""


class TunedEncoder:
    """A sentence-transformers model, tuned for one pass; encodes questions and passages alike."""

    def __init__(
        self, name: str, pairs: Iterable[Pair], *, batch: int = 48, learning_rate: float = 2e-5, seed: int = 0
    ) -> None:
        """Tune a model: each question's passage against those of the other questions in the batch.

        The loss is that of Henderson et al. (2017), "Efficient Natural Language Response Suggestion".
        """
        torch.manual_seed(seed)
        self._model = SentenceTransformer(path_of(name), device="cpu")
        loss = MultipleNegativesRankingLoss(self._model)
        optimizer = torch.optim.AdamW(self._model.parameters(), lr=learning_rate, weight_decay=0.01)
        batches = batches_of(pairs, batch, random.Random(seed))  # noqa: S311 - a repeatable order, no secret
        for step, chosen in enumerate(track(batches, "tuning", console=Console(stderr=True))):
            share = step / len(batches)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * min(10 * share + 0.1, 1 - share)
            columns = [self._model.preprocess(list(texts)) for texts in zip(*chosen, strict=True)]
            with autocast("cpu"):
                loss(columns, torch.empty(0)).backward()
            optimizer.step()
            optimizer.zero_grad()

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts as rows of unit length, ``(len(texts), dimension)``."""
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts), batch_size=8, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def batches_of(pairs: Iterable[Pair], size: int, rng: random.Random) -> list[list[Pair]]:
    """Put pairs into batches, in random order, and leave out what does not fill one.

    Questions on the same passage are in different ones: they would be each other's wrong answers.
    """
    by_passage: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_passage[pair[1]].append(pair)
    rounds: dict[int, list[Pair]] = defaultdict(list)
    for members in by_passage.values():
        for number, pair in enumerate(rng.sample(members, len(members))):
            rounds[number].append(pair)
    found = []
    for one in rounds.values():
        rng.shuffle(one)
        found += [one[first : first + size] for first in range(0, len(one) - size + 1, size)]
    return found
