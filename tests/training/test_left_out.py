from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sco_qa.training import examples, left_out
from sco_qa.types import Span
from tests.training.conftest import PARAGRAPHS, SHIPS, WORLD, write_lines

WORLDS = [
    {
        **WORLD,
        "world": f"w{i}",
        "documents": [
            {**document, "source": "news", "title": f"Number {i}", "date": "2012"} for document in WORLD["documents"]
        ],
    }
    for i in range(3)
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One title held out of each data set, one collection of three."""
    ships = {**PARAGRAPHS[1], "dataset": "squad1"}
    review = {
        **PARAGRAPHS[0],
        "dataset": "amazon_reviews",
        "context": "It warms. " * 3,
        "qas": PARAGRAPHS[0]["qas"][1:],
    }
    write_lines(tmp_path / "reader_train.jsonl.gz", [{**ships, "qas": []}, review])
    write_lines(tmp_path / "reader_train_written.jsonl.gz", [PARAGRAPHS[1]])
    write_lines(tmp_path / "worlds_train.jsonl.gz", WORLDS)
    asked = {"paragraph": hashlib.sha256(SHIPS.encode()).hexdigest()[:16], "qas": [{"question": "Why?", "answers": []}]}
    monkeypatch.setattr(examples, "written", lambda: iter([asked]))
    return tmp_path


def test_what_was_held_out_is_asked_among_everything(data: Path) -> None:
    (held,) = examples.held_out(WORLDS)
    known = left_out.load(data)
    assert [world.name for world in known.alone] == [held]
    assert {world.name for world in known.learned} == {"w0", "w1", "w2"} - {held}
    assert known.pooled.questions == known.alone[0].questions
    assert [source.title for source in known.pooled.sources] == [f"Number {i}" for i in range(3) for _ in range(2)]


def test_a_paragraph_stands_once_with_all_that_is_asked_of_it(data: Path) -> None:
    found = left_out.load(data).paragraphs
    assert [(source.title, source.text) for source in found.sources] == [("Ships", SHIPS + "\n\n")]
    assert [(q.question, q.answerable, [e.span for e in q.evidence]) for q in found.questions] == [
        ("Who steered?", True, [Span(38, 49)]),
        ("Why?", False, []),
    ]
