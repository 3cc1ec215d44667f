"""Speed beside other systems, medians of paired runs: ``python evals/bench/speed.py [BENCH_PYTHON] [--gate]``.

With ``BENCH_PYTHON`` (``make bench-speed``) beside the tutorial pipeline, txtai and Haystack, and how fast passages are
encoded; the table goes to ``docs/speed.md``. With ``--gate`` (``make gate-speed``) beside the tutorial pipeline alone,
which needs nothing that is not installed: it fails if cold start, a warm question or memory, each as a ratio to that
pipeline in the same run, is far above what was accepted in ``evals/speed.json`` (``make baseline-speed``). Accept only
what a quiet machine shows: PyTorch's threads wait for one another where others work, and ours then look far too good.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from compare import HERE, OTHERS, installed, run, sentences

from sco_qa import corpus
from sco_qa.evaluation import gold
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings

PAGE, ACCEPTED = Path("docs/speed.md"), Path("evals/speed.json")
ROUNDS = 5
TOLERANCE = 1.35
"""A ratio may be so many times the accepted one: pairs of runs on a machine with other work differ by a fifth."""
RATIOS = ("cold start", "warm p50", "memory")


@dataclass(slots=True)
class System:
    """A system's command and packages, and what each round measured of it."""

    name: str
    command: Sequence[str]
    python: str
    packages: Sequence[str]
    asked: Sequence[str]
    cold: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    warm: list[list[float]] = field(default_factory=list)

    def round(self) -> None:
        """Ask one question in a new process, then all of them in another."""
        _, seconds, megabytes = run(self.command, self.asked[0])
        self.cold.append(seconds)
        self.memory.append(megabytes)
        lines, _, _ = run(self.command, "\n".join(self.asked))
        self.warm.append([line["ms"] if "ms" in line else line["timings_ms"]["total"] for line in lines[1:]])

    def quantile(self, share: float) -> float:
        """Give a quantile of a warm question's milliseconds: the median of the rounds."""
        return statistics.median(float(np.quantile(ms, share)) for ms in self.warm)


def main() -> None:
    """Measure in turns, then write, accept or hold the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", nargs="?", help="the environment of the other systems")
    parser.add_argument("--gate", action="store_true", help="fail if a ratio grew")
    parser.add_argument("--accept", action="store_true", help="accept the ratios of this run")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--questions", type=int, default=40, help="warm questions in each round")
    chosen = parser.parse_args()
    others = list(OTHERS) if chosen.python else ["tutorial"]
    settings = Settings.from_environment()
    sources = list(corpus.load(settings.corpus))
    texts = {source.id: source.text for source in sources}
    asked = [q.question for q in gold.load(Path("evals/gold.jsonl"), sources)][:: 282 // chosen.questions]
    with tempfile.TemporaryDirectory() as folder:
        units = Path(folder) / "units.jsonl"
        lines = [json.dumps({"text": texts[p.source][p.span.start : p.span.end]}) for p in sentences(sources)]
        units.write_text("\n".join(lines) + "\n", encoding="utf-8")
        batch = [json.dumps({"id": i, "question": question}) for i, question in enumerate(asked)]
        ours = [sys.executable, "-m", "sco_qa", "ask", "--json", "--batch", "-"]
        systems = [System("**SCO QA**", ours, sys.executable, ["sco-qa"], batch)]
        for name in others:
            title, packages = OTHERS[name]
            python = chosen.python or sys.executable
            systems.append(System(title, [python, str(HERE / "systems.py"), name, str(units)], python, packages, asked))
        for system in systems:
            run(system.command, system.asked[0])  # not counted: it builds our index, and reads everything once
        for _ in range(chosen.rounds):
            for system in systems:
                system.round()
    ratios = ratios_of(systems[0], systems[1])
    for name, ratio in ratios.items():
        sys.stdout.write(f"{name}: {ratio:.3f} times the tutorial pipeline's\n")
    if chosen.accept:
        ACCEPTED.write_text(json.dumps(ratios, indent=1) + "\n", encoding="utf-8")
    elif chosen.gate:
        if not ACCEPTED.exists():
            raise SystemExit(f"{ACCEPTED} is not there; accept figures on a quiet machine first: make baseline-speed")
        hold(ratios, json.loads(ACCEPTED.read_text(encoding="utf-8")))
    else:
        write(systems, FaissIndex.load(settings.index).size / 1e6)


def ratios_of(ours: System, tutorial: System) -> dict[str, float]:
    """Give ours over the tutorial pipeline's, each the median of the rounds' ratios."""
    pairs = {
        "cold start": zip(ours.cold, tutorial.cold, strict=True),
        "warm p50": zip(*([statistics.median(ms) for ms in s.warm] for s in (ours, tutorial)), strict=True),
        "memory": zip(ours.memory, tutorial.memory, strict=True),
    }
    return {name: round(statistics.median(a / b for a, b in pair), 4) for name, pair in pairs.items()}


def hold(ratios: dict[str, float], accepted: dict[str, float]) -> None:
    """End with an error if a ratio is far above the accepted one."""
    grown = [f"{n} {ratios[n]:.3f}, accepted {accepted[n]:.3f}" for n in RATIOS if ratios[n] > TOLERANCE * accepted[n]]
    if grown:
        raise SystemExit(f"slower or larger beside the tutorial pipeline: {'; '.join(grown)}")


def build_rate() -> str:
    """Encode the same passages as sentence-transformers does, at its best batch size, and as a build does."""
    from sco_qa.encoder import PassageEncoder

    sources = list(corpus.load(Settings.from_environment().corpus))
    texts = [s.text[i : i + 700] for s in sources for i in range(0, len(s.text) - 700, 350)]
    encoder = PassageEncoder.load(Settings().encoder)
    model = encoder._model
    rates: dict[str, list[float]] = {}
    for _ in range(3):
        ways = {f"sentence-transformers, fp32, batches of {n}": n for n in (8, 16, 32, 64)}
        for name, size in [*ways.items(), ("a build", 0)]:
            started = time.perf_counter()
            if size:
                model.encode(texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False)
            else:
                encoder.encode(texts)
            rates.setdefault(name, []).append(len(texts) / (time.perf_counter() - started))
    rows = [f"| {name} | {statistics.median(found):.0f} |" for name, found in rates.items()]
    return "\n".join(["| encoding | passages a second |", "| --- | ---: |", *rows])


def write(systems: Sequence[System], index_mb: float) -> None:
    """Write the tables."""
    rows = []
    for system in systems:
        index = f"{index_mb:.0f}" if system is systems[0] else "–"
        rows.append(
            f"| {system.name} | {statistics.median(system.cold):.2f} | {system.quantile(0.5):.0f} / "
            f"{system.quantile(0.95):.0f} | {statistics.median(system.memory):.0f} | {index} "
            f"| {installed(system.python, system.packages):.0f} |"
        )
    rounds, warm = len(systems[0].cold), len(systems[0].asked) - 1
    text = f"""# Speed beside other systems

Written by `make bench-speed`: medians of {rounds} rounds in which every system is run in turn, on {os.cpu_count()}
cores ({platform.machine()}) that other work may have been using too. Cold start and memory are those of a new process
with one question: the others encode the sentences in it, SCO QA opens its index. Warm are {warm} questions a process;
the others look a sentence up, SCO QA also reads 20 passages.

| system | cold start s | warm p50 / p95 ms | memory MB | index MB | installed MB |
| --- | ---: | ---: | ---: | ---: | ---: |
{chr(10).join(rows)}

{build_rate()}
"""
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
