"""Speed beside other systems, medians of paired runs: ``python evals/bench/speed.py BENCH_PYTHON | --gate | …``.

With ``BENCH_PYTHON`` (``make bench-speed``) beside the tutorial pipeline, txtai and Haystack, and how fast passages are
encoded (``--build``: that alone); the table goes to ``docs/speed.md``. With ``--gate`` (``make gate-speed``) beside the
tutorial pipeline alone, which needs nothing but what is installed for SCO QA: it fails if cold start, a warm question
or memory, each as a ratio to that pipeline in the same run, is far above what ``--accept`` (``make baseline-speed``)
wrote to ``evals/speed.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from compare import HERE, OTHERS, installed, run, sentences

from sco_qa import corpus
from sco_qa.encoder import PassageEncoder
from sco_qa.evaluation import gold
from sco_qa.evaluation.cost import machine
from sco_qa.exporting import path_of
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings

PAGE, ACCEPTED = Path("docs/speed.md"), Path("evals/speed.json")
ROUNDS, QUESTIONS = 5, 40
BUILD = "a build"
HEADING = "\n\n## "
GATE_ROUNDS, ACCEPT_ROUNDS, GATE_QUESTIONS, GATE_SENTENCES = 3, 7, 8, 100
"""For the gate: few, so that it takes well under a minute."""
ONE_THREAD = {"SCO_QA_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""For the gate: PyTorch's threads wait for one another where others work, and ours then look far too good. With one
thread each, a busy machine slows both alike, and it does not matter how many cores there are."""
TOLERANCE = 1.5
"""A ratio may be so many times the accepted one: far enough from the spread of ratios between runs, and well below what
twice as slow or twice as large would be."""


@dataclass(slots=True)
class System:
    """A system's command and packages, and what each round measured of it."""

    name: str
    command: Sequence[str]
    python: str
    packages: Sequence[str]
    asked: Sequence[str]
    run: Callable[[Sequence[str], str], tuple[list[dict[str, Any]], float, float]] = run
    cold: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    warm: list[list[float]] = field(default_factory=list)

    def round(self) -> None:
        """Ask one question in a new process, then all of them in another."""
        _, seconds, megabytes = self.run(self.command, self.asked[0])
        self.cold.append(seconds)
        self.memory.append(megabytes)
        lines, _, _ = self.run(self.command, "\n".join(self.asked))
        self.warm.append(milliseconds(lines[1:]))

    def short_round(self) -> None:
        """Ask all questions in one new process; what it took but for those behind the first was its cold start."""
        lines, seconds, megabytes = self.run(self.command, "\n".join(self.asked))
        self.warm.append(milliseconds(lines[1:]))
        self.cold.append(seconds - sum(self.warm[-1]) / 1000)
        self.memory.append(megabytes)

    def quantile(self, share: float) -> float:
        """Give a quantile of a warm question's milliseconds: the median of the rounds."""
        return statistics.median(float(np.quantile(ms, share)) for ms in self.warm)


def milliseconds(lines: Iterable[dict[str, Any]]) -> list[float]:
    """Give what each question took, by the system itself."""
    return [line["ms"] if "ms" in line else line["timings_ms"]["total"] for line in lines]


def main() -> None:
    """Measure in turns, then write, accept or hold the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("python", nargs="?", help="the environment of the other systems")
    chosen.add_argument("--gate", action="store_true", help="fail if a ratio grew")
    chosen.add_argument("--accept", action="store_true", help="accept the ratios of this run")
    chosen.add_argument("--build", action="store_true", help="show how fast passages are encoded, and nothing else")
    options = parser.parse_args()
    if options.build:
        sys.stdout.write(f"{build_rate()}\n")
        return
    if options.gate and not ACCEPTED.exists():
        raise SystemExit(f"{ACCEPTED} is not there; accept figures first: make baseline-speed")
    if options.python is None:
        os.environ.update(ONE_THREAD)
    with tempfile.TemporaryDirectory() as folder:
        if options.python is not None:
            compared = systems(Path(folder), options.python, list(OTHERS), QUESTIONS)
            for system in compared:
                system.run(system.command, system.asked[0])  # not counted: it reads everything from the disk once
            for _ in range(ROUNDS):
                for system in compared:
                    system.round()
            write(compared, FaissIndex.load(Settings.from_environment().index).size / 1e6)
            return
        ours, tutorial = systems(Path(folder), sys.executable, ["tutorial"], GATE_QUESTIONS, GATE_SENTENCES)
        ours.run(ours.command, ours.asked[0])  # not counted: it builds the index if there is none
        ratios = compare(ours, tutorial, ACCEPT_ROUNDS if options.accept else GATE_ROUNDS)
    for name, ratio in ratios.items():
        sys.stdout.write(f"{name}: {ratio:.3f} times the tutorial pipeline's\n")
    if options.accept:
        ACCEPTED.write_text(json.dumps(ratios, indent=1) + "\n", encoding="utf-8")
    else:
        hold(ratios, json.loads(ACCEPTED.read_text(encoding="utf-8")))


def systems(
    folder: Path, python: str, others: Sequence[str], questions: int, most_sentences: int | None = None
) -> list[System]:
    """Make ours and the others, which get the sentences of the same documents, and gold questions for all of them."""
    sources = list(corpus.load(Settings.from_environment().corpus))
    texts = {source.id: source.text for source in sources}
    gold_questions = [q.question for q in gold.load(Path("evals/gold.jsonl"), sources)]
    asked = gold_questions[:: len(gold_questions) // questions][:questions]
    units = folder / "units.jsonl"
    places = sentences(sources)[:most_sentences]
    lines = [json.dumps({"text": texts[p.source][p.span.start : p.span.end]}) for p in places]
    units.write_text("\n".join(lines) + "\n", encoding="utf-8")
    batch = [json.dumps({"id": i, "question": question}) for i, question in enumerate(asked)]
    command = [sys.executable, "-m", "sco_qa", "ask", "--json", "--batch", "-"]
    made = [System("**SCO QA**", command, sys.executable, ["sco-qa"], batch)]
    for name in others:
        title, packages = OTHERS[name]
        made.append(System(title, [python, str(HERE / "systems.py"), name, str(units)], python, packages, asked))
    return made


def compare(ours: System, tutorial: System, rounds: int) -> dict[str, float]:
    """Run both in turn, and give ours over the tutorial pipeline's: the median of the rounds' ratios."""
    for _ in range(rounds):
        ours.short_round()
        tutorial.short_round()
    pairs = {
        "cold start": zip(ours.cold, tutorial.cold, strict=True),
        "warm p50": zip(*([statistics.median(ms) for ms in s.warm] for s in (ours, tutorial)), strict=True),
        "memory": zip(ours.memory, tutorial.memory, strict=True),
    }
    return {name: round(statistics.median(a / b for a, b in pair), 4) for name, pair in pairs.items()}


def hold(ratios: dict[str, float], accepted: dict[str, float]) -> None:
    """End with an error if a ratio is far above the accepted one."""
    grown = [
        f"{n} {ratios[n]:.3f}, accepted {accepted[n]:.3f}" for n in accepted if ratios[n] > TOLERANCE * accepted[n]
    ]
    if grown:
        raise SystemExit(f"slower or larger beside the tutorial pipeline: {'; '.join(grown)}")


def build_rate() -> str:
    """Encode the same passages as sentence-transformers does, at each batch size, and as a build does, in turn.

    Where other work is going on, ``OMP_NUM_THREADS=1 SCO_QA_THREADS=1`` slows both alike.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    settings = Settings.from_environment()
    sources = list(corpus.load(settings.corpus))
    texts = [s.text[i : i + 700] for s in sources for i in range(0, len(s.text) - 700, 150)]
    asked = [q.question for q in gold.load(Path("evals/gold.jsonl"), sources)]
    model = SentenceTransformer(path_of(settings.encoder), device="cpu")
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        encoder = PassageEncoder.load(settings.encoder, Path(folder) / "exports", threads=settings.threads)
        for _ in range(3):
            ways = {f"sentence-transformers, fp32, batches of {n}": n for n in (8, 16, 32, 64)}
            for name, size in [*ways.items(), (BUILD, 0)]:
                started = time.perf_counter()
                if size:
                    exact = model.encode(texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False)
                else:
                    ours = encoder.encode(texts)
                rates.setdefault(name, []).append(len(texts) / (time.perf_counter() - started))
    questions = model.encode_query(asked, normalize_embeddings=True, show_progress_bar=False)
    nearest, found = (np.argsort(-questions @ vectors.T, axis=1, kind="stable")[:, :10] for vectors in (exact, ours))
    recall = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(nearest, found, strict=True)])
    pairs = zip(*(rates[name] for name in rates if name != BUILD), strict=True)
    ratio = statistics.median(mine / max(theirs) for mine, theirs in zip(rates[BUILD], pairs, strict=True))
    rows = [f"| {name} | {statistics.median(found):.0f} |" for name, found in rates.items()]
    return "\n".join(
        [
            "| encoding | passages a second |",
            "| --- | ---: |",
            *rows,
            "",
            f"A build encodes {ratio:.1f} times the passages a second of sentence-transformers at its best batch size;",
            f"of the 10 nearest passages of {len(asked)} questions in full precision it has {recall:.3f}.",
        ]
    )


def write(systems: Sequence[System], index_mb: float) -> None:
    """Write the tables to the page, in place of those that a processor of this kind gave before."""
    rows = []
    for system in systems:
        index = f"{index_mb:.0f}" if system is systems[0] else "–"
        rows.append(
            f"| {system.name} | {statistics.median(system.cold):.2f} | {system.quantile(0.5):.0f} / "
            f"{system.quantile(0.95):.0f} | {statistics.median(system.memory):.0f} | {index} "
            f"| {installed(system.python, system.packages):.0f} |"
        )
    rounds, warm = len(systems[0].cold), len(systems[0].asked) - 1
    part = f"""{machine()}

Medians of {rounds} rounds. Warm are {warm} questions a process; SCO QA read {Settings().read} passages for each.

| system | cold start s | warm p50 / p95 ms | memory MB | index MB | installed MB |
| --- | ---: | ---: | ---: | ---: | ---: |
{chr(10).join(rows)}

{build_rate()}
"""
    PAGE.write_text(with_part(PAGE.read_text(encoding="utf-8"), part), encoding="utf-8")
    sys.stdout.write(part)


def with_part(page: str, part: str) -> str:
    """Put a part, which begins with its heading, in the place of the page's part with that heading, or at its end."""
    introduction, *parts = page.split(HEADING)
    by_heading = {known.split("\n", 1)[0]: known for known in [*parts, part]}
    return HEADING.join([introduction.strip(), *(known.strip() for known in by_heading.values())]) + "\n"


if __name__ == "__main__":
    main()
