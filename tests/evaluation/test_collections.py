from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from sco_qa.evaluation import collections
from sco_qa.evaluation.gold import Evidence, Expected, Question
from sco_qa.types import Source, Span
from tests.conftest import run

WORLD = {
    "world": "w1",
    "topic": "a union",
    "documents": [
        {"id": "d1", "source": "news", "title": "Then", "date": "2009-03", "text": "The seat is in Tamale."},
        {"id": "d2", "source": "blog", "title": "Now", "date": "2012", "text": "Its seat is Kara, not Tamale."},
    ],
    "questions": [
        {
            "question": "Where is the seat?",
            "kind": "conflict",
            "history": [],
            "answers": [
                {"document": "d1", "start": 15, "text": "Tamale"},
                {"document": "d2", "start": 12, "text": "Kara"},
            ],
        },
        {"question": "Who left?", "kind": "none", "history": ["Where is the seat?"], "answers": []},
    ],
}


def write(path: Path, *entries: object) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    return path


def test_a_world_becomes_sources_and_questions_with_both_sides_expected(tmp_path: Path) -> None:
    (world,) = collections.worlds(write(tmp_path / "worlds.jsonl.gz", WORLD))
    assert world.sources[0] == Source(
        id="w1-d1", file="w1-d1.txt", text="The seat is in Tamale.", title="Then", publisher="news", date="2009-03"
    )
    assert world.questions == (
        Question(
            "w1-00",
            "conflict",
            "Where is the seat?",
            (
                Expected(("Tamale",), (Evidence("w1-d1", Span(15, 21)),)),
                Expected(("Kara",), (Evidence("w1-d2", Span(12, 16)),)),
            ),
            disagreement="sources",
        ),
        Question("w1-01", "none", "Who left?", (), ("Where is the seat?",)),
    )


def test_pooled_worlds_are_one_collection(tmp_path: Path) -> None:
    write(tmp_path / "worlds_test.jsonl.gz", WORLD, {**WORLD, "world": "w2"})
    (pool,) = collections.load("worlds-pooled", tmp_path)
    assert [source.id for source in pool.sources] == ["w1-d1", "w1-d2", "w2-d1", "w2-d2"]
    assert [question.id for question in pool.questions] == ["w1-00", "w1-01", "w2-00", "w2-01"]
    assert [part.name for part in collections.load("worlds", tmp_path)] == ["w1", "w2"]


def test_paragraphs_of_a_title_are_one_source_and_answers_stand_where_they_did(tmp_path: Path) -> None:
    ask = {"question": "Where?", "answers": [{"start": 7, "text": "Paris"}]}
    entries = [
        {"title": "A_City", "context": "He was in Rome. 🙂", "qas": [{"question": "Who?", "answers": []}]},
        {"title": "A_City", "context": "He met Paris.", "qas": [ask]},
    ]
    write(tmp_path / "reader_test_squad2.jsonl.gz", *entries)
    (collection,) = collections.load("squad", tmp_path)
    (source,), (question,) = collection.sources, collection.questions
    assert (source.title, source.text) == ("A City", "He was in Rome. 🙂\n\nHe met Paris.\n\n")
    (place,) = question.evidence
    assert source.text[place.span.start : place.span.end] == "Paris"
    assert question.question == "Where?"


@pytest.mark.parametrize("name", list(collections.FILES))
def test_a_set_that_is_not_there_is_skipped_with_one_line(name: str, tmp_path: Path) -> None:
    ran = run("eval", "--on", name, "--data", str(tmp_path))
    assert ran.status == 0
    assert ran.out.replace("\n", " ").startswith(f"skipped {name}: there is no ")
