from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sco_qa.training import examples
from sco_qa.training.examples import ONE_TITLE, Example
from sco_qa.types import Span
from tests.training.conftest import BEARS, PARAGRAPHS, SHIPS, WORLD, write_lines


def test_the_answer_that_most_people_gave_counts() -> None:
    assert list(examples.paragraphs(PARAGRAPHS)) == [
        Example("Where does the bear live?", BEARS, Span(24, 31), "squad2", "Bears"),
        Example("When does the bear sleep?", BEARS, None, "squad2/none", "Bears"),
        Example("Who steered?", SHIPS, Span(38, 49), "written/para", "Ships"),
    ]


def test_a_question_is_asked_of_every_document_of_its_collection_unless_it_goes_on() -> None:
    assert list(examples.worlds([WORLD])) == [
        Example("When did it leave?", BEARS, None, "worlds/none", "w1"),
        Example("When did it leave?", SHIPS, Span(32, 36), "worlds/lookup", "w1"),
    ]


def test_written_questions_find_their_paragraph_by_its_hash(tmp_path: Path) -> None:
    asked = [{"question": "Who left?", "answers": [{"start": 4, "text": "frigate"}]}]
    known = hashlib.sha256(SHIPS.encode()).hexdigest()[:16]
    write_lines(tmp_path / "q.jsonl.gz", [{"paragraph": known, "qas": asked}, {"paragraph": "0" * 16, "qas": asked}])
    joined = list(examples.joined(examples.lines(tmp_path / "q.jsonl.gz"), PARAGRAPHS))
    assert joined == [{"dataset": "pairs", "title": "Ships", "context": SHIPS, "qas": asked}]


def test_squads_own_json_is_read(tmp_path: Path) -> None:
    answer = {"text": "1901", "answer_start": 32}
    qas = [
        {"id": "1", "question": "When?", "answers": [answer]},
        {"id": "2", "question": "Why?", "is_impossible": True, "answers": [], "plausible_answers": [answer]},
    ]
    content = {"version": "v2.0", "data": [{"title": "Ships", "paragraphs": [{"context": SHIPS, "qas": qas}]}]}
    (tmp_path / "dev-v2.0.json").write_text(json.dumps(content), encoding="utf-8")
    assert list(examples.paragraphs(examples.squad(tmp_path / "dev-v2.0.json"))) == [
        Example("When?", SHIPS, Span(32, 36), "dev-v2.0", "Ships"),
        Example("Why?", SHIPS, None, "dev-v2.0/none", "Ships"),
    ]


def test_titles_are_held_out_the_same_ones_every_time() -> None:
    entries = [{"dataset": "squad2", "title": f"t{i}", "context": f"c{i}"} for i in range(20)]
    entries += [{"dataset": "reddit", "title": ONE_TITLE, "context": f"r{i}"} for i in range(41)]
    entries += [{"world": f"w{i}"} for i in range(9)]
    held = examples.held_out(entries)
    assert held == examples.held_out(reversed(entries * 2))
    assert [sum(title[0] == first for title in held) for first in "trwc"] == [3, 3, 3, 0]


@pytest.mark.parametrize("span", [Span(5, 12), Span(20, 21)])
def test_an_answer_beyond_the_text_is_refused(span: Span) -> None:
    with pytest.raises(ValueError, match=r"is not within the text of 10 characters"):
        Example("Who?", "0123456789", span, "s", "t")
