"""``sco-qa eval``."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from sco_qa import corpus
from sco_qa.assistant import Assistant
from sco_qa.cli import common
from sco_qa.errors import GoldError
from sco_qa.evaluation import ablation, collections, cost, figures, gold, page, terminal
from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.report import Report
from sco_qa.evaluation.run import Row
from sco_qa.evaluation.run import run as run_questions
from sco_qa.evaluation.workbench import Workbench
from sco_qa.settings import Settings
from sco_qa.types import Source

ON = tuple(collections.FILES)
DATA = Path("data")
ABLATIONS = Path("docs/ablations.md")
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
        "  sco-qa eval --check my-questions.jsonl --corpus my-documents\n  sco-qa eval --compare reports/before.json\n"
        "  sco-qa eval --on worlds-pooled --data data"
    )
    parser.add_argument("--gold", type=Path, default=GOLD, metavar="FILE", help=f"the questions (default {GOLD})")
    parser.add_argument("--check", type=Path, metavar="FILE", help="only validate a set of questions")
    parser.add_argument("--on", choices=ON, help="a public or invented test set with its own documents instead")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help=f"where those lie (default {DATA})")
    parser.add_argument("--sample", type=int, metavar="N", help="only every so manyth question, N in all")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--save", type=Path, metavar="FILE", help=f"where the report goes (default {SAVED})")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show what changed since a saved report")
    parser.add_argument("--gate", action="store_true", help=f"exit with 1 if a figure fell below {BASELINE}")
    parser.add_argument("--accept", action="store_true", help=f"make this run the new {BASELINE}")
    parser.add_argument("--ablate", action="store_true", help=f"turn each part off in turn; writes {ABLATIONS}")
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Evaluate, report, and compare."""
    console = Console(stderr=chosen.json)
    settings = common.settings(chosen)
    if chosen.on is not None:
        return _on(chosen, settings, console)
    sources = list(corpus.load(settings.corpus))
    if chosen.check is not None:
        return _check(chosen.check, sources, console)
    questions = _sampled(gold.load(chosen.gold, sources), chosen.sample)
    if chosen.ablate:
        return _ablate(sources, questions, settings, console)
    compared = BASELINE if chosen.gate else chosen.compare
    before = None if compared is None else Report.read(compared)
    common.ensure_index(settings)
    assistant = Assistant.load(settings=settings)
    with _bar(len(questions)) as advance:
        rows = run_questions(assistant, questions, progress=advance)
    spent = cost.measure(settings, questions[0].question)
    report = Report(chosen.gold.stem, _described(settings), tuple(rows), spent)
    _show(report, assistant.index.sources, chosen, console)
    if chosen.accept:
        report.write(BASELINE)
    return 0 if before is None else _compare(before.rows, rows, console, gate=chosen.gate)


def _on(chosen: Namespace, settings: Settings, console: Console) -> int:
    """Evaluate on documents that are read for the purpose and indexed in memory."""
    try:
        parts = collections.load(chosen.on, chosen.data)
    except FileNotFoundError as error:
        console.print(f"skipped {chosen.on}: there is no {error.filename}; name the folder: --data FOLDER")
        return 0
    questions = {part.name: _sampled(part.questions, chosen.sample) for part in parts}
    bench, rows = Workbench(settings), list[Row]()
    with _bar(sum(map(len, questions.values()))) as advance:
        for part in parts:
            rows += run_questions(bench.assistant(part.sources), questions[part.name], progress=advance)
    report = Report(chosen.on, _described(settings), tuple(rows))
    _show(report, {source.id: source for part in parts for source in part.sources}, chosen, console)
    return 0 if chosen.compare is None else _compare(Report.read(chosen.compare).rows, rows, console, gate=False)


def _ablate(sources: Sequence[Source], questions: Sequence[Question], settings: Settings, console: Console) -> int:
    with _bar(ablation.PARTS * len(questions)) as advance:
        found = list(ablation.ablate(sources, questions, settings, progress=advance))
    text = (
        f"# What each part is worth\n\nWritten by `sco-qa eval --ablate` over {len(questions)} questions: the figures "
        "of the whole path, then how they move with one part off, with the 95% interval of a paired bootstrap; a "
        "difference that the choice of questions does not explain is bold.\n\n" + ablation.table(found)
    )
    ABLATIONS.parent.mkdir(parents=True, exist_ok=True)
    ABLATIONS.write_text(text, encoding="utf-8")
    console.print(text, highlight=False, markup=False)
    return 0


def _show(report: Report, sources: Mapping[str, Source], chosen: Namespace, console: Console) -> None:
    saved = chosen.save or SAVED.with_stem(f"eval-{chosen.on}" if chosen.on else SAVED.stem)
    report.write(saved)
    path = saved.with_suffix(".html")
    path.write_text(page.render(report, sources), encoding="utf-8")
    if chosen.json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        terminal.show(report, console)
        console.print(f"Every miss with its source: {path}", highlight=False)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("asking", total=total)
        yield lambda count: bars.advance(task, count)


def _sampled(questions: Sequence[Question], most: int | None) -> Sequence[Question]:
    return questions if most is None or most >= len(questions) else questions[:: -(-len(questions) // most)]


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
    return {**settings.for_ranking(), "threshold": settings.threshold}
