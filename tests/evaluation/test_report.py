from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from sco_qa.evaluation import page, terminal
from sco_qa.evaluation.ablation import Ablation, table
from sco_qa.evaluation.cost import Cost
from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.report import Report
from sco_qa.evaluation.run import run
from sco_qa.types import Source, Span
from tests.evaluation.conftest import AssistantThatReads


@pytest.fixture
def report(assistant_that_reads: AssistantThatReads, questions: list[Question]) -> Report:
    rows = run(assistant_that_reads({"the ice": 4.0, "bamboo": 3.0}), questions)
    return Report("bears", {"top": 5}, tuple(rows), Cost(0.5, 200.0, 24.0))


def test_a_report_comes_back_as_it_was_written(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path / "reports" / "eval.json")
    assert Report.read(tmp_path / "reports" / "eval.json") == report
    written = json.loads((tmp_path / "reports" / "eval.json").read_text(encoding="utf-8"))
    assert written["outcomes"] == {"right": 1, "retrieved but not read": 2, "wrongly answered": 1}
    assert set(written["kinds"]) == {"lookup", "none"}


def test_the_terminal_shows_every_figure_in_80_columns(report: Report) -> None:
    out = io.StringIO()
    terminal.show(report, Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:3] == ["answers", "EM", "0.333"] for line in lines)
    assert any(line.split()[:2] == ["lookup", "3"] for line in lines)


def test_the_page_marks_what_was_expected_and_what_was_given(report: Report, sources: list[Source]) -> None:
    text = page.render(report, {source.id: source for source in sources})
    assert text.count("<details>") == 3
    assert '<mark class="expected">Captain Lee steered</mark>' in text
    assert '<mark class="given">the ice</mark>' in text
    assert not re.findall(r"""(?:src|href)="(?!#)|url\((?!#)|@import|<link|<script""", text)  # nothing is loaded


def test_excerpts_are_whole_words() -> None:
    text = "word " * 100 + "the place" + " word" * 100
    (window,) = page._windows([Span(500, 509)], text)
    assert (window.start, window.end) == (280, 729)
    assert text[window.start : window.end].split() == ["word"] * 44 + ["the", "place"] + ["word"] * 44


def test_the_page_shows_hostile_text_as_text(report: Report, sources: list[Source]) -> None:
    hostile = replace(report.rows[1], question='<script>alert("x")</script>', kind="<b>")
    text = page.render(replace(report, rows=(hostile,)), {source.id: source for source in sources})
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_ablations_are_a_table_with_the_sure_differences_bold(report: Report) -> None:
    whole = Ablation("nothing off", report.rows, ())
    lines = table([whole]).splitlines()
    assert lines[0] == "| off | hit@1 | hit@5 | evidence@1 | right@1 | AUROC | ECE |"
    assert lines[2].startswith("| nothing off | 1.000 | 1.000 | 0.333 | 0.333 | 0.500 |")
