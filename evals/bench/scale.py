"""What retrieval costs as a collection grows: ``python evals/bench/scale.py DATA [SIZE …]`` (``make bench-scale``).

Every paragraph of the training and test data, as far as it goes; beyond, copies of those real texts with perturbed
copies of their real vectors (cosine 0.8, aside in directions in which passages differ). Encoded by the 8-bit encoder.
Each size is built and asked in processes of its own. Table and plot go to ``docs/scale.md`` and ``docs/scale.png``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_qa import lexical, store, vectors
from sco_qa.encoder import OnnxEncoder, PassageEncoder
from sco_qa.evaluation import process
from sco_qa.index import FaissIndex
from sco_qa.lexical import Bm25
from sco_qa.onnx import number_of_threads
from sco_qa.retrieval import fuse
from sco_qa.settings import Settings
from sco_qa.store import Generation
from sco_qa.vectors import Vectors

PAGE, PLOT = Path("docs/scale.md"), Path("docs/scale.png")
SIZES = (10_000, 100_000, 1_000_000)
QUESTIONS, COSINE, CHUNK = 400, 0.8, 50_000


def main() -> None:
    """Measure each size, then write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--real", type=int, help="read so many paragraphs (default: all there are)")
    parser.add_argument("--work", type=Path, default=Path(".bench-scale"), help="what was encoded is kept there")
    parser.add_argument(
        "--step", choices=("build", "exact", "ask"), help="one step of one size, in a process of its own"
    )
    chosen = parser.parse_args()
    if chosen.step is not None:
        step = {"build": build, "exact": exact, "ask": ask}[chosen.step]
        print(json.dumps(step(chosen.work, chosen.sizes[0])))  # noqa: T201
        return
    prepare(chosen.data, chosen.work, chosen.real)
    rows = []
    for size in chosen.sizes:
        command = [sys.executable, __file__, str(chosen.data), str(size), "--work", str(chosen.work), "--step"]
        built, _, asked = (process.run([*command, name]) for name in ("build", "exact", "ask"))
        row = {"passages": size, **json.loads(built.output), **json.loads(asked.output)}
        rows.append({**row, "build_memory_mb": built.peak_memory_mb, "memory_mb": asked.peak_memory_mb})
        sys.stdout.write(json.dumps(rows[-1]) + "\n")
    write(rows, len(np.load(chosen.work / "real.npy", mmap_mode="r")))


def prepare(data: Path, work: Path, most: int | None) -> None:
    """Read the paragraphs and some questions, and encode them, unless that was done before."""
    if (work / "real.npy").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    paragraphs: dict[str, None] = {}
    questions: dict[str, None] = {}
    for path in sorted(data.glob("reader_*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for entry in map(json.loads, lines):
                paragraphs[" ".join(entry["context"].split())] = None
                questions.update((q["question"], None) for q in entry["qas"] if q["answers"])
    random = np.random.default_rng(0)
    if most is not None:
        paragraphs = dict.fromkeys(random.choice(np.array(list(paragraphs)), most, replace=False).tolist())
    drawn = random.choice(np.array(list(questions)), QUESTIONS, replace=False).tolist()
    with tempfile.TemporaryDirectory() as folder:
        PassageEncoder.load(Settings().encoder).export(Path(folder))
        encoder = OnnxEncoder.load(Path(folder), threads=1)
        with ThreadPoolExecutor(number_of_threads(0)) as pool:
            encoded = [np.concatenate(list(pool.map(lambda t: encoder.encode([t]), t))) for t in (drawn, paragraphs)]
    (work / "texts.jsonl").write_text("".join(json.dumps(text) + "\n" for text in paragraphs), encoding="utf-8")
    (work / "questions.json").write_text(json.dumps(drawn), encoding="utf-8")
    np.save(work / "questions.npy", encoded[0])
    np.save(work / "real.npy", encoded[1])


def texts(work: Path, size: int) -> Iterator[str]:
    """Give as many texts: the real ones, again and again."""
    given = 0
    while True:
        with (work / "texts.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                if given == size:
                    return
                yield json.loads(line)
                given += 1


def chunks(work: Path, size: int) -> Iterator[NDArray[np.float32]]:
    """Give as many vectors: the real ones, then perturbed copies of them."""
    real = np.load(work / "real.npy", mmap_mode="r")
    drawn = np.random.default_rng(1)
    for first in range(0, size, CHUNK):
        places = np.arange(first, min(first + CHUNK, size))
        copied = np.array(real[places % len(real)])
        aside = real[drawn.integers(0, len(real), len(places))] - real[drawn.integers(0, len(real), len(places))]
        aside -= np.einsum("ij,ij->i", aside, copied)[:, None] * copied
        aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-6)
        perturbed = COSINE * copied + (1 - COSINE**2) ** 0.5 * aside
        perturbed /= np.linalg.norm(perturbed, axis=1, keepdims=True)
        yield np.where((places < len(real))[:, None], copied, perturbed).astype(np.float32)


def build(work: Path, size: int) -> dict[str, Any]:
    """Build the index that is searched: vectors and words."""
    dimension = np.load(work / "real.npy", mmap_mode="r").shape[1]
    started = time.perf_counter()
    with store.building(work / str(size)) as scratch:
        described = vectors.write(scratch, chunks(work, size), dimension)
        vectors_s = time.perf_counter() - started
        (scratch / "bm25").mkdir()
        lexical.write(texts(work, size), scratch / "bm25")
        words_s = time.perf_counter() - started - vectors_s
        generation = store.publish(scratch, {"dimension": dimension, "vectors": described})
    size_mb = Generation.open(generation).size / 1e6
    return {**described, "vectors_s": vectors_s, "words_s": words_s, "size_mb": size_mb}


def exact(work: Path, size: int) -> dict[str, Any]:
    """Find the 10 nearest passages of each question by comparing it with all, and keep their places."""
    asked = np.load(work / "questions.npy")
    scores, places = np.empty((len(asked), 0), np.float32), np.empty((len(asked), 0), np.int64)
    first = 0
    for chunk in chunks(work, size):
        here = np.broadcast_to(np.arange(first, first + len(chunk)), (len(asked), len(chunk)))
        scores, places = np.hstack([scores, asked @ chunk.T]), np.hstack([places, here])
        best = np.argpartition(-scores, 9, axis=1)[:, :10]
        scores, places = np.take_along_axis(scores, best, 1), np.take_along_axis(places, best, 1)
        first += len(chunk)
    np.save(work / f"nearest-{size}.npy", places)
    return {}


def ask(work: Path, size: int) -> dict[str, Any]:
    """Search for every question, and see how many of the 10 nearest passages are found."""
    questions = json.loads((work / "questions.json").read_text(encoding="utf-8"))
    asked = np.load(work / "questions.npy")
    started = time.perf_counter()
    generation = store.open_current(work / str(size), lambda found: found)
    found = Vectors.open(generation)
    index = FaissIndex({}, range(size), found, Bm25(lambda name: generation.map(f"bm25/{name}")))  # type: ignore[arg-type]
    opened = time.perf_counter() - started
    ms, cpu = [], []
    for question, vector in zip(questions, asked, strict=True):
        before, worked = time.perf_counter(), time.process_time()
        matches = index.search(question, vector, 100)
        np.lexsort((matches.passages, -fuse(matches, Settings().dense_weight)))
        ms.append((time.perf_counter() - before) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    nearest = np.load(work / f"nearest-{size}.npy")
    recalls = [len(np.intersect1d(found.search(q, 10), right)) / 10 for q, right in zip(asked, nearest, strict=True)]
    half = len(ms) // 2  # the first questions read from the disk what the others find in memory
    p50, p95 = np.quantile(ms[half:], [0.5, 0.95])
    return {
        "open_s": opened,
        "recall": float(np.mean(recalls)),
        "p50": p50,
        "p95": p95,
        "cpu_p95": float(np.quantile(cpu[half:], 0.95)),
        "first_p95": float(np.quantile(ms[:half], 0.95)),
    }


def write(rows: list[dict[str, Any]], real: int) -> None:
    """Write the table and the plot."""
    lines = []
    for row in rows:
        kind = "flat" if row["kind"] == "flat" else f"{row['lists']} lists, {row['probed']} probed"
        build_s = row["vectors_s"] + row["words_s"]
        lines.append(
            f"| {row['passages']:,} | {kind} | {build_s:.0f} | {row['build_memory_mb']:.0f} | {row['size_mb']:.0f} "
            f"| {row['open_s']:.2f} | {row['memory_mb']:.0f} | {row['recall']:.3f} "
            f"| {row['p50']:.1f} / {row['p95']:.1f} | {row['cpu_p95']:.1f} | {row['first_p95']:.1f} |"
        )
    PAGE.write_text(
        f"""# How retrieval grows

Written by `make bench-scale`. Texts are the paragraphs of the training and test data, {real:,} real ones; beyond, the
same texts again with perturbed copies of their real vectors (cosine {COSINE}), so that what stands behind the first
{real:,} is made, not found. {QUESTIONS} questions of all those data sets. Retrieval is the search of vectors and
words and their fusion, without encoding the question; recall is that of the 10 nearest passages against comparing all
of them. Times were taken on two cores (x86-64 with VNNI) that other work was using too; compare sizes with one
another, and CPU time, of all threads together, with other machines. p50 and p95 are of the second half of the
questions; "first" is the first half, which reads from the disk.

| passages | vectors | build s | build MB | disk MB | open s | MB | recall@10 | p50 / p95 ms | CPU p95 | first |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{chr(10).join(lines)}

Building counts vectors and words, not encoding. Memory is the largest resident memory, mapped files included, which
the system takes back when it needs the room.

![How cost grows](scale.png)
""",
        encoding="utf-8",
    )
    plot(rows)


def plot(rows: list[dict[str, Any]]) -> None:
    """Draw how time, memory and room grow."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    sizes = [row["passages"] for row in rows]
    for name, label in (("p95", "retrieval p95, ms"), ("memory_mb", "memory, MB"), ("size_mb", "on disk, MB")):
        axes.loglog(sizes, [row[name] for row in rows], marker="o", label=label)
    axes.loglog(sizes, [row["vectors_s"] + row["words_s"] for row in rows], marker="o", label="build, s")
    axes.set_xlabel("passages")
    axes.legend()
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(PLOT, dpi=80)


if __name__ == "__main__":
    main()
