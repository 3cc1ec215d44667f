from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.reader.span import MAX_TOKENS, STRIDE
from sco_qa.training.examples import Example
from sco_qa.training.features import batches, features
from sco_qa.types import Span
from tests.training.conftest import SHIPS


def test_an_answers_tokens_are_found_again(tokenizer: Any) -> None:
    made = features(
        [
            Example("Who steered?", SHIPS, Span(38, 49), "s", "t"),
            Example("Why did it leave?", SHIPS, None, "s", "t", 0.5),
            Example("When?", SHIPS, Span(32, 36), "s", "t"),
        ],
        tokenizer,
    )
    windows = [made.tokens[b : b + n] for b, n in zip(made.begins, made.lengths, strict=True)]
    asked = [tokenizer.decode(window[: second - 1]) for window, second in zip(windows, made.second, strict=True)]
    told = [tokenizer.decode(window[second:]) for window, second in zip(windows, made.second, strict=True)]
    answers = [
        tokenizer.decode(window[first : last + 1])
        for window, first, last in zip(windows, made.start, made.end, strict=True)
    ]
    assert asked == ["who steered?", "why did it leave?", "when?"]
    assert told == [tokenizer.decode(tokenizer.encode(SHIPS).ids)] * 3
    assert answers == ["captain lee", "", "1901"]
    assert (made.start[1], made.end[1], made.weight.tolist()) == (0, 0, [1.0, 0.5, 1.0])


def test_a_long_text_is_cut_into_windows_that_overlap(tokenizer: Any) -> None:
    text = "rain " * 500 + "stopped on Monday"
    made = features([Example("When did it stop?", text, Span(len(text) - 6, len(text)), "s", "t")], tokenizer)
    room = MAX_TOKENS - made.second[0] - 1
    assert made.lengths.tolist() == [MAX_TOKENS, 503 - (room - STRIDE) + made.second[0] + 1]
    assert (made.start[0], made.end[0]) == (0, 0)
    begin = made.begins[1]
    assert tokenizer.decode(made.tokens[begin + made.start[1] : begin + made.end[1] + 1]) == "monday"


@given(st.lists(st.integers(1, 60), min_size=1, max_size=200), st.integers(60, 300), st.integers(0, 3))
def test_batches_hold_every_window_once_within_the_budget(lengths: list[int], budget: int, seed: int) -> None:
    sizes = np.array(lengths, np.int32)
    found = batches(sizes, budget, seed=seed)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(lengths)))
    assert all(len(batch) * sizes[batch].max() <= budget for batch in found)
    assert [b.tolist() for b in batches(sizes, budget, seed=seed)] == [b.tolist() for b in found]
