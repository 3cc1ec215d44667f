from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sco_qa.text import normalize_answer
from sco_qa.training import mix
from sco_qa.training.examples import Example
from sco_qa.training.mix import HardNegatives, Mix
from sco_qa.training.variants import SHORT
from sco_qa.types import Span

TREATY = "The Treaty of Kara was signed on 14 June 1993 in Kara by Parfait Dossavi and three other ministers."
REMOTE = " Much later, after many quarrels about the money that was owed, the union moved its seat to Tamale in 2004."


def drawing(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable, no secret


class Meanings:
    """An encoder to which a pact is something that one signs."""

    dimension = 2

    def encode(self, passages: Sequence[str], /, *, progress: Callable[[int], None]) -> NDArray[np.float32]:
        progress(len(passages))
        return np.array([[1, 0] if "pact" in p or "signed" in p else [0, 1] for p in passages], np.float32)


def example(question: str, text: str, words: str, source: str = "s") -> Example:
    start = text.index(words)
    return Example(question, text, Span(start, start + len(words)), source, "t")


def test_a_source_is_repeated_by_its_share() -> None:
    known = [Example(f"{source}{i}", "text", None, source, "t") for source in ("a", "b/x", "b", "c") for i in range(10)]
    found = mix.taken(known, {"a": 2.5, "b": 1.0, "b/x": 0.3}, drawing(0))
    assert Counter(e.source for e in found) == {"a": 25, "b": 10, "b/x": 3}
    assert set(Counter(e.question for e in found if e.source == "a").values()) == {2, 3}


@given(st.lists(st.text("ab ,", min_size=1), min_size=1, max_size=6), st.integers(0, 9))
def test_a_hard_negative_never_holds_the_answer(texts: list[str], seed: int) -> None:
    asked = example("who is a or b", "the bab, a", "bab")
    found = HardNegatives([*texts, asked.text]).of(asked, drawing(seed))
    assert found is None or (found.text in texts and found.answer is None)
    assert found is None or normalize_answer("bab") not in normalize_answer(found.text)


def test_a_hard_negative_is_about_the_same() -> None:
    texts = ["Kara is a town in the north.", "Kara has The Treaty, of Kara!", "Nothing is the same here."]
    asked = example("What was signed in Kara?", TREATY, "Treaty of Kara", "squad1")
    found = {HardNegatives([TREATY, *texts]).of(asked, drawing(seed)) for seed in range(9)}
    assert found == {Example(asked.question, texts[0], None, "squad1/negative", "t")}


def test_a_hard_negative_is_near_by_meaning_too() -> None:
    texts = ["The pact", "Nothing is the same here."]
    asked = example("What was signed?", TREATY, "Treaty of Kara", "squad1")
    negatives = HardNegatives(texts, Meanings(), nearest=1)
    assert {negatives.of(asked, drawing(seed)) for seed in range(9)} == {
        None,  # by its words there is nothing
        Example(asked.question, texts[0], None, "squad1/negative", "t"),
    }


def test_a_mixture_is_the_same_every_time() -> None:
    known = [
        example("Who signed the treaty first in 1993?", f"{TREATY} {i}{REMOTE}", "Parfait Dossavi") for i in range(20)
    ]
    known += [Example("Who?", f"world {i}", None, "worlds/none", "t") for i in range(5)]
    other = [f"A treaty was signed in {i}" for i in range(9)]
    negatives = HardNegatives(other)
    everything = Mix({"s": 1.0, "worlds": 1.0}, negatives=1.0, swaps=1.0, opposites=1.0)
    first, again = (list(mix.mixed(known, negatives, everything, seed=3)) for _ in range(2))
    assert first == again
    counts = {"s": 20, "s/negative": 20, "s/swap": 20, "s/opposite": 20, "worlds/none": 5}
    assert Counter(e.source for e in first) == counts
    assert {e.weight for e in first if e.source == "s/swap"} == {0.5}


def test_long_texts_are_shortened_as_often_as_asked() -> None:
    known = [example("Who signed it?", f"{TREATY} {REMOTE * 6}", "Parfait Dossavi") for _ in range(200)]
    found = list(mix.mixed(known, HardNegatives(["x"]), Mix({"s": 1.0}, negatives=0.0, shortened=0.75), seed=0))
    assert 0.65 < np.mean([len(e.text) <= SHORT for e in found]) < 0.85
    assert {e.words for e in found} == {"Parfait Dossavi"}
