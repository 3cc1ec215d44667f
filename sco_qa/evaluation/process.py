"""A command run in a process of its own: what it printed, how long it took, and its largest resident memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Linux counts what a process was before it became another program as that program's memory: a child of ours would begin
# with our own peak. So a small process stands between, and the child begins with the few megabytes of that one.
_BETWEEN = """
import json, os, sys, time
report, *command = sys.argv[1:]
started = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(command[0], command, os.environ), 0)
seconds = time.perf_counter() - started
with open(report, "w") as file:
    json.dump({"seconds": seconds, "maxrss": usage.ru_maxrss, "status": os.waitstatus_to_exitcode(status)}, file)
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed on standard output and how it ended, its seconds, and its peak memory in MB."""

    output: str
    status: int
    seconds: float
    peak_memory_mb: float


def run(command: Sequence[str], *, given: str = "", environment: Mapping[str, str] | None = None) -> Ran:
    """Run ``command`` with ``given`` on its standard input and ``environment`` beside our own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(  # noqa: S603 - a command of our own
            [sys.executable, "-I", "-S", "-c", _BETWEEN, str(report), *command],
            input=given,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, **(environment or {})},
            check=True,
        )
        said = json.loads(report.read_text(encoding="utf-8"))
    megabytes = said["maxrss"] / (1e6 if sys.platform == "darwin" else 1024)  # bytes there, KiB elsewhere
    return Ran(done.stdout, said["status"], said["seconds"], megabytes)
