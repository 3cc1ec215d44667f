"""SCO QA beside other systems, in one run: ``python evals/bench/compare.py BENCH_PYTHON`` (``make bench``).

The same documents, cut into the same sentences, the same encoder and the same gold questions. The others answer with a
sentence, SCO QA with the words in it. The table goes to ``docs/bench.md``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sco_qa import corpus, passages
from sco_qa.evaluation import gold, process
from sco_qa.evaluation.gold import Evidence, Question
from sco_qa.evaluation.metrics import auroc, f1, mean_interval
from sco_qa.settings import Settings
from sco_qa.types import Source, Span

HERE = Path(__file__).parent
PAGE = Path("docs/bench.md")
COLD_RUNS = 3
OTHERS = {
    "tutorial": ("tutorial (dense, nearest sentence)", ["sentence-transformers", "torch"]),
    "bm25": ("BM25 alone", ["rank-bm25"]),
    "txtai": ("txtai, hybrid", ["txtai", "torch"]),
    "haystack": ("Haystack, hybrid", ["haystack-ai", "sentence-transformers-haystack", "torch"]),
}
# The size of a package with all that it needs, as installed.
SIZE = """
import re, sys
from importlib.metadata import PackageNotFoundError, distribution
seen, todo, total = set(), sys.argv[1:], 0
while todo:
    name = re.split(r"[^A-Za-z0-9_.-]", todo.pop())[0].lower().replace("_", "-")
    if name in seen:
        continue
    seen.add(name)
    try:
        found = distribution(name)
    except PackageNotFoundError:
        continue
    total += sum(p.stat().st_size for f in found.files or () if (p := found.locate_file(f)).is_file())
    todo += [r for r in found.requires or () if "extra ==" not in r]
print(total)
"""


@dataclass(frozen=True, slots=True)
class Replied:
    """What a system said to one question: places, best first, with the first one's words and score."""

    places: tuple[Evidence, ...]
    text: str
    score: float
    ms: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A system with its replies, and what it costs: seconds to the first reply, resident memory, installed size."""

    name: str
    replies: tuple[Replied, ...]
    cold_start_s: float
    peak_memory_mb: float
    installed_mb: float


def run(command: Sequence[str], questions: str) -> tuple[list[dict[str, Any]], float, float]:
    """Run a process that answers lines with lines; give those, its seconds and its largest resident memory in MB."""
    ran = process.run(command, given=questions)
    if ran.status:
        raise SystemExit(f"{' '.join(command[:3])} ended with {ran.status}")
    return [json.loads(line) for line in ran.output.splitlines()], ran.seconds, ran.peak_memory_mb


def measure_other(python: str, name: str, units: Path, places: Sequence[Evidence], asked: Sequence[str]) -> Measured:
    """Ask another system every question, then one question in new processes."""
    title, packages = OTHERS[name]
    command = [python, str(HERE / "systems.py"), name, str(units)]
    texts = [json.loads(line)["text"] for line in units.read_text(encoding="utf-8").splitlines()]
    lines, _, memory = run(command, "\n".join(asked))
    replies = []
    for line in lines:
        found = line["units"]
        cited = tuple(places[unit] for unit in found)
        replies.append(Replied(cited, texts[found[0]] if found else "", float(line["score"]), float(line["ms"])))
    cold = statistics.median(run(command, asked[0])[1] for _ in range(COLD_RUNS))
    return Measured(title, tuple(replies), cold, memory, installed(python, packages))


def measure_ours(asked: Sequence[Question]) -> Measured:
    """Ask SCO QA every question through its command line, then one question in new processes."""
    command = [sys.executable, "-m", "sco_qa", "ask", "--json", "--batch", "-"]
    batch = [json.dumps({"id": q.id, "question": q.question, "history": q.history}) for q in asked]
    run(command, batch[0])  # builds the index if there is none
    lines, _, memory = run(command, "\n".join(batch))
    replies = []
    for line in lines:
        cited = [
            Evidence(citation["source"], Span(citation["sentence"]["start"], citation["sentence"]["end"]))
            for citation in (answer["citation"] for answer in line["answers"])
        ]
        text = line["answers"][0]["text"] if line["answers"] else ""
        replies.append(Replied(tuple(cited), text, line["confidence"], line["timings_ms"]["total"]))
    cold = statistics.median(run(command, batch[0])[1] for _ in range(COLD_RUNS))
    return Measured("**SCO QA**", tuple(replies), cold, memory, installed(sys.executable, ["sco-qa"]))


def installed(python: str, packages: Sequence[str]) -> float:
    """Give the size in MB of packages with all that they need, in the environment of ``python``."""
    done = subprocess.run([python, "-c", SIZE, *packages], capture_output=True, check=True, encoding="utf-8")  # noqa: S603
    return int(done.stdout) / 1e6


def row(system: Measured, asked: Sequence[Question]) -> str:
    """Give the table's row of a system."""
    pairs = [(q, r) for q, r in zip(asked, system.replies, strict=True) if q.answerable]

    def cites(question: Question, places: Sequence[Evidence]) -> float:
        return float(any(p.source == e.source and p.span.overlap(e.span) for p in places for e in question.evidence))

    means = [
        np.array([cites(q, r.places[:1]) for q, r in pairs]),
        np.array([cites(q, r.places[:3]) for q, r in pairs]),
        np.array([f1(r.text, q.answers) for q, r in pairs]),
    ]
    cells = []
    for values in means:
        low, high = mean_interval(values)
        cells.append(f"{values.mean():.2f} ({low:.2f}–{high:.2f})")
    scores, answerable = [r.score for r in system.replies], [q.answerable for q in asked]
    p50, p95 = np.quantile([r.ms for r in system.replies], [0.5, 0.95])
    cells += [f"{auroc(scores, answerable):.2f}", f"{p50:.0f} / {p95:.0f}", f"{system.cold_start_s:.1f}"]
    cells += [f"{system.peak_memory_mb:.0f}", f"{system.installed_mb:.0f}"]
    return f"| {system.name} | {' | '.join(cells)} |"


def sentences(sources: Sequence[Source]) -> list[Evidence]:
    """List every sentence of the sources once."""
    split = passages.split(sources, words=100, overlap=0)
    return [Evidence(passage.source, sentence) for passage in split for sentence in passage.sentences]


def main() -> None:
    """Measure every system and write the table."""
    python, settings = sys.argv[1], Settings.from_environment()
    sources = list(corpus.load(settings.corpus))
    asked = gold.load(Path("evals/gold.jsonl"), sources)
    texts = {source.id: source.text for source in sources}
    places = sentences(sources)
    with tempfile.TemporaryDirectory() as folder:
        units = Path(folder) / "units.jsonl"
        lines = [json.dumps({"text": texts[p.source][p.span.start : p.span.end]}) for p in places]
        units.write_text("\n".join(lines) + "\n", encoding="utf-8")
        # a follow-up reaches systems that know no history behind the question that it follows
        full = [" ".join([*q.history[-1:], q.question]) for q in asked]
        systems = [measure_ours(asked)]
        systems += [measure_other(python, name, units, places, full) for name in OTHERS]
    table = [
        "| system | evidence@1 | evidence@3 | F1 | AUROC | p50 / p95 ms | cold start s | memory MB | installed MB |",
        "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *(row(system, asked) for system in systems),
    ]
    text = f"""# Beside other systems

Written by `make bench` over {len(asked)} gold questions and {len(places)} sentences, on one machine in one run. All get
the same sentences and the same encoder, and none has a generative model. The others answer with a whole sentence, so
their F1 is low by design: compare evidence. Intervals are 95% bootstrap. AUROC says whether the score tells questions
that the sources answer from those that they do not. Cold start is a new process to its first answer: the others encode
the sentences in it, SCO QA opens its index. Installed is the package with all that it needs.

{chr(10).join(table)}
"""
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
