from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from sco_qa.assistant import Assistant
from sco_qa.confidence import Confidence
from sco_qa.evaluation.collections import Collection
from sco_qa.evaluation.gold import Evidence, Expected, Question
from sco_qa.evaluation.workbench import Workbench
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.training import answering
from sco_qa.training.answering import Read, Way
from sco_qa.types import Candidate, Hit, Passage, Source, Span

SETTINGS = Settings()
PLAIN = Way(read=20, year_weight=0.0)
QUESTION = Question("q", "para", "Who steered in 1901?", (Expected(("Lee",), (Evidence("b", Span(0, 3)),)),))


def read(*, dense: Sequence[float] = (0.6, 0.5), best: Sequence[float] = (0.6, 0.5)) -> Read:
    """Two passages, of which the second one holds the answer and is of the year."""
    hits = [
        Hit(Passage(i, source, Span(0, 3), text, (Span(0, 3),)), dense[i], dense[i], 0.0, of_year=source == "b")
        for i, (source, text) in enumerate([("a", "Kim"), ("b", "Lee")])
    ]
    candidates = [Candidate(hit, hit.passage.span, hit.passage.text, 1.0, 1.0) for hit in hits]
    return Read(QUESTION, hits, candidates, dict(enumerate(best)))


@pytest.mark.parametrize(
    ("way", "one", "right"),
    [
        (PLAIN, read(), False),
        (PLAIN, read(dense=(0.5, 0.6)), True),
        (replace(PLAIN, year_weight=0.1), read(), True),
        (replace(PLAIN, sentence=0.5), read(best=(0.6, 0.9)), True),
        (replace(PLAIN, sentence=0.5), read(best=(0.6, 0.6)), False),
        (replace(PLAIN, read=1), read(dense=(0.5, 0.6)), True),
        (replace(PLAIN, read=1, year_weight=0.1), read(), True),
    ],
)
def test_a_way_decides_which_answer_comes_first(way: Way, one: Read, right: bool) -> None:
    answers = one.answers(way, SETTINGS)
    assert (one.cites(answers), one.right(answers)) == (right, right)


def test_a_passage_that_is_not_read_gives_no_answer() -> None:
    for count, words in ((2, ["Kim", "Lee"]), (1, ["Kim"])):
        answers = read().answers(replace(PLAIN, read=count), SETTINGS)
        assert [members[0].text for members in answers] == words
        assert read().sources(answers) == float("Lee" in words)


def test_right_words_at_another_place_are_not_right() -> None:
    one = read(dense=(0.5, 0.6))
    elsewhere = replace(one.candidates[0], text="Lee")
    assert not one.right([[elsewhere]])
    assert not one.right([[replace(one.candidates[1], text="Kim")]])
    assert one.cites([[one.candidates[1]]])
    assert not one.right([])


def test_questions_that_stand_by_themselves_are_asked() -> None:
    sources = (
        Source("a", "a.txt", "Ships left. Captain Kim steered.", "Ships"),
        Source("b", "b.txt", "Captain Lee steered the ship in 1901.", "Boats"),
    )
    questions = (
        QUESTION,
        Question("none", "none", "Who sank?", ()),
        Question("follow", "followup", "And then?", QUESTION.expected, ("Who steered?",)),
    )
    encoder = FakeEncoder()

    def assistant(sources: Sequence[Source], settings: Settings) -> Assistant:
        index = FaissIndex.of(sources, settings, encoder)
        guess = Confidence(0.0, dict.fromkeys(("read", "lead", "retrieval", "dense", "agreement"), 0.0), {})
        return Assistant(index, encoder, FakeReader({"Lee": 1.0, "Kim": 1.0}), confidence=guess, settings=settings)

    bench = cast(Workbench, SimpleNamespace(encoder=encoder, assistant=assistant))
    (one,) = answering.ask(Collection("all", sources, questions), bench, SETTINGS)
    assert one.question is QUESTION
    assert {hit.passage.source: hit.of_year for hit in one.hits} == {"a": False, "b": True}
    vector = encoder.encode([QUESTION.question])[0]
    first, second = encoder.encode(["Ships\nShips left.", "Ships\nCaptain Kim steered."]) @ vector
    assert one.best[0] == pytest.approx(max(first, second))
    assert one.answers(replace(PLAIN, year_weight=1.0), SETTINGS)[0][0].text == "Lee"


def test_the_table_shows_how_the_ways_differ() -> None:
    ways = {"shipped": PLAIN, "with the year": replace(PLAIN, year_weight=0.1)}
    same, better = "+0.000 (+0.000 … +0.000)", "+1.000 (+1.000 … +1.000)"
    assert answering.table([read()], ways, SETTINGS) == (
        "| 1 questions | evidence@1 | difference | right@1 | difference | sources@5 | difference |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        f"| shipped | 0.000 | {same} | 0.000 | {same} | 1.000 | {same} |\n"
        f"| with the year | 1.000 | {better} | 1.000 | {better} | 1.000 | {same} |\n"
    )
