from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sco_qa.assistant import Assistant
from sco_qa.evaluation import figures, gold
from sco_qa.evaluation.run import run as run_questions
from sco_qa.index import FaissIndex
from sco_qa.reader import Reader, Reading, SpanReader
from sco_qa.settings import Settings
from sco_qa.types import Passage
from tests.conftest import REPOSITORY, run


class ShuffledReader:
    """A harmed reader: it finds what the real one finds, but its scores go to the wrong words."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Reading]]:
        readings = self._reader.read(question, passages)
        scores = [reading.score for found in readings for reading in found]
        random.Random(question).shuffle(scores)  # noqa: S311 - a repeatable shuffle, no secret
        given = iter(scores)
        return [[replace(reading, score=next(given)) for reading in found] for found in readings]


def test_a_harmed_reader_is_seen_by_the_gate(real_assistant: Assistant, real_index: Settings) -> None:
    index = FaissIndex.load(real_index.index)
    questions = gold.load(REPOSITORY / "evals" / "gold.jsonl", list(index.sources.values()))[::7]
    harmed = Assistant(index, index.encoder(), ShuffledReader(SpanReader.load()), settings=real_index)
    good, bad = run_questions(real_assistant, questions), run_questions(harmed, questions)
    worse = {change.figure.name for change in figures.changes(good, bad) if change.worse}
    assert worse >= {"evidence@1", "right@1", "F1"}
    assert not worse & {"hit@5", "nDCG@10"}  # retrieval was not harmed, and is not blamed


@pytest.fixture
def questions_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gold questions about the documents of ``place``, which becomes the current folder."""
    monkeypatch.chdir(place)
    text = (place / "documents" / "bears.txt").read_text(encoding="utf-8")
    lines = []
    for number, sentence in enumerate(["It hunts seals.", "The panda lives in China and eats bamboo."]):
        start = text.index(sentence)
        evidence = [{"file": "bears.txt", "start": start, "end": start + len(sentence), "quote": sentence}]
        fact = {"answers": [sentence.split()[-1].strip(".")], "evidence": evidence}
        lines += [
            {"id": f"q{number}-{i}", "kind": "lookup", "question": f"What about {sentence}?", "expected": [fact]}
            for i in range(6)
        ]
    lines.append({"id": "none", "kind": "none", "question": "Who is the queen?", "expected": []})
    path = place / "gold.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_the_command_reports_compares_and_gates(questions_file: Path, place: Path) -> None:
    ran = run("eval", "--gold", str(questions_file), "--accept")
    assert (ran.status, "gold: 13 questions" in ran.out) == (0, True)
    baseline = place / "evals" / "baseline.json"
    written = json.loads(baseline.read_text(encoding="utf-8"))
    assert json.loads((place / "reports" / "eval.json").read_text(encoding="utf-8")) == written
    assert [row["id"] for row in written["rows"]][:2] == ["q0-0", "q0-1"]
    assert written["figures"]["citations valid"]["value"] == 1.0
    assert written["cost"]["cold_start_s"] > 0
    page = (place / "reports" / "eval.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "src=" not in page

    assert run("eval", "--gold", str(questions_file), "--gate").status == 0

    for row in written["rows"]:  # as if every question had been answered
        if row["answerable"]:
            row.update(em=1.0, f1=1.0, evidence_1=1.0, outcome="right")
            row["retrieval"] = dict.fromkeys(row["retrieval"], 1.0)
    baseline.write_text(json.dumps(written), encoding="utf-8")
    ran = run("eval", "--gold", str(questions_file), "--gate")
    assert ran.status == 1
    assert "worse than the baseline: " in ran.out
    assert "right →" in ran.out  # the questions that were lost are named


def test_a_baseline_that_is_none_is_said(questions_file: Path) -> None:
    ran = run("eval", "--gold", str(questions_file), "--compare", "nothing.json")
    assert ran.problem == (
        "sco-qa: cannot read nothing.json (No such file or directory); write one with: sco-qa eval --save nothing.json"
    )
    ran = run("eval", "--gold", str(questions_file), "--compare", str(questions_file))
    assert ran.problem.startswith(f"sco-qa: {questions_file} is no report of this version")
