"""``sco-qa eval``."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from sco_qa import corpus
from sco_qa.assistant import Assistant
from sco_qa.cli import common
from sco_qa.errors import GoldError
from sco_qa.evaluation import cost, figures, gold, page, terminal
from sco_qa.evaluation.report import Report
from sco_qa.evaluation.run import Row
from sco_qa.evaluation.run import run as run_questions
from sco_qa.settings import Settings
from sco_qa.types import Source

GOLD = Path("evals/gold.jsonl")
BASELINE = Path("evals/baseline.json")
SAVED = Path("reports/eval.json")


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Measure retrieval, answers, citations, abstention and confidence on gold questions, stage by stage."
    )
    parser.epilog = (
        "examples:\n  sco-qa eval\n  sco-qa eval --gold my-questions.jsonl --corpus my-documents --index my-index\n"
        "  sco-qa eval --check my-questions.jsonl --corpus my-documents\n  sco-qa eval --compare reports/before.json"
    )
    parser.add_argument("--gold", type=Path, default=GOLD, metavar="FILE", help=f"the questions (default {GOLD})")
    parser.add_argument("--check", type=Path, metavar="FILE", help="only validate a set of questions")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--save", type=Path, default=SAVED, metavar="FILE", help=f"where the report goes ({SAVED})")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show what changed since a saved report")
    parser.add_argument("--gate", action="store_true", help=f"exit with 1 if a figure fell below {BASELINE}")
    parser.add_argument("--accept", action="store_true", help=f"make this run the new {BASELINE}")
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Evaluate, report, and compare."""
    console = Console(stderr=chosen.json)
    settings = common.settings(chosen)
    sources = corpus.load(settings.corpus)
    if chosen.check is not None:
        return _check(chosen.check, sources, console)
    questions = gold.load(chosen.gold, sources)
    before = Report.read(BASELINE if chosen.gate else chosen.compare) if chosen.gate or chosen.compare else None
    common.ensure_index(settings)
    assistant = Assistant.load(settings=settings)
    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("asking", total=len(questions))
        rows = run_questions(assistant, questions, progress=lambda n: bars.advance(task, n))
    report = Report(chosen.gold.stem, _described(settings), tuple(rows), cost.measure(settings, questions[0].question))
    report.write(chosen.save)
    page_path = chosen.save.with_suffix(".html")
    page_path.write_text(page.render(report, assistant.index.sources), encoding="utf-8")
    if chosen.json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        terminal.show(report, console)
        console.print(f"Every miss with its source: {page_path}", highlight=False)
    if chosen.accept:
        report.write(BASELINE)
    return 0 if before is None else _compare(before.rows, rows, console, gate=chosen.gate)


def _check(path: Path, sources: Sequence[Source], console: Console) -> int:
    questions, wrong = gold.check(path, sources)
    for line in wrong:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if wrong:
        raise GoldError(f"{len(wrong)} of {len(questions) + len(wrong)} lines of {path} are wrong; mend them")
    console.print(f"{len(questions)} questions, every quote stands where it is said to stand", highlight=False)
    return 0


def _compare(before: Sequence[Row], after: Sequence[Row], console: Console, *, gate: bool) -> int:
    changes = figures.changes(before, after)
    terminal.show_changes(changes, before, after, console)
    worse = [change.figure.name for change in changes if change.worse]
    if gate:
        console.print(f"worse than the baseline: {', '.join(worse)}" if worse else "no headline figure fell")
    return 1 if gate and worse else 0


def _described(settings: Settings) -> dict[str, object]:
    names = ("retrieved", "dense_weight", "retrieval_weight", "threshold")
    return {**settings.for_index(), **{name: getattr(settings, name) for name in names}}
