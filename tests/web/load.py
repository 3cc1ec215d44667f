"""How many questions one and two workers answer, and what more get: ``python -m tests.web.load`` (``make load``).

One Milvus Lite server holds the index; each worker is a ``sco-qa serve`` with its address. wrk asks over loopback, each
connection another gold question as soon as it has its reply, or after the second that a "busy" (429) asks for. Writes
the table of ``docs/milvus.md``. Needs wrk, and Linux, whose ``/proc`` tells what each process used of the processors.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from sco_qa.evaluation.cost import machine

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "milvus.md"
BEGIN, END = "<!-- written by make load -->\n", "<!-- end -->\n"
WORKERS, CONNECTIONS = (1, 2), (1, 4, 8, 32)
ASK = "/gradio_api/run/ask"
# Questions whose asker is gone are answered all the same; the next load waits until a worker has done with them.
PATIENCE_S = 120.0
HEAD = (
    "| workers | connections | answers a second | p50 ms | p95 ms | slowest ms | 429 | errors | reading | retrieving "
    "| cores, workers | cores, Milvus |\n" + "| ---: " * 12 + "|\n"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What wrk heard: the milliseconds of each answer and its timings, and how many were told something else.

    ``unanswered_ms`` says how long those had waited whose answer was still to come at the end.
    """

    answered_ms: tuple[float, ...]
    timings: tuple[Mapping[str, float], ...]
    busy: int
    errors: int
    unanswered_ms: tuple[float, ...]

    @classmethod
    def of(cls, said: str) -> Heard:
        """Read what ``load.lua`` wrote."""
        lines = [line.split(" ", 3) for line in said.splitlines()]
        replies = [(status, float(ms), timings) for _, status, ms, timings in (x for x in lines if x[0] == "reply")]
        answers = [(ms, json.loads(timings)) for status, ms, timings in replies if status == "200"]
        return cls(
            tuple(ms for ms, _ in answers),
            tuple(timings for _, timings in answers),
            busy=sum(status == "429" for status, *_ in replies),
            errors=sum(status not in {"200", "429"} for status, *_ in replies)
            + sum(int(line[1]) for line in lines if line[0] == "broken"),
            unanswered_ms=tuple(float(line[1]) for line in lines if line[0] == "unanswered"),
        )

    def share(self, stage: str) -> float:
        """Give the share of the answers' own time that a stage took, without what they waited for their turn."""
        return sum(t[stage] for t in self.timings) / sum(t["total"] for t in self.timings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load: who asked whom, for how long, what they heard, and the processors' seconds that it took."""

    workers: int
    connections: int
    seconds: float
    heard: Heard
    workers_cpu_s: float
    milvus_cpu_s: float

    def row(self) -> str:
        """Write it as a row of the table."""
        heard, start = self.heard, f"| {self.workers} | {self.connections} "
        slowest = max((*heard.answered_ms, *heard.unanswered_ms), default=0.0)
        rest = f"| {slowest:.0f} | {heard.busy} | {heard.errors} "
        cores = f"| {self.workers_cpu_s / self.seconds:.1f} | {self.milvus_cpu_s / self.seconds:.1f} |\n"
        if len(heard.answered_ms) < 2:  # nothing to take a percentile of
            return f"{start}| {len(heard.answered_ms) / self.seconds:.1f} | – | – {rest}| – | – {cores}"
        p50 = statistics.median(heard.answered_ms)
        p95 = statistics.quantiles(heard.answered_ms, n=20, method="inclusive")[-1]
        shares = f"| {heard.share('read'):.0%} | {heard.share('retrieve'):.0%} "
        return f"{start}| {len(heard.answered_ms) / self.seconds:.1f} | {p50:.0f} | {p95:.0f} {rest}{shares}{cores}"


def written(page: str, loads: Sequence[Load], kind: str) -> str:
    """Put the table in its place on the page."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    intro = f"On {kind}; wrk and Milvus Lite share them with the workers; {loads[0].seconds:.0f} s a row:\n\n"
    return f"{before}{BEGIN}{intro}{HEAD}{''.join(load.row() for load in loads)}{END}{after}"


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(*command: str, ready: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command until we are done with it, from the line on that says that it is ready."""
    together = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, "-m", *command], cwd=REPOSITORY, env=together, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            if not any(ready in line for line in process.stdout):
                raise SystemExit(f"make load: {' '.join(command)} did not start; what it said is above")
            yield process
        finally:
            process.terminate()


def cpu_s(pid: int) -> float:
    """Give the seconds of the processors that a process has used."""
    known = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(known[11]) + int(known[12])) / os.sysconf("SC_CLK_TCK")


def settle(port: int, body: str) -> None:
    """Wait until a worker answers, having done with whatever it was asked before; one that hangs ends the run."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        reply = httpx.post(
            f"http://127.0.0.1:{port}{ASK}",
            content=body,
            headers={"Content-Type": "application/json"},
            timeout=PATIENCE_S,
        )
        if reply.is_success:
            return
        time.sleep(1)
    raise SystemExit(f"make load: a worker gave no answer for {PATIENCE_S:.0f} s after a load")


def ask(ports: Sequence[int], connections: int, seconds: float, bodies: Path) -> Heard:
    """Let wrk ask."""
    done = subprocess.run(  # noqa: S603 - nothing in it is given from outside
        [
            *("wrk", "--threads", str(connections), "--connections", str(connections), "--duration", f"{seconds:.0f}s"),
            *("--timeout", f"{PATIENCE_S:.0f}s", "--script", str(Path(__file__).with_suffix(".lua"))),
            f"http://127.0.0.1:{ports[0]}{ASK}",
        ],
        env={**os.environ, "LOAD_PORTS": " ".join(map(str, ports)), "LOAD_QUESTIONS": str(bodies)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds + PATIENCE_S,
    )
    return Heard.of(done.stdout)


def measure(folder: Path, seconds: float, workers: Sequence[int], connections: Sequence[int]) -> Iterator[Load]:
    """Publish the index, serve it, and ask."""
    lines = (REPOSITORY / "evals" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.dumps({"data": [json.loads(line)["question"], []]}) for line in lines]
    bodies = folder / "questions.jsonl"
    bodies.write_text("\n".join(asked), encoding="utf-8")
    at = free_port()
    environment = {"SCO_QA_INDEX": str(folder / "index"), "SCO_QA_MILVUS_URI": f"http://127.0.0.1:{at}"}
    lite = ("milvus_lite", "server", "--data-dir", str(folder / "lite"), "--host", "127.0.0.1", "--port", str(at))
    with ExitStack() as stack:
        milvus = stack.enter_context(running(*lite, ready="listening", environment={}))
        with running("sco_qa", "build", ready=" passages ", environment=environment) as building:
            building.wait()  # the line says what is built and published
        (folder / "index").rename(folder / "unused")  # what is asked now is in Milvus
        serving: list[tuple[int, int]] = []
        for count in workers:
            while len(serving) < count:
                port = free_port()
                command = ("sco_qa", "serve", "--port", str(port))
                worker = stack.enter_context(running(*command, ready="The page is at", environment=environment))
                serving.append((port, worker.pid))
            ports = [port for port, _ in serving]
            for port in ports:
                settle(port, asked[0])
            for number in connections:
                before = [cpu_s(milvus.pid), *(cpu_s(pid) for _, pid in serving)]
                heard = ask(ports, number, seconds, bodies)
                used = [cpu_s(milvus.pid), *(cpu_s(pid) for _, pid in serving)]
                milvus_s, *workers_s = (now - then for now, then in zip(used, before, strict=True))
                yield Load(
                    workers=count,
                    connections=number,
                    seconds=seconds,
                    heard=heard,
                    workers_cpu_s=sum(workers_s),
                    milvus_cpu_s=milvus_s,
                )
                for port in ports:
                    settle(port, asked[0])


def main() -> None:
    """Measure, print each row as it comes, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each load lasts")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--output", type=Path, default=PAGE, help="the page that holds the table")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.exit(2, "make load: wrk is missing; install it: apt install wrk\n")
    sys.stdout.write(HEAD)
    loads = []
    with tempfile.TemporaryDirectory() as folder:
        for load in measure(Path(folder), chosen.seconds, sorted(chosen.workers), chosen.connections):
            loads.append(load)
            sys.stdout.write(load.row())
            sys.stdout.flush()
    page = chosen.output.read_text(encoding="utf-8")
    chosen.output.write_text(written(page, loads, machine()), encoding="utf-8")


if __name__ == "__main__":
    main()
