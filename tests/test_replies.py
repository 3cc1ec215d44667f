from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from sco_qa.assistant import Assistant
from sco_qa.index import FaissIndex
from sco_qa.reader import Reading
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.types import Passage, State

WHO = "Who steered the frigate?"


class Counting(FakeReader):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__({"Captain Lee": 9.0})
        self.asked: list[str] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Reading]]:
        self.asked.append(question)
        return super().read(question, passages)


@pytest.fixture
def reader() -> Counting:
    return Counting()


@pytest.fixture
def assistant(index: FaissIndex, settings: Settings, reader: Counting) -> Assistant:
    chosen = dataclasses.replace(settings, repeated=2, threshold=0.0, follow_ups=False)
    return Assistant(index, FakeEncoder(), reader, settings=chosen)


def test_a_repeated_question_is_answered_without_reading(assistant: Assistant, reader: Counting) -> None:
    first, again = assistant.ask(WHO), assistant.ask(WHO)
    assert reader.asked == [WHO]
    assert dataclasses.replace(again, timings_ms=first.timings_ms) == first
    assert again.timings_ms == {"encode": 0.0, "retrieve": 0.0, "read": 0.0, "total": 0.0}
    assert first.timings_ms["total"] > 0


def test_another_history_or_too_many_others_make_it_another_question(assistant: Assistant, reader: Counting) -> None:
    assistant.ask(WHO)
    assistant.ask(WHO, ["Where are bears?"])
    assert len(reader.asked) == 2
    assistant.ask(WHO)
    assert len(reader.asked) == 2
    assistant.ask("Where does the polar bear live?")  # the third: what was asked longest ago is forgotten
    assistant.ask(WHO, ["Where are bears?"])
    assert len(reader.asked) == 4


def test_a_cited_file_that_changes_or_goes_is_seen_at_once(assistant: Assistant, reader: Counting) -> None:
    assert assistant.ask(WHO).answers[0].citation.state is State.FRESH
    path = assistant.settings.corpus / "ships.txt"
    content = path.read_bytes()
    path.write_bytes(content + b"More.")
    assert assistant.ask(WHO).answers[0].citation.state is State.CHANGED
    path.unlink()
    assert assistant.ask(WHO).answers[0].citation.state is State.MISSING
    path.write_bytes(content)
    assert assistant.ask(WHO).answers[0].citation.state is State.FRESH
    assert len(reader.asked) == 4


def test_nothing_is_kept_unless_that_is_chosen(index: FaissIndex, settings: Settings, reader: Counting) -> None:
    assert settings.repeated == 0
    with Assistant(index, FakeEncoder(), reader, settings=settings) as assistant:
        assistant.ask(WHO)
        assistant.ask(WHO)
    assert len(reader.asked) == 2
