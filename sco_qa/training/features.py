"""Examples as the model takes them: windows of tokens, and batches of windows of about one length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_qa.reader.span import MAX_TOKENS, STRIDE
from sco_qa.training.examples import Example


@dataclass(frozen=True, slots=True)
class Features:
    """Windows of question and text, laid end to end.

    ``tokens`` is ``(all tokens,)``; the others are ``(windows,)``: where a window's tokens begin, where those of the
    text begin within it, its answer's first and last token (0 and 0: none in this window), and its weight.
    """

    tokens: NDArray[np.int32]
    begins: NDArray[np.int64]
    lengths: NDArray[np.int32]
    second: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    weight: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.lengths)


def features(examples: Iterable[Example], tokenizer: Any) -> Features:
    """Tokenize examples as the reader does: a long text in windows that overlap, ``tokenizer`` is the reader's own."""
    tokenizer.enable_truncation(MAX_TOKENS, stride=STRIDE, strategy="only_second")
    tokenizer.no_padding()
    tokens: list[int] = []
    rows: list[tuple[int, int, int, int, int, float]] = []
    for example in examples:
        encoded = tokenizer.encode(example.question, example.text)
        for window in (encoded, *encoded.overflowing):
            second = window.type_ids.index(1) if 1 in window.type_ids else len(window.ids) - 1
            start, end = place(example, window)
            rows.append((len(tokens), len(window.ids), second, start, end, example.weight))
            tokens += window.ids
    begins, lengths, seconds, starts, ends, weights = zip(*rows, strict=True)
    return Features(
        tokens=np.array(tokens, np.int32),
        begins=np.array(begins, np.int64),
        lengths=np.array(lengths, np.int32),
        second=np.array(seconds, np.int32),
        start=np.array(starts, np.int32),
        end=np.array(ends, np.int32),
        weight=np.array(weights, np.float32),
    )


def place(example: Example, window: Any) -> tuple[int, int]:
    """Give the first and last token of the answer in a window; 0 and 0 where the window does not hold all of it."""
    if example.answer is None:
        return 0, 0
    inside = [
        i
        for i, (sequence, (start, end)) in enumerate(zip(window.sequence_ids, window.offsets, strict=True))
        if sequence == 1 and start < example.answer.end and end > example.answer.start
    ]
    if not inside:
        return 0, 0
    first, last = inside[0], inside[-1]
    whole = window.offsets[first][0] <= example.answer.start and window.offsets[last][1] >= example.answer.end
    return (first, last) if whole else (0, 0)


def batches(lengths: NDArray[np.int32], budget: int, *, seed: int) -> list[NDArray[np.int64]]:
    """Put windows of about one length together, up to ``budget`` tokens with the padding; batches in random order.

    Windows are sorted within random portions, so that no two passes see the same batches.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths))
    found: list[NDArray[np.int64]] = []
    for portion in np.array_split(order, max(1, len(order) // 4096)):
        by_length = portion[np.argsort(lengths[portion], kind="stable")]
        first = 0
        for last in range(1, len(by_length) + 1):
            if last == len(by_length) or (last - first + 1) * int(lengths[by_length[last]]) > budget:
                found.append(by_length[first:last])
                first = last
    return [found[i] for i in rng.permutation(len(found))]
