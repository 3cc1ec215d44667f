"""A collection of two documents, questions about it, and assistants that find fixed words in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from sco_qa.assistant import Assistant
from sco_qa.confidence import Confidence
from sco_qa.evaluation.gold import Evidence, Expected, Question
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.types import Source, Span

BY_READER = Confidence(0.0, {"read": 1.0, "lead": 0.0, "retrieval": 0.0, "dense": 0.0, "agreement": 0.0}, {})


def fact(sources: Sequence[Source], id_: str, sentence: str, *answers: str) -> Expected:
    """Expect one of ``answers``, stated by ``sentence`` of the source ``id_``."""
    text = next(source.text for source in sources if source.id == id_)
    start = text.index(sentence)
    return Expected(answers, (Evidence(id_, Span(start, start + len(sentence))),))


@pytest.fixture
def questions(sources: Sequence[Source]) -> list[Question]:
    return [
        Question(
            "where", "lookup", "Where does the polar bear live?", (fact(sources, "bears", "on the ice", "the ice"),)
        ),
        Question("who", "lookup", "Who steered the frigate?", (fact(sources, "ships", "Captain Lee steered", "Lee"),)),
        Question("slept", "lookup", "Where did the crew sleep?", (fact(sources, "ships", "in hammocks", "hammocks"),)),
        Question("queen", "none", "Who was the queen of the bears?", ()),
    ]


@pytest.fixture
def assistant_that_reads(index: FaissIndex, settings: Settings) -> AssistantThatReads:
    return AssistantThatReads(index, settings)


class AssistantThatReads:
    """Makes assistants whose reader knows fixed words with their scores, which are all that confidence comes from."""

    def __init__(self, index: FaissIndex, settings: Settings) -> None:
        self._index, self._settings = index, settings

    def __call__(self, words: Mapping[str, float]) -> Assistant:
        return Assistant(self._index, FakeEncoder(), FakeReader(words), confidence=BY_READER, settings=self._settings)
