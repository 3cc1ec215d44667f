from __future__ import annotations

from dataclasses import replace

import pytest

from sco_qa.evaluation import figures
from sco_qa.evaluation.run import Outcome, Row

RETRIEVAL = {"hit@1": 1.0, "hit@5": 1.0, "hit@20": 1.0, "recall@20": 0.5, "MRR": 1.0, "nDCG@10": 0.8}


def row(number: int, *, right: bool, confidence: float, answerable: bool = True) -> Row:
    return Row(
        id=f"q{number}",
        kind="lookup" if answerable else "none",
        question="?",
        history=(),
        answerable=answerable,
        disagreement=None,
        expected=(),
        places=(),
        given=(),
        confidence=confidence,
        answered=confidence >= 0.5,
        outcome=Outcome.RIGHT if right else Outcome.NOT_READ,
        citations=2,
        valid=2,
        timings_ms={"read": 10.0 * number, "total": 20.0 * number},
        retrieval=RETRIEVAL if answerable else None,
        rank=1 if answerable else None,
        em=float(right) if answerable else None,
        f1=float(right) if answerable else None,
        evidence_1=float(right) if answerable else None,
        evidence_3=1.0 if answerable else None,
        facts=1.0 if answerable else None,
    )


GOOD = [row(n, right=n % 4 != 0, confidence=0.9 if n % 4 else 0.3) for n in range(40)] + [
    row(n, right=False, confidence=0.1, answerable=False) for n in range(40, 50)
]


def test_each_figure_is_of_the_questions_that_it_is_about() -> None:
    found = figures.summary(GOOD)
    assert {name: (round(value.value, 4), value.n) for name, value in found.items()} == {
        "hit@1": (1.0, 40),
        "hit@5": (1.0, 40),
        "hit@20": (1.0, 40),
        "recall@20": (0.5, 40),
        "MRR": (1.0, 40),
        "nDCG@10": (0.8, 40),
        "EM": (0.75, 40),
        "F1": (0.75, 40),
        "evidence@1": (0.75, 40),
        "evidence@3": (1.0, 40),
        "right@1": (0.75, 40),
        "citations valid": (1.0, 50),
        "citation precision": (1.0, 30),
        "answered": (0.75, 40),
        "abstained": (1.0, 10),
        "AUROC": (1.0, 50),
        "AURC": (pytest.approx(sum((k - 30) / k for k in range(31, 51)) / 50, abs=1e-4), 50),
        "ECE": (pytest.approx((30 * 0.1 + 10 * 0.3 + 10 * 0.1) / 50), 50),
    }
    assert all(value.low <= value.value <= value.high for value in found.values())


def test_the_alarm_is_measured_by_both_sides() -> None:
    differ = [replace(r, disagreement="time", alarm="time" if i < 6 else None) for i, r in enumerate(GOOD[:10])]
    agree = [replace(r, alarm="sources" if i < 2 else None) for i, r in enumerate(GOOD[10:20])]
    found = figures.summary([*differ, *agree])
    assert [(found[n].value, found[n].n) for n in ("alarm precision", "alarm recall")] == [(0.75, 8), (0.6, 10)]


def test_figures_of_no_questions_are_left_out() -> None:
    assert figures.summary([]) == {}
    assert "abstained" not in figures.summary(GOOD[:40])


def test_latency_is_median_and_95th_percentile() -> None:
    rows = [row(n, right=True, confidence=1.0) for n in range(1, 102)]
    assert figures.latency(rows) == {"read": (510.0, 960.0), "total": (1020.0, 1920.0)}


def test_a_run_is_not_worse_than_itself() -> None:
    changes = figures.changes(GOOD, GOOD)
    assert {change.figure.name for change in changes} >= {"F1", "evidence@1", "right@1", "AUROC", "nDCG@10"}
    assert [(change.low, change.high, change.worse) for change in changes] == [(0.0, 0.0, False)] * len(changes)


def test_one_question_lost_is_noise_and_a_third_of_them_is_not() -> None:
    def lost(count: int) -> list[str]:
        harmed = [replace(r, f1=0.0, evidence_1=0.0) if 0 < i <= count else r for i, r in enumerate(GOOD)]
        return [change.figure.name for change in figures.changes(GOOD, harmed) if change.worse]

    assert lost(1) == []
    assert lost(13) == ["F1", "evidence@1", "right@1"]


def test_a_run_that_is_less_sure_of_what_it_can_answer_is_worse() -> None:
    shuffled = [replace(r, confidence=((7 * i) % 50) / 50) for i, r in enumerate(GOOD)]
    assert [c.figure.name for c in figures.changes(GOOD, shuffled) if c.worse] == ["AUROC"]


def test_only_questions_of_both_runs_are_compared() -> None:
    before = [row(n, right=False, confidence=0.9) for n in range(5)]
    after = [row(n, right=True, confidence=0.9) for n in range(3, 9)]
    change = next(c for c in figures.changes(before, after) if c.figure.name == "F1")
    assert (change.before, change.after) == (0.0, 1.0)
