from __future__ import annotations

from dataclasses import replace

import pytest

from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.run import Outcome, Row, run
from sco_qa.types import Source
from tests.evaluation.conftest import AssistantThatReads, fact


def test_every_stage_of_a_right_answer_is_measured(
    assistant_that_reads: AssistantThatReads, questions: list[Question]
) -> None:
    row = run(assistant_that_reads({"the ice": 4.0}), questions)[0]
    assert (row.id, row.kind, row.answerable, row.answered, row.outcome) == (
        "where",
        "lookup",
        True,
        True,
        Outcome.RIGHT,
    )
    assert (row.rank, row.em, row.f1, row.evidence_1, row.evidence_3, row.facts) == (1, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert row.retrieval == {"hit@1": 1, "hit@5": 1, "hit@20": 1, "recall@20": 1, "MRR": 1, "nDCG@10": 1}
    assert row.confidence == pytest.approx(0.982, abs=0.001)
    assert [(given.text, given.is_evidence) for given in row.given] == [("the ice", True)]
    assert (row.citations, row.valid) == (1, 1)
    assert set(row.timings_ms) == {"encode", "retrieve", "read", "total"}
    assert row.right


@pytest.mark.parametrize(
    ("words", "id_", "outcome"),
    [
        ({"the ice": 4.0}, "where", Outcome.RIGHT),
        ({"the ice": -4.0}, "where", Outcome.WRONGLY_ABSTAINED),
        ({"The polar bear lives on the ice": 4.0}, "where", Outcome.WRONG_WORDS),
        ({"bamboo": 4.0}, "where", Outcome.NOT_READ),
        ({"bamboo": 4.0}, "queen", Outcome.WRONGLY_ANSWERED),
        ({"bamboo": -4.0}, "queen", Outcome.RIGHT),
        ({}, "queen", Outcome.RIGHT),
        ({}, "where", Outcome.NOT_READ),
    ],
)
def test_a_question_is_lost_at_the_first_stage_that_failed(
    words: dict[str, float],
    id_: str,
    outcome: Outcome,
    assistant_that_reads: AssistantThatReads,
    questions: list[Question],
) -> None:
    rows = {row.id: row for row in run(assistant_that_reads(words), questions)}
    assert rows[id_].outcome is outcome


def test_evidence_that_is_in_no_passage_read_is_not_retrieved(
    assistant_that_reads: AssistantThatReads, sources: list[Source]
) -> None:
    assistant = assistant_that_reads({"seals": 4.0})
    assistant.settings = replace(assistant.settings, retrieved=1)
    asked = Question("q", "lookup", "polar bear ice", (fact(sources, "ships", "in hammocks", "hammocks"),))
    (row,) = run(assistant, [asked])
    assert (row.outcome, row.rank, row.em, row.evidence_1) == (Outcome.NOT_RETRIEVED, None, 0.0, 0.0)
    assert row.retrieval == {"hit@1": 0, "hit@5": 0, "hit@20": 0, "recall@20": 0, "MRR": 0, "nDCG@10": 0}


def test_the_facts_that_are_cited_are_counted(assistant_that_reads: AssistantThatReads, sources: list[Source]) -> None:
    sides = (fact(sources, "bears", "on the ice", "the ice"), fact(sources, "ships", "in hammocks", "hammocks"))
    asked = Question("q", "conflict", "Where do they sleep?", sides, disagreement="sources")
    (row,) = run(assistant_that_reads({"the ice": 4.0}), [asked])
    assert row.facts == 0.5
    (row,) = run(assistant_that_reads({"the ice": 4.0, "hammocks": 1.0}), [asked])
    assert row.facts == 1.0


def test_a_row_comes_back_from_json_as_it_was(
    assistant_that_reads: AssistantThatReads, questions: list[Question]
) -> None:
    rows = run(assistant_that_reads({"the ice": 4.0, "hammocks": 1.0}), questions)
    assert [Row.from_json(row.to_json()) for row in rows] == rows
