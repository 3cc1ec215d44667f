from __future__ import annotations

import pytest

from sco_qa.evaluation.gold import Evidence, Expected, Question
from sco_qa.training import judging
from sco_qa.types import Candidate, Hit, Passage, Span

TEXT = "Lee steered. Kim slept."
PASSAGE = Passage(0, "ship", Span(100, 123), TEXT, (Span(100, 112), Span(113, 123)))
STEERED = Evidence("ship", Span(100, 103))
ELSEWHERE = Evidence("boat", Span(100, 103))


@pytest.mark.parametrize(
    ("words", "place", "cited", "right"),
    [
        ("Lee", Span(100, 103), [STEERED], True),
        ("steered", Span(104, 111), [STEERED], False),
        ("Lee", Span(113, 116), [], False),
        ("Lee steered. Kim", Span(100, 116), [STEERED], True),
    ],
)
def test_an_answer_is_right_by_where_it_stands_and_what_it_says(
    words: str, place: Span, cited: list[Evidence], right: bool
) -> None:
    question = Question("q", "lookup", "Who steered?", (Expected(("Lee",), (ELSEWHERE, STEERED)),))
    candidate = Candidate(Hit(PASSAGE, 0.5, 0.5, 0.5), place, words, 1.0, 1.0)
    assert (judging.cited(question, candidate), judging.right(question, candidate)) == (cited, right)
