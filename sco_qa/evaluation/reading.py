"""The reader alone, on paragraphs: ``python -m sco_qa.evaluation.reading DATA`` (``make reader-scores``).

Each question is read against its own paragraph, as in SQuAD 2.0 (Rajpurkar et al. 2018): the best span if its score is
above zero, else no answer. "Forced" is the best span of the answerable questions, whatever its score. Folders with
other weights are read beside the packaged ones, for instance the same in full precision
(``python -m sco_qa.reader.export --fp32 TRAINED FOLDER``): what is lost between them is what quantising costs.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from sco_qa import processor, sentences
from sco_qa.evaluation.metrics import exact_match, f1
from sco_qa.reader import Reader, SpanReader
from sco_qa.types import Passage, Span

SETS = ("squad2", "written", "new_wiki", "reddit", "amazon_reviews", "qamr")


@dataclass(frozen=True, slots=True)
class Scored:
    """One question: what the reader said, and what was accepted (nothing, where the paragraph does not say)."""

    text: str
    score: float
    accepted: tuple[str, ...]


def score(reader: Reader, path: Path) -> Iterator[Scored]:
    """Read every question of a file of paragraphs, one JSON object a line."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    for entry in track(entries, path.name, console=Console(stderr=True), transient=True):
        whole = Span(0, len(entry["context"]))
        passage = Passage(0, path.name, whole, entry["context"], tuple(sentences.split(entry["context"], whole)))
        with ThreadPoolExecutor(processor.number_of_threads(0)) as pool:
            read = list(
                pool.map(lambda asked, passage=passage: reader.read(asked["question"], [passage]), entry["qas"])
            )
        for asked, (readings,) in zip(entry["qas"], read, strict=True):
            accepted = tuple(answer["text"] for answer in asked["answers"])
            if readings:
                span = readings[0].span
                yield Scored(entry["context"][span.start : span.end], readings[0].score, accepted)
            else:
                yield Scored("", 0.0, accepted)


def row(name: str, scored: Sequence[Scored]) -> str:
    """Give a Markdown row: exact match and F1 of all, unanswerable ones recognised, and the two when forced."""
    said = [(one.text if one.score > 0 else "", one.accepted or ("",)) for one in scored]
    forced = [(one.text, one.accepted) for one in scored if one.accepted]
    unanswerable = [one.score <= 0 for one in scored if not one.accepted]
    figures = [
        np.mean([exact_match(*pair) for pair in said]),
        np.mean([f1(*pair) for pair in said]),
        np.mean(unanswerable) if unanswerable else np.nan,
        np.mean([exact_match(*pair) for pair in forced]),
        np.mean([f1(*pair) for pair in forced]),
    ]
    cells = ["–" if np.isnan(value) else f"{100 * value:.1f}" for value in figures]
    return f"| {name} | {len(scored):,} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with reader_test_*.jsonl.gz")
    parser.add_argument("folders", type=Path, nargs="*", help="other weights beside the packaged ones")
    chosen = parser.parse_args()
    readers = {"packaged": SpanReader.load(), **{folder.name: SpanReader.load(folder) for folder in chosen.folders}}
    console = Console(width=200, highlight=False, markup=False)
    console.print("| set | weights | n | EM | F1 | unanswerable right | forced EM | forced F1 |")
    console.print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in SETS:
        for weights, reader in readers.items():
            scored = list(score(reader, chosen.data / f"reader_test_{name}.jsonl.gz"))
            console.print(row(f"{name} | {weights}", scored))


if __name__ == "__main__":
    main()
