"""What building and retrieval cost as a collection grows: ``python evals/bench/scale.py DATA [SIZE …]``.

The documents hold every paragraph of the training and test data; then come copies of them, every tenth word taken from
elsewhere in the same document, with perturbed copies of the real vectors (cosine 0.8, aside in directions in which
passages differ). All else is the product: ``sco_qa.builder`` splits, indexes and writes, ``Retriever`` finds. Each
size is built and asked in processes of its own. Vectors of real passages are kept in ``--cache``, chunk by chunk, so
that they are encoded only once. ``make bench-scale`` writes the table and the plot, ``docs/scale.md`` and its picture.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from sco_qa import builder, corpus, passages
from sco_qa.cache import KEY, Journal, key_of
from sco_qa.encoder import OnnxEncoder, PassageEncoder, version_of
from sco_qa.evaluation import process
from sco_qa.evaluation.cost import machine
from sco_qa.index import FaissIndex
from sco_qa.retrieval import Retriever
from sco_qa.settings import Settings

PAGE, PLOT = Path("docs/scale.md"), Path("docs/scale.png")
SIZES = (10_000, 100_000, 1_000_000)
QUESTIONS, COSINE, CHUNK, NEAREST = 400, 0.8, 1_024, 10
PARAGRAPHS = 100
"""In a document: about 200 passages."""


def main() -> None:
    """Measure each size, then write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--cache", type=Path, default=Path(".bench-scale"), help="what was encoded is kept there")
    parser.add_argument("--keep", action="store_true", help="keep documents and indexes there too")
    parser.add_argument(
        "--step", choices=("build", "exact", "ask"), help="one step of one size, as a process of its own"
    )
    chosen = parser.parse_args()
    if chosen.step is not None:
        step = {"build": build, "exact": exact, "ask": ask}[chosen.step]
        print(json.dumps(step(chosen.cache, chosen.sizes[0])))  # noqa: T201
        return
    real = prepare(chosen.data, chosen.cache)
    rows = []
    for size in chosen.sizes:
        write_documents(chosen.cache, size)
        command = [sys.executable, __file__, str(chosen.data), str(size), "--cache", str(chosen.cache), "--step"]
        row: dict[str, Any] = {}
        for name in ("build", "exact", "ask"):
            ran = process.run([*command, name])
            if ran.status:
                raise SystemExit(f"{name} of {size} passages ended with {ran.status}")
            row |= {**json.loads(ran.output), f"{name}_memory_mb": ran.peak_memory_mb}
        rows.append({**row, "memory_mb": row["ask_memory_mb"]})
        sys.stdout.write(json.dumps(rows[-1]) + "\n")
        sys.stdout.flush()
        if not chosen.keep:
            shutil.rmtree(chosen.cache / str(size))
    write(rows, real)
    sys.stdout.write(PAGE.read_text(encoding="utf-8"))


def settings(work: Path, size: int) -> Settings:
    """Say where the documents and the index of a size lie; all else is as shipped."""
    return Settings(corpus=work / str(size) / "documents", index=work / str(size) / "index")


def prepare(data: Path, work: Path) -> int:
    """Read paragraphs and questions, and encode the passages that are not encoded yet; give their number."""
    paragraphs: dict[str, None] = {}
    questions: dict[str, None] = {}
    for path in sorted(data.glob("reader_*.jsonl.gz")):
        for entry in lines_of(path):
            paragraphs[" ".join(entry["context"].split())] = None
            questions.update((q["question"], None) for q in entry["qas"] if q["answers"])
    for path in sorted(data.glob("worlds_*.jsonl.gz")):
        for world in lines_of(path):
            for document in world["documents"]:
                paragraphs.update((" ".join(p.split()), None) for p in document["text"].splitlines() if p.strip())
    work.mkdir(parents=True, exist_ok=True)
    drawn = np.random.default_rng(0).choice(np.array(list(questions)), QUESTIONS, replace=False).tolist()
    (work / "questions.json").write_text(json.dumps(drawn), encoding="utf-8")
    documents = list(paragraphs)
    for number, first in enumerate(range(0, len(documents), PARAGRAPHS)):
        document = work / "real" / f"{number:05}.txt"
        document.parent.mkdir(exist_ok=True)
        document.write_text("\n\n".join(documents[first : first + PARAGRAPHS]) + "\n", encoding="utf-8")
    return encode(work)


def encode(work: Path) -> int:
    """Encode what is new of the real passages, and export the encoder of questions; give the number of passages."""
    chosen = Settings()
    sources = list(corpus.load(work / "real"))
    by_id = {source.id: source for source in sources}
    split = passages.split(sources, words=chosen.passage_words, overlap=chosen.overlap_words)
    texts = [passages.to_index(passage, by_id[passage.source], context=chosen.context)[0] for passage in split]
    kept = journal(work)
    done = {key for keys, _ in kept.chunks() for key in keys.tolist()}
    new = [text for text in dict.fromkeys(texts) if key_of(text).rstrip(b"\0") not in done]
    shutil.rmtree(work / "encoder", ignore_errors=True)
    PassageEncoder.load(chosen.encoder, work / "exports").export(work / "encoder")
    if new:
        encoder = OnnxEncoder.load(work / "encoder")
        chunks = range(0, len(new), CHUNK)
        for first in track(chunks, f"encoding {len(new):,} passages", console=Console(stderr=True), transient=True):
            chunk = new[first : first + CHUNK]
            kept.add(np.array([key_of(text) for text in chunk], KEY), encoder.encode(chunk))
    return len(split)


def journal(work: Path) -> Journal:
    """Open the vectors of real passages."""
    return Journal(work / "vectors", version_of(Settings().encoder))


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def write_documents(work: Path, size: int) -> None:
    """Write documents until they hold about as many passages: the real ones, then copies of them."""
    chosen = settings(work, size)
    shutil.rmtree(chosen.corpus.parent, ignore_errors=True)
    chosen.corpus.mkdir(parents=True)
    real = list(corpus.load(work / "real"))
    counts: list[int] = []  # of real documents, then of their first copies; the others have about as many as those
    held = 0
    for copy in count():
        for place, source in enumerate(real):
            if held >= size:
                return
            text = perturbed(source.text, np.random.default_rng([copy, place])) if copy else source.text
            (chosen.corpus / f"{copy:03}-{source.file}").write_text(text, encoding="utf-8", newline="")
            if copy < 2:
                written = replace(source, text=text, furniture=(), sections=())
                counts.append(len(passages.of(written, words=chosen.passage_words, overlap=chosen.overlap_words)))
            held += counts[min(copy, 1) * len(real) + place]


def perturbed(text: str, drawn: np.random.Generator) -> str:
    """Copy a text, every tenth word of it taken from elsewhere in it."""
    words = text.split(" ")
    places = np.arange(int(drawn.integers(10)), len(words), 10)
    for place, other in zip(places.tolist(), drawn.integers(0, len(words), len(places)).tolist(), strict=True):
        words[place] = words[other].strip("\n") or words[place]
    return " ".join(words)


class Kept:
    """Gives the vectors that were encoded before, and for any other passage a perturbed copy of one."""

    def __init__(self, work: Path) -> None:
        self._encoder = work / "encoder"
        keys, vectors = zip(*journal(work).chunks(), strict=True)
        self._rows = {key: row for row, key in enumerate(np.concatenate(keys).tolist())}
        self._vectors = np.concatenate([of[np.arange(len(some))] for some, of in zip(keys, vectors, strict=True)])

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return self._vectors.shape[1]

    def encode(self, texts: Sequence[str], /, *, progress: Callable[[int], None]) -> NDArray[np.float32]:
        """Give a vector for each text; the same texts give the same vectors."""
        keys = [key_of(text) for text in texts]
        rows = np.array([self._rows.get(key.rstrip(b"\0"), -1) for key in keys])
        drawn = np.random.default_rng(list(keys[0]))
        copied, other, another = (self._vectors[drawn.integers(0, len(self._vectors), len(rows))] for _ in range(3))
        aside = other - another
        aside -= np.einsum("ij,ij->i", aside, copied)[:, None] * copied
        aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-6)  # two may be the same
        made = COSINE * copied + (1 - COSINE**2) ** 0.5 * aside
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        progress(len(texts))
        found: NDArray[np.float32] = np.where((rows < 0)[:, None], made, self._vectors[rows]).astype(np.float32)
        return found

    def export(self, folder: Path) -> None:
        """Write the encoder of questions."""
        shutil.copytree(self._encoder, folder)


def build(work: Path, size: int) -> dict[str, Any]:
    """Build the index, as ``sco-qa build`` does."""
    chosen, kept = settings(work, size), Kept(work)
    steps: dict[str, float] = {}
    started = time.perf_counter()

    def progress(what: str, *_: int) -> None:
        steps.setdefault(what, round(time.perf_counter() - started, 1))

    index = builder.build(chosen, encoder=lambda _: kept, progress=progress).index
    built_s = time.perf_counter() - started
    described = index.generation.manifest["vectors"]
    return {
        **described,
        "passages": len(index.passages),
        "build_s": built_s,
        "begun_s": steps,
        "size_mb": index.size / 1e6,
    }


def asked(work: Path) -> list[str]:
    """Give the questions."""
    questions: list[str] = json.loads((work / "questions.json").read_text(encoding="utf-8"))
    return questions


def exact(work: Path, size: int) -> dict[str, Any]:
    """Find the nearest passages of each question by comparing it with all, and keep their places."""
    index = FaissIndex.load(settings(work, size).index)
    questions = index.encoder().encode(asked(work))
    scores, places = np.empty((len(questions), 0), np.float32), np.empty((len(questions), 0), np.int64)
    total = len(index.passages)
    for first in range(0, total, 16 * CHUNK):
        here = np.arange(first, min(first + 16 * CHUNK, total))
        scores = np.hstack([scores, questions @ index.vectors(here).T])
        places = np.hstack([places, np.broadcast_to(here, (len(questions), len(here)))])
        best = np.argpartition(-scores, NEAREST - 1, axis=1)[:, :NEAREST]
        scores, places = np.take_along_axis(scores, best, 1), np.take_along_axis(places, best, 1)
    np.save(work / str(size) / "nearest.npy", places)
    return {}


def ask(work: Path, size: int) -> dict[str, Any]:
    """Retrieve for every question, and see how many of the nearest passages are found."""
    chosen = settings(work, size)
    started = time.perf_counter()
    index = FaissIndex.load(chosen.index)
    retriever = Retriever(index, index.encoder(), dense_weight=chosen.dense_weight, year_weight=chosen.year_weight)
    opened = time.perf_counter() - started
    ms, cpu, recalls = [], [], []
    for question, right in zip(asked(work), np.load(work / str(size) / "nearest.npy"), strict=True):
        vector = retriever.encode(question)
        before, worked = time.perf_counter(), time.process_time()
        matches = retriever.match(question, vector)
        retriever.rank(question, matches, chosen.retrieved)
        ms.append((time.perf_counter() - before) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
        best = matches.passages[np.argsort(-matches.dense, kind="stable")[:NEAREST]]
        recalls.append(len(np.intersect1d(best, right)) / NEAREST)
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
        lines.append(
            f"| {row['passages']:,} | {kind} | {row['build_s']:.0f} | {row['build_memory_mb']:.0f} "
            f"| {row['size_mb']:.0f} | {row['open_s']:.2f} | {row['memory_mb']:.0f} | {row['recall']:.3f} "
            f"| {row['p50']:.1f} / {row['p95']:.1f} | {row['cpu_p95']:.1f} | {row['first_p95']:.1f} |"
        )
    PAGE.write_text(
        f"""# How building and retrieval grow

Written by `make bench-scale` on {machine()}.

The documents are the paragraphs of the training and test data, {PARAGRAPHS} in each: {real:,} real passages. What is
beyond those is made, not found: the same documents again, every tenth word taken from elsewhere in the document, with
perturbed copies of real vectors (cosine {COSINE}). {QUESTIONS} questions of all those data sets.

Retrieval is what happens between a question's vector and its {Settings().retrieved} passages: the search of vectors and
words, their fusion, and the passages from their texts. Recall is that of the {NEAREST} nearest passages against
comparing all of them. p50 and p95 are of the second half of the questions; "first" is the p95 of the first half, which
reads from the disk. CPU time is of all threads together.

| passages | vectors | build s | build MB | disk MB | open s | MB | recall@10 | p50 / p95 ms | CPU p95 | first |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{chr(10).join(lines)}

{held(rows)}

Building counts everything but encoding. Memory is the largest resident memory, mapped files included, which the system
takes back when it needs the room.

![How cost grows](scale.png)
""",
        encoding="utf-8",
    )
    plot(rows)


def held(rows: list[dict[str, Any]]) -> str:
    """Say whether the targets for a million passages are held."""
    last = rows[-1]
    if last["passages"] < 0.99 * SIZES[-1]:
        return "A million passages have not been measured."
    p95 = f"p95 of retrieval {last['p95']:.0f} ms ({'under' if last['p95'] < 60 else 'not under'} 60)"
    recall = f"recall@10 {last['recall']:.3f} ({'not ' if last['recall'] < 0.97 else ''}at least 0.97)"
    memory = f"memory {last['memory_mb'] / 1000:.2f} GB ({'under' if last['memory_mb'] < 1500 else 'not under'} 1.5)"
    return f"Against the targets for a million passages: {p95}, {recall}, {memory}."


def plot(rows: list[dict[str, Any]]) -> None:
    """Draw how time, memory and room grow."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    sizes = [row["passages"] for row in rows]
    for name, label in (
        ("p95", "retrieval p95, ms"),
        ("memory_mb", "memory, MB"),
        ("size_mb", "on disk, MB"),
        ("build_s", "build, s"),
    ):
        axes.loglog(sizes, [row[name] for row in rows], marker="o", label=label)
    axes.set_xlabel("passages")
    axes.legend()
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(PLOT, dpi=80)


if __name__ == "__main__":
    main()
