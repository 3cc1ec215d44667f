"""Ablations: each part of the path off in turn, over the same questions, with what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sco_qa.assistant import Assistant
from sco_qa.confidence import Confidence, Features
from sco_qa.evaluation import figures
from sco_qa.evaluation.figures import FIGURES, Change
from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.run import Row, run
from sco_qa.evaluation.workbench import Workbench
from sco_qa.settings import Settings
from sco_qa.types import Source

SHOWN = ("hit@1", "hit@5", "evidence@1", "right@1", "AUROC", "ECE")
_READER_ALONE = Confidence(0.0, {f: float(f == "read") for f in Features.__slots__}, {})
"""What confidence is without calibration: the reader's score as log odds."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """A part that was off, and how the figures moved."""

    name: str
    rows: tuple[Row, ...]
    changes: tuple[Change, ...]


def ablate(
    sources: Sequence[Source],
    questions: Sequence[Question],
    settings: Settings,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Ablation]:
    """Run the whole path first, then with each part off."""
    bench = Workbench(settings)

    def asked(assistant: Assistant) -> tuple[Row, ...]:
        return tuple(run(assistant, questions, progress=progress))

    whole = asked(bench.assistant(sources))
    yield Ablation("nothing off", whole, ())
    off = {
        "title and heading before the encoded text": replace(settings, context=False),
        "overlap of passages": replace(settings, overlap_words=0),
        "BM25": replace(settings, dense_weight=1.0),
        "dense vectors": replace(settings, dense_weight=0.0),
        "reading more than the first passage": replace(settings, read=1),
        "the year that the question names": replace(settings, year_weight=0.0),
        "the retrieval score in the ranking of answers": replace(settings, retrieval_weight=0.0),
        "understanding follow-ups": replace(settings, follow_ups=False),
        "mending slips of the keyboard": replace(settings, spelling=False),
        "abbreviations": replace(settings, abbreviations=False),
    }
    for name, without in off.items():
        yield _compared(name, whole, asked(bench.assistant(sources, settings=without)))
    yield _compared("calibration", whole, asked(bench.assistant(sources, confidence=_READER_ALONE)))
    precise = Workbench(settings, int8=False)
    yield _compared("8 bits in the encoder of questions", whole, asked(precise.assistant(sources)))


PARTS = 13
"""How many runs :func:`ablate` makes."""


def table(ablations: Sequence[Ablation]) -> str:
    """Give the ablations as a Markdown table: the figures of the whole, then each difference with its interval."""
    lines = [f"| off | {' | '.join(SHOWN)} |", f"| --- |{' ---: |' * len(SHOWN)}"]
    for ablation in ablations:
        changed = {change.figure.name: change for change in ablation.changes}
        cells = []
        for figure in (f for name in SHOWN for f in FIGURES if f.name == name):
            if change := changed.get(figure.name):
                difference = f"{change.after - change.before:+.3f}"
                sure = "**" if change.low > 0 or change.high < 0 else ""
                cells.append(f"{sure}{difference}{sure} ({change.low:+.3f} … {change.high:+.3f})")
            else:
                value = figures.estimate(figure, ablation.rows)
                cells.append("–" if value is None else f"{value.value:.3f}")
        lines.append(f"| {ablation.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _compared(name: str, whole: Sequence[Row], rows: tuple[Row, ...]) -> Ablation:
    shown = [figure for figure in FIGURES if figure.name in SHOWN]
    return Ablation(name, rows, tuple(figures.changes(whole, rows, shown)))
