from __future__ import annotations

import math

import pytest

from sco_qa.disagreement import Alarm, Features, comparable, features
from sco_qa.reply import Citation, Disagreement
from sco_qa.types import Candidate, Hit, Passage, Source, Span

BY_READING = Alarm(0.0, {**dict.fromkeys(Features.__slots__, 0.0), "second": 1.0})
"""More likely than not where the reader takes the second answer for one."""


def candidate(words: str, source: str = "a", read: float = 1.0) -> Candidate:
    passage = Passage(0, source, Span(0, len(words)), words, (Span(0, len(words)),))
    return Candidate(Hit(passage, 0.5, 0.5, 1.0), Span(0, len(words)), words, read, read)


def citation(words: str, source: str, date: str | None) -> Citation:
    span = Span(0, len(words))
    return Citation(Source(source, f"{source}.txt", words, source, date=date), span, words, span)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How many members are there?", "six", "8"),
        ("How much was lent?", "2 million dollars", "3 million"),
        ("When was it founded?", "1996", "June 2001"),
        ("Who is the mayor?", "Ann Lee", "Ben Cole"),
        ("Where does it sit?", "Riga", "Tallinn"),
        ("In which city does it sit?", "Riga", "Tallinn"),
    ],
)
def test_one_of_two_such_answers_must_be_wrong(question: str, one: str, other: str) -> None:
    assert comparable(question, candidate(one), candidate(other, "b"))
    assert not comparable(question, candidate(one), candidate(other, "a"))  # the same source


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How many members are there?", "six", "6"),
        ("How much was lent?", "2 million dollars", "3 ships"),
        ("How many members are there?", "six", "Riga"),
        ("When was it founded?", "2001", "June 2001"),
        ("Who is the mayor?", "Ann Lee", "Lee"),
        ("Who are the members?", "Riga", "Tallinn"),
        ("Which members left?", "Riga", "Tallinn"),
        ("Why did it close?", "because it rained", "because it snowed"),
    ],
)
def test_two_such_answers_may_both_be_right(question: str, one: str, other: str) -> None:
    assert not comparable(question, candidate(one), candidate(other, "b"))


def test_what_is_known_of_two_answers() -> None:
    asked = "How many members were there in 2010?"
    assert features(asked, candidate("six", read=4.0), candidate("12 members", "b", read=2.0)) == Features(
        first=4.0, second=2.0, retrieval=0.5, number=1.0, same_unit=0.0, ratio=math.log(2), year=1.0
    )
    assert features("Who is it?", candidate("Ann"), candidate("Ben", "b")).ratio == pytest.approx(1.0)
    assert features("How many?", candidate("0"), candidate("5000", "b")).ratio == 3.0


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("2010", "2018-06", "2018"), Disagreement("time", (1, 2, 0))),
        (("2018", "2010", None), Disagreement("sources", (0, 1, 2))),
        (("2018", "2018", "2018"), Disagreement("sources", (0, 1, 2))),
    ],
)
def test_sides_come_newest_first(dates: tuple[str | None, ...], expected: Disagreement) -> None:
    words = ("six", "eight", "nine")
    answers = [candidate(w, s) for w, s in zip(words, "abc", strict=True)]
    citations = [citation(w, s, d) for w, s, d in zip(words, "abc", dates, strict=True)]
    assert BY_READING.find("How many?", answers, citations, 0.5) == expected


def test_no_alarm_below_the_threshold() -> None:
    answers = [candidate("six"), candidate("eight", "b", read=-1.0)]
    citations = [citation("six", "a", None), citation("eight", "b", None)]
    assert BY_READING.find("How many?", answers, citations, 0.5) is None
    assert BY_READING.find("How many?", answers[:1], citations[:1], 0.0) is None


def test_the_packaged_alarm_knows_every_feature() -> None:
    alarm = Alarm.load()
    assert set(alarm.weights) == set(Features.__slots__)
    assert 0 < alarm.probability(Features(9.0, 9.0, 1.0, 1.0, 1.0, 0.1, 0.0)) < 1
