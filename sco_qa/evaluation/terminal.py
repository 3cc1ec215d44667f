"""A report as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from sco_qa.evaluation import figures
from sco_qa.evaluation.figures import FIGURES, Change
from sco_qa.evaluation.report import KIND_COLUMNS, Report, outcomes
from sco_qa.evaluation.run import Row


def show(report: Report, console: Console) -> None:
    """Print every figure with its interval, the figures by kind, where questions were lost, and what it cost."""
    console.print(f"\n[bold]{report.name}[/bold]: {len(report.rows)} questions\n", highlight=False)
    console.print(_figures(report))
    if len(report.kinds) > 1:
        console.print(_kinds(report))
    lost = ", ".join(f"{n} {outcome}" for outcome, n in outcomes(report.rows).items())
    console.print(f"What became of the questions: {lost}", highlight=False)
    stages = ", ".join(f"{stage} {p50:.0f}/{p95:.0f}" for stage, (p50, p95) in figures.latency(report.rows).items())
    console.print(f"Milliseconds, median/95th percentile: {stages}", highlight=False)
    if report.cost is not None:
        console.print(
            f"A new process answers after {report.cost.cold_start_s:.2f} s and takes "
            f"{report.cost.peak_memory_mb:.0f} MB; "
            f"the index takes {report.cost.index_mb:.1f} MB",
            highlight=False,
        )


def show_changes(changes: Sequence[Change], before: Sequence[Row], after: Sequence[Row], console: Console) -> None:
    """Print what changed between two runs: the headline figures, then the questions won and lost."""
    table = Table("figure", "before", "after", "change", "95% interval", "")
    for change in changes:
        table.add_row(
            change.figure.name,
            f"{change.before:.3f}",
            f"{change.after:.3f}",
            f"{change.after - change.before:+.3f}",
            f"{change.low:+.3f} … {change.high:+.3f}",
            "[red]worse[/red]" if change.worse else "",
        )
    console.print(table)
    old = {row.id: row for row in before}
    moved = [(old[row.id], row) for row in after if row.id in old and old[row.id].outcome is not row.outcome]
    for was, now in moved:
        console.print(f"{now.id}: {was.outcome} → {now.outcome}: {now.question}", highlight=False, markup=False)
    new = sum(row.id not in old for row in after)
    console.print(f"{len(moved)} questions changed, {new} are new, {len(after)} in all", highlight=False)


def _figures(report: Report) -> Table:
    table = Table("stage", "figure", box=SIMPLE)
    for heading in ("value", "95% interval", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    found = report.figures
    stage = ""
    for figure in FIGURES:
        if (value := found.get(figure.name)) is None:
            continue
        interval = f"{value.low:.3f} – {value.high:.3f}"
        table.add_row(
            figure.stage if figure.stage != stage else "", figure.name, f"{value.value:.3f}", interval, str(value.n)
        )
        stage = figure.stage
    return table


def _kinds(report: Report) -> Table:
    table = Table("kind", box=SIMPLE, padding=(0, 1, 0, 0))
    for heading in ("n", *KIND_COLUMNS):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind, (n, found) in report.kinds.items():
        cells = [f"{found[name].value:.2f}" if name in found else "–" for name in KIND_COLUMNS]
        table.add_row(kind, str(n), *cells)
    return table
