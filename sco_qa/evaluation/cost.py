"""What asking costs in a process of its own: cold start and memory, as the operating system counts them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

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
    """Ask one question in a new process, several times, after one run that is not counted."""
    command = [sys.executable, "-m", "sco_qa", "ask", "--json", question]
    chosen = {"SCO_QA_CORPUS": str(settings.corpus), "SCO_QA_INDEX": str(settings.index)}
    runs = [_run(command, {**os.environ, **chosen}) for _ in range(1 + _RUNS)][1:]
    return Cost(
        cold_start_s=statistics.median(seconds for seconds, _ in runs),
        peak_memory_mb=statistics.median(megabytes for _, megabytes in runs),
        index_mb=FaissIndex.load(settings.index).size / 1e6,
    )


def _run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    started = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own command
        if process.stdout is None:
            raise RuntimeError("a process with a pipe has no output")
        json.loads(process.stdout.read())
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1024)  # bytes there, KiB elsewhere
    return time.perf_counter() - started, megabytes
