"""What asking costs in a process of its own: cold start and memory, as the operating system counts them."""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import dataclass

from sco_qa import openvino, processor
from sco_qa.evaluation import process
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings

_RUNS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of several runs: seconds from start to answer, the largest resident memory, and the index on disk."""

    cold_start_s: float
    peak_memory_mb: float
    index_mb: float


def measure(settings: Settings, question: str) -> Cost:
    """Ask one question in new processes, one after another, on files that the system has read before."""
    command = [sys.executable, "-m", "sco_qa", "ask", "--json", question]
    runs = [process.run(command, environment=settings.environment()) for _ in range(_RUNS)]
    for ran in runs:
        json.loads(ran.output)  # else what was measured is no answer
    return Cost(
        cold_start_s=statistics.median(ran.seconds for ran in runs),
        peak_memory_mb=statistics.median(ran.peak_memory_mb for ran in runs),
        index_mb=FaissIndex.load(settings.index).size / 1e6,
    )


def machine() -> str:
    """Name the kind of machine that figures were taken on: how many cores, of what, and what they are fastest in."""
    return f"{processor.cores()} cores of {processor.name()}, {openvino.precision()}"
