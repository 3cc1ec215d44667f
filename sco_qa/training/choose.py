"""How much the verifier counts, and where "no answer" begins: chosen on titles that training left out.

A span's score is ``start + end - null``, with ``null = start[0] + end[0] - weight * verifier + bias``. Both constants
go into the model's ``config.json``; the export puts them into the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sco_qa import sentences
from sco_qa.evaluation.metrics import f1
from sco_qa.reader.span import MAX_TOKENS, decode
from sco_qa.training.examples import Example
from sco_qa.training.model import SpanModel, autocast
from sco_qa.types import Span

WEIGHTS = tuple(round(0.2 * step, 1) for step in range(0, 21))
BIASES = tuple(round(0.25 * step, 2) for step in range(-24, 49))
KEPT = 0.93
"""More costs the adversarial questions more than the others gain by it, less the others more than it gives those."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the model says of an example: its best span, by how much that beats "no answer", and the verifier."""

    example: Example
    f1: float
    """F1 of the best span; 0 where there is nothing to find."""
    margin: float
    verifier: float


def read(model: SpanModel, tokenizer: Any, examples: Sequence[Example], *, batch: int = 16) -> Iterator[Read]:
    """Read examples, the first window of each text only."""
    model.train(False)
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    tokenizer.enable_padding()
    ordered = sorted(examples, key=lambda example: len(example.text) + len(example.question))
    for first in range(0, len(ordered), batch):
        chosen = ordered[first : first + batch]
        windows = tokenizer.encode_batch([(example.question, example.text) for example in chosen])
        inputs = [torch.tensor([getattr(w, name) for w in windows]) for name in ("ids", "attention_mask", "type_ids")]
        with torch.inference_mode(), autocast("cpu"):
            start, end, verifier = (logits.float().numpy() for logits in model(*inputs))
        for row, (example, window) in enumerate(zip(chosen, windows, strict=True)):
            split = sentences.split(example.text, Span(0, len(example.text)))
            null = start[row, 0] + end[row, 0]
            best = next(iter(decode(start[row], end[row], null, window, split)), None)
            if best is None:
                yield Read(example, 0.0, -np.inf, float(verifier[row]))
                continue
            span, margin = best
            words = example.text[span.start : span.end]
            yield Read(example, f1(words, [example.words]) if example.answer else 0.0, margin, float(verifier[row]))


def mean_f1(found: Sequence[Read], weight: float, bias: float) -> dict[str, float]:
    """Give the F1 of each data set, where the best span is the answer if its score is above zero, else none."""
    by_set: dict[str, list[float]] = {}
    for one in found:
        said = one.margin + weight * one.verifier - bias > 0
        right = one.f1 if said else float(one.example.answer is None)
        by_set.setdefault(one.example.set, []).append(right)
    return {name: float(np.mean(values)) for name, values in sorted(by_set.items())}


def choose(found: Sequence[Read]) -> tuple[float, float]:
    """Give the weight and the bias with the best mean F1 of the data sets that hold unanswerable questions.

    Only those count with which the other data sets keep ``KEPT`` of the F1 that they have when nothing is refused:
    the best one for adversarial questions refuses a fifth of the plain ones.
    """
    mixed = {one.example.set for one in found if one.example.answer is None}
    parts = [[one for one in found if (one.example.set in mixed) is part] for part in (True, False)]
    least = KEPT * _mean(parts[1], 0.0, -np.inf)
    pairs = [(weight, bias) for weight in WEIGHTS for bias in BIASES]
    allowed = [pair for pair in pairs if _mean(parts[1], *pair) >= least]
    return max(allowed, key=lambda pair: _mean(parts[0], *pair))


def _mean(found: Sequence[Read], weight: float, bias: float) -> float:
    return float(np.mean(list(mean_f1(found, weight, bias).values()) or [0.0]))
