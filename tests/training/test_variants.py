from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.training import variants
from sco_qa.training.examples import Example
from sco_qa.types import Span
from tests.training.test_mix import REMOTE, TREATY, drawing, example


def test_swapping_asks_about_something_else_in_the_text() -> None:
    asked = example("Who signed the treaty in 1993?", TREATY + REMOTE, "Parfait Dossavi")
    found = {variants.swapped(asked, drawing(seed)) for seed in range(9)}
    assert found == {Example("Who signed the treaty in 2004?", TREATY + REMOTE, None, "s/swap", "t")}


@pytest.mark.parametrize("question", ["Who signed it?", "Who signed it in 2001?", "1993 was when who signed?"])
def test_where_nothing_can_be_swapped_nothing_is(question: str) -> None:
    assert variants.swapped(example(question, TREATY + REMOTE, "Parfait Dossavi"), drawing(0)) is None


def test_questions_are_varied_as_people_type_them() -> None:
    asked = example("When did the Treaty of Kara come?", TREATY, "1993")
    found = Counter(variants.varied(asked, drawing(seed)).question for seed in range(400))
    plain, lower, keywords = asked.question, "when did the treaty of kara come", "treaty kara come"
    assert [round(found[q] / 400, 1) for q in (plain, lower, keywords)] == [0.8, 0.1, 0.1]
    rest = set(found) - {plain, lower, keywords}
    assert rest
    assert all(sorted(q) == sorted(plain) for q in rest)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who was the first to sign the treaty?", {"Who was the last to sign the treaty?"}),
        ("Who had more men?", {"Who had less men?", "Who had fewer men?", "Who had more women?"}),
        ("Who came before Sir Before?", {"Who came after Sir Before?"}),
        ("Who signed it with him?", {None}),
        ("Who signed it inside?", {None}),
    ],
)
def test_a_word_gives_way_to_its_opposite(question: str, expected: set[str | None]) -> None:
    asked = example(question, TREATY + " Nobody waited outside.", "Parfait Dossavi")
    found = {variants.opposite(asked, drawing(seed)) for seed in range(20)}
    assert {None if one is None else one.question for one in found} == expected
    for one in filter(None, found):
        assert one == Example(one.question, asked.text, None, "s/opposite", "t")


def test_a_question_without_an_answer_has_no_opposite() -> None:
    assert variants.opposite(Example("Who came first?", TREATY, None, "s", "t"), drawing(0)) is None


def test_a_long_text_keeps_what_the_question_is_about() -> None:
    filler = "It rained and nobody came to see what went on in the little house by the lake that day. "
    text = filler * 5 + TREATY + " " + filler * 5
    asked = example("Who signed the treaty of Kara?", text, "Parfait Dossavi")
    for one in (asked, Example(asked.question, text, None, "s/none", "t")):
        found = {variants.shortened(one, drawing(seed)) for seed in range(30)}
        assert len(found) > 1
        for short in found:
            assert len(short.text) <= variants.SHORT
            assert TREATY in short.text
            assert short.text in text
            assert short.words == one.words


@given(st.text("ab. \n", min_size=1, max_size=900), st.integers(0, 899), st.integers(1, 899), st.integers(0, 3))
def test_a_shortened_text_holds_the_answer(text: str, start: int, length: int, seed: int) -> None:
    start %= len(text)
    answer = Span(start, min(len(text), start + length))
    words = text[answer.start : answer.end]
    found = variants.shortened(Example("a b", text, answer, "s", "t"), drawing(seed))
    assert found.words == words
    assert found.text in text
