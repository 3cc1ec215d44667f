from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sco_qa.evaluation.collections import Collection
from sco_qa.evaluation.gold import Evidence, Expected, Question
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.training import examples, ranking
from sco_qa.types import Source, Span
from tests.training.conftest import BEARS, PARAGRAPHS, SHIPS, write_lines


def asked_of(texts: dict[str, str], question: str, place: Evidence) -> ranking.Asked:
    sources = tuple(Source(name, f"{name}.txt", text, name) for name, text in texts.items())
    expected = (Expected(("it",), (place,)),)
    questions = (Question("q", "para", question, expected), Question("none", "none", question, ()))
    corpus = ranking.Corpus(Collection("all", sources, questions), FakeEncoder(), Settings())
    (asked,) = corpus.asked(FakeEncoder())
    return asked


def test_every_way_finds_what_shares_the_questions_words() -> None:
    texts = {"bears": BEARS, "ships": SHIPS, "rain": "It rained all day."}
    asked = asked_of(texts, "The brown bear lives in forests", Evidence("bears", Span(21, 31)))
    assert {way: asked.rank(score(asked)) for way, score in ranking.WAYS.items()} == dict.fromkeys(ranking.WAYS, 1)


def test_equal_scores_go_by_the_passages_id() -> None:
    asked = asked_of({"rain": "It rained.", "ships": SHIPS, "bears": BEARS}, "Who?", Evidence("bears", Span(21, 31)))
    assert asked.rank(np.zeros(3, np.float32)) == 3
    assert asked.rank(np.array([0, 0, 1], np.float32)) == 1


def test_a_year_that_is_asked_for_counts_more_than_a_word() -> None:
    texts = {"bears": "Bears were seen by the ships of the harbour.", "ships": SHIPS}
    asked = asked_of(texts, "Which bears were seen by the ships in 1901?", Evidence("ships", Span(4, 11)))
    assert asked.rank(asked.fused(year_weight=0)) == 2
    assert asked.rank(asked.fused(year_weight=1)) == 1


def test_a_map_of_questions_turns_them_towards_what_was_right() -> None:
    passages = np.eye(4, dtype=np.float32)
    questions = np.repeat(passages[:1], 256, 0)
    learned = ranking.question_map(questions, [np.array([1])] * 256, passages)
    before, after = passages[0], passages[0] @ learned
    assert after[1] > before[1]
    assert after[0] < before[0]


def test_paragraphs_come_with_the_questions_that_were_written_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bears, ships = PARAGRAPHS
    review = {**bears, "dataset": "amazon_reviews", "context": "It warms."}
    write_lines(tmp_path / "reader_train.jsonl.gz", [{**ships, "dataset": "squad1"}, bears, review])
    write_lines(tmp_path / "reader_train_written.jsonl.gz", [ships])
    monkeypatch.setattr(examples, "written", lambda: iter([]))
    monkeypatch.setattr(ranking, "_PARAGRAPHS", 1)
    found = ranking.paragraphs(tmp_path)
    assert [source.text for source in found.sources] == [f"{SHIPS}\n\n"]
    assert [(q.kind, q.question, q.answers) for q in found.questions] == [("para", "Who steered?", ["Captain Lee"])]


def test_the_table_shows_how_the_ways_differ() -> None:
    asked = asked_of({"bears": BEARS, "ships": SHIPS}, "Where does the bear live?", Evidence("bears", Span(21, 31)))
    ways = {"shipped": ranking.Asked.fused, "the other way round": lambda asked: -asked.fused()}
    assert ranking.table("animals", [asked], ways) == (
        "| animals, 1 questions | MRR | hit@1 | difference | other words, 1 | hit@20 |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |\n"
        "| shipped | 1.000 | 1.000 | +0.000 (+0.000 … +0.000) | 1.000 | 1.000 |\n"
        "| the other way round | 0.500 | 0.000 | -1.000 (-1.000 … -1.000) | 0.000 | 1.000 |\n"
    )
