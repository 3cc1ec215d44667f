from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.text import normalize_answer
from sco_qa.training import mix
from sco_qa.training.examples import Example
from sco_qa.training.mix import HardNegatives, Mix
from sco_qa.types import Span

TREATY = "The Treaty of Kara was signed on 14 June 1993 in Kara by Parfait Dossavi and three other ministers."
REMOTE = " Much later, after many quarrels about the money that was owed, the union moved its seat to Tamale in 2004."


def drawing(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable, no secret


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


def test_swapping_asks_about_something_else_in_the_text() -> None:
    asked = example("Who signed the treaty in 1993?", TREATY + REMOTE, "Parfait Dossavi")
    found = {mix.swapped(asked, drawing(seed), 0.5) for seed in range(9)}
    assert found == {Example("Who signed the treaty in 2004?", TREATY + REMOTE, None, "s/swap", "t", 0.5)}


@pytest.mark.parametrize("question", ["Who signed it?", "Who signed it in 2001?", "1993 was when who signed?"])
def test_where_nothing_can_be_swapped_nothing_is(question: str) -> None:
    assert mix.swapped(example(question, TREATY + REMOTE, "Parfait Dossavi"), drawing(0), 0.5) is None


def test_questions_are_varied_as_people_type_them() -> None:
    asked = example("When did the Treaty of Kara come?", TREATY, "1993")
    found = Counter(mix.varied(asked, drawing(seed)).question for seed in range(400))
    plain, lower, keywords = asked.question, "when did the treaty of kara come", "treaty kara come"
    assert [round(found[q] / 400, 1) for q in (plain, lower, keywords)] == [0.8, 0.1, 0.1]
    rest = set(found) - {plain, lower, keywords}
    assert rest
    assert all(sorted(q) == sorted(plain) for q in rest)


def test_a_mixture_is_the_same_every_time() -> None:
    known = [example("Who signed the treaty in 1993?", f"{TREATY} {i}{REMOTE}", "Parfait Dossavi") for i in range(20)]
    known += [Example("Who?", f"world {i}", None, "worlds/none", "t") for i in range(5)]
    other = [f"A treaty was signed in {i}" for i in range(9)]
    negatives = HardNegatives(other)
    first, again = (
        list(mix.mixed(known, negatives, Mix({"s": 1.0, "worlds": 1.0}, negatives=1.0, swaps=1.0), seed=3))
        for _ in range(2)
    )
    assert first == again
    assert Counter(e.source for e in first) == {"s": 20, "s/negative": 20, "s/swap": 20, "worlds/none": 5}
    assert {e.weight for e in first if e.source == "s/swap"} == {0.5}
