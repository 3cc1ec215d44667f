from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.conversation import Understood, depends, understand

FOUNDED = "When was the Harbour League founded?"


class Known:
    """What was answered before; of several names the one that is most like another is told by its length."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self._answers = {} if answers is None else answers

    def answer(self, question: str) -> str | None:
        return self._answers.get(question)

    def nearest(self, words: str, others: Sequence[str]) -> int:
        return min(range(len(others)), key=lambda i: abs(len(others[i]) - len(words)))


def read(question: str, *history: str, answers: Mapping[str, str] | None = None) -> str:
    return understand(question, history, Known(answers)).read


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
        "Which members voted against that?",
        "Is that true?",
        "Who was president in that year?",
        "Who is its chair?",
        "What did Russia do about it?",
        "Who succeeded him after the strike?",
        "What happened there?",
        "What do these rules say?",
    ],
)
def test_a_question_that_goes_on_depends_on_the_one_before(question: str) -> None:
    assert depends(question)


@pytest.mark.parametrize(
    "question",
    [
        FOUNDED,
        "Why did Russia leave?",
        "When is the summit?",
        "Which items exist?",
        "Andorra?",
        "Theme?",
        "What happened in the year that the bank opened?",
        "Is there a development bank?",
        "How many members are there in the league?",
        "Who said that the bank would open?",
        "Why did Russia say that it would leave?",
        "When did the secretary lose her post?",
        "Who put his name to the treaty?",
        "Which member changed its vote at the last minute?",
        "Why did Chile drop the levy although a panel had upheld it?",
        "What did it cost to build the harbour?",
        "Which country do those who signed come from?",
        "What does the former mayor do now?",
        "Who stayed this year?",
        "harbour league fire what caused it",
    ],
)
def test_a_question_that_stands_by_itself_is_left_alone_after_any_other(question: str) -> None:
    assert not depends(question)
    assert understand(question, [FOUNDED, "Who blocked the bank?"], Known()) == Understood(question, question, question)


def test_without_a_history_a_question_is_read_as_it_is() -> None:
    assert understand("Why?", [], Known()) == Understood("Why?", "Why?", "Why?")


def test_it_is_searched_for_with_the_topic_and_read_by_itself() -> None:
    assert understand("And who voted against that?", [FOUNDED], Known()) == Understood(
        searched=f"{FOUNDED} And who voted against that?",
        read="who voted against that?",
        topic=FOUNDED,
        read_as=f"who voted against that? (after: {FOUNDED})",
    )


@pytest.mark.parametrize(
    ("question", "taken"),
    [
        ("Why?", "Why was the Harbour League founded?"),
        ("And by whom?", "by whom was the Harbour League founded?"),
        ("And the Bridge Club?", "When was the Bridge Club founded?"),
        ("What about NATO?", "When was NATO founded?"),
        ("Who is its chair?", "Who is the Harbour League’s chair?"),
        ("And when did it move?", "when did the Harbour League move?"),
        ("Who voted against it?", "Who voted against it?"),
    ],
)
def test_what_is_left_out_comes_from_the_topic(question: str, taken: str) -> None:
    assert read(question, FOUNDED) == taken


@pytest.mark.parametrize(
    ("topic", "question", "taken"),
    [
        ("How many people came in 2015?", "And in 2018?", "How many people came in 2018?"),
        ("How many people came in 2015?", "How many in 2018?", "How many people came in 2018?"),
        (
            "How many people voted in the first round?",
            "And in the second?",
            "How many people voted in the second round?",
        ),
        (
            "How many ships are there in Riga?",
            "And in the old harbour?",
            "How many ships are there in the old harbour?",
        ),
        ("When did China sign the Treaty of Ouvanu?", "And India?", "When did India sign the Treaty of Ouvanu?"),
        ("how much does it cost?", "And for children?", "how much does it cost for children?"),
        ("how much does a boat cost?", "What about a ship?", "how much does a boat cost: a ship?"),
        ("Who beat Ann Lee in 2010?", "And who won that year?", "who won in 2010?"),
    ],
)
def test_words_take_the_place_of_what_they_are_like(topic: str, question: str, taken: str) -> None:
    assert read(question, topic) == taken


@pytest.mark.parametrize(
    ("topic", "answer", "question", "taken"),
    [
        ("Who was the first chair of the league?", "Ann Lee", "Who came after her?", "Who came after Ann Lee?"),
        ("Who was the first chair of the league?", "Ann Lee", "And after her?",
         "Who was the first chair of the league after Ann Lee?"),
        ("Who was the first chair of the league?", "Ann Lee, a lawyer", "What was her aim?", "What was Ann Lee’s aim?"),
        ("Who leads the league?", "Ann Lee", "Who had sent that person?", "Who had sent Ann Lee?"),
        ("Where is the league based?", "Riga", "When did it move there?", "When did it move in Riga?"),
        ("When was Ann Lee born?", "1950", "Who was king then?", "Who was king in 1950?"),
        ("When did Ann Lee leave?", "1950", "And why did she come back?", "why did Ann Lee come back?"),
        ("Who blocked the bank?", "Russia", "Why?", "Why: Russia blocked the bank?"),
    ],
)  # fmt: skip
def test_the_answer_before_is_what_a_word_may_stand_for(topic: str, answer: str, question: str, taken: str) -> None:
    assert read(question, topic, answers={topic: answer}) == taken


@pytest.mark.parametrize(
    ("topic", "question"),
    [
        ("Where is it?", "Who came there?"),
        ("Who is it?", "Who sent that person?"),
        ("When was it?", "Who was king then?"),
        ("Who is it?", "And after him?"),
        ("Who blocked it?", "Why?"),
        ("Who is it?", "What did he do?"),
    ],
)
def test_an_answer_may_hold_anything(topic: str, question: str) -> None:
    assert r"C:\g<9>" in read(question, topic, answers={topic: r"C:\g<9>"})


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_whatever_is_asked_is_understood_somehow(question: str, history: list[str]) -> None:
    understood = understand(question, history, Known())
    assert (understood.read_as is None) == (understood.read == understood.searched == question)


def test_an_answer_that_only_repeats_the_topic_stands_for_nothing() -> None:
    topic = "Who succeeds Ann Lee?"
    assert read("What did he do before?", topic, answers={topic: "Madam Lee"}) == "What did he do before?"


def test_the_topic_goes_on_through_what_was_completed() -> None:
    history = ["Who is the mayor?", "What is NATO?", "When was it founded?", "By whom?"]
    assert read("And why?", *history) == "why was NATO founded?"


def test_what_was_asked_long_ago_is_no_topic() -> None:
    assert read("Why?", FOUNDED, *["Is there a bank?"] * 8) == "Why is there a bank?"
