from __future__ import annotations

import pytest

from sco_qa.conversation import depends, read_as

WHO = "Who founded the Shanghai Five?"


@pytest.mark.parametrize(
    "question",
    [
        "When was it founded?",
        "Why did THEY leave?",
        "And Russia?",
        "What about China",
        "why?",
        "How many ?",
        "By whom?!",
        "Did the two agree then?",
    ],
)
def test_a_question_that_goes_on_is_read_with_the_one_before(question: str) -> None:
    assert depends(question)
    assert read_as(question, [WHO]) == f"{WHO} {question}"


@pytest.mark.parametrize(
    "question", [WHO, "Why did Russia leave?", "When is the summit?", "Which items exist?", "Andorra?", "Theme?"]
)
def test_a_question_that_stands_by_itself_is_read_by_itself(question: str) -> None:
    assert not depends(question)
    assert read_as(question, [WHO]) is None


def test_without_a_history_nothing_is_added() -> None:
    assert read_as("Why?", []) is None


def test_the_topic_is_the_latest_question_that_stood_by_itself() -> None:
    history = [WHO, "What is NATO?", "When was it founded?", "By whom?"]
    assert read_as("And why?", history) == "What is NATO? And why?"


def test_where_none_stood_by_itself_the_first_is_the_topic() -> None:
    assert read_as("Why?", ["Who was he?", "When was it?"]) == "Who was he? Why?"
