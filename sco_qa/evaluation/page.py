"""A report as one HTML page that needs nothing else: figures, plots, and every miss with its marked source."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

from sco_qa.evaluation import figures
from sco_qa.evaluation.figures import FIGURES
from sco_qa.evaluation.metrics import reliability, risk_coverage
from sco_qa.evaluation.report import KIND_COLUMNS, Report, outcomes
from sco_qa.evaluation.run import Outcome, Place, Row
from sco_qa.types import Source, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AROUND = 220
"""Characters shown before and after a marked place."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a source: ``expected``, ``given``, ``both``, or plain."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Part of a source with the expected and the given places marked."""

    source: Source
    pieces: tuple[Piece, ...]


def render(report: Report, sources: Mapping[str, Source]) -> str:
    """Give the page; ``sources`` are those that were asked, for the excerpts."""
    from jinja2 import Environment

    template = files("sco_qa.evaluation").joinpath("page.html").read_text(encoding="utf-8")
    kinds = figures.by_kind(report.rows)
    misses = [row for row in report.rows if row.outcome is not Outcome.RIGHT]
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(
        report=report,
        figures=[(f, report.figures[f.name]) for f in FIGURES if f.name in report.figures],
        columns=KIND_COLUMNS,
        kinds=[(kind, n, found) for kind, (n, found) in report.kinds.items()],
        outcomes=outcomes(report.rows),
        plots=_plots(report.rows, kinds),
        misses=[(row, _excerpts(row, sources)) for row in misses],
    )


def _excerpts(row: Row, sources: Mapping[str, Source]) -> list[Excerpt]:
    """Show where the answer was expected, and where the first answer was taken from."""
    expected = [place for place in row.places if place.source in sources]
    given = [Place(g.source, g.start, g.end) for g in row.given[:1] if g.source in sources]
    found = []
    for name in dict.fromkeys(place.source for place in (*given, *expected)):
        source = sources[name]
        marked = {
            "given": [Span(p.start, p.end) for p in given if p.source == name],
            "expected": [Span(p.start, p.end) for p in expected if p.source == name],
        }
        for window in _windows([span for spans in marked.values() for span in spans], source.text):
            pieces = _pieces(source.text, window, marked)
            before = [Piece("… ", "")] if window.start else []
            after = [Piece(" …", "")] if window.end < len(source.text) else []
            found.append(Excerpt(source, (*before, *pieces, *after)))
    return found


def _windows(spans: Sequence[Span], text: str) -> list[Span]:
    """Give the stretches of whole words to show around the marked spans, those that touch put together."""
    windows: list[Span] = []
    for span in sorted(spans):
        start, end = max(0, span.start - _AROUND), min(len(text), span.end + _AROUND)
        while start < span.start and start and not text[start - 1].isspace():
            start += 1
        while end > span.end and end < len(text) and not text[end].isspace():
            end -= 1
        window = Span(start, end)
        if windows and window.start <= windows[-1].end:
            window = Span(windows[-1].start, max(windows[-1].end, window.end))
            windows.pop()
        windows.append(window)
    return windows


def _pieces(text: str, window: Span, marked: Mapping[str, Sequence[Span]]) -> list[Piece]:
    inside = [s for spans in marked.values() for s in spans if window.holds(s)]
    borders = sorted({window.start, window.end, *(s.start for s in inside), *(s.end for s in inside)})
    pieces = []
    for start, end in pairwise(borders):
        kinds = [kind for kind, spans in marked.items() if any(s.holds(Span(start, end)) for s in spans)]
        pieces.append(Piece(text[start:end], "both" if len(kinds) == 2 else "".join(kinds)))
    return pieces


def _plots(rows: Sequence[Row], kinds: Mapping[str, Sequence[Row]]) -> list[str]:
    """Draw risk over coverage, reliability, figures by kind and latency by stage, each as an SVG element."""

    def risk(axes: Axes) -> None:
        coverage, share = risk_coverage([r.confidence for r in rows], [r.right for r in rows])
        axes.plot(coverage, share)
        answered = sum(row.answered for row in rows) / len(rows)
        axes.axvline(answered, linestyle=":", color="grey")
        axes.set(title="Risk and coverage", xlabel="share of questions answered (dotted: as shipped)")
        axes.set(ylabel="share of those that are wrong", ylim=(0, 1), xlim=(0, 1))

    def calibration(axes: Axes) -> None:
        bins = reliability([r.confidence for r in rows], [r.right for r in rows])
        axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
        axes.scatter(
            [mean for mean, _, _ in bins], [share for _, share, _ in bins], [4 * n for _, _, n in bins], clip_on=False
        )
        axes.set(title="Reliability", xlabel="confidence (a larger dot: more questions)")
        axes.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))

    def per_kind(axes: Axes) -> None:
        shares = [
            sum(r.right if r.answerable else not r.answered for r in members) / len(members)
            for members in kinds.values()
        ]
        axes.barh([f"{kind} ({len(members)})" for kind, members in kinds.items()], shares)
        axes.invert_yaxis()
        axes.set(title="Right by kind", xlabel="share right (of unanswerable ones: recognised)", xlim=(0, 1))

    def stages(axes: Axes) -> None:
        names = [name for name in rows[0].timings_ms if name != "total"] if rows else []
        axes.boxplot([[r.timings_ms[name] for r in rows] for name in names], orientation="horizontal", showfliers=False)
        axes.set_yticks(range(1, len(names) + 1), names)
        axes.set(title="Latency by stage", xlabel="milliseconds")

    return [_svg(draw) for draw in (risk, calibration, per_kind, stages)]


def _svg(draw: Callable[[Axes], None]) -> str:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "sco-qa", "font.size": 9}):
        figure = Figure(figsize=(5, 3.4), layout="constrained")
        draw(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
