"""What the reader learns from: a question, a text, and where the text answers it, if it does."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import ceil
from pathlib import Path
from typing import Any

from sco_qa.types import Span

ONE_TITLE = "Filtered_Reddit_Comments"
"""One title for comments that have nothing to do with one another: there each paragraph is a title of its own."""
HELD_OUT = {"squad2": 0.15, "worlds": 1 / 3}
"""Shares of titles (of worlds) that the reader never learns from, where it is not :data:`HELD_OUT_SHARE`."""
HELD_OUT_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a text; ``answer`` is None where the text does not answer the question.

    ``source`` names the data set, with the question's kind if it has one (``written/para``); ``title`` is the article
    or the collection, by which examples are held out; ``weight`` is how much its loss counts.
    """

    question: str
    text: str
    answer: Span | None
    source: str
    title: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.answer is not None and not 0 <= self.answer.start < self.answer.end <= len(self.text):
            raise ValueError(f"the answer {self.answer} is not within the text of {len(self.text)} characters")

    @property
    def set(self) -> str:
        """The data set, whatever the kind."""
        return self.source.split("/")[0]

    @property
    def words(self) -> str:
        """The answer's text; empty where there is none."""
        return "" if self.answer is None else self.text[self.answer.start : self.answer.end]


def paragraphs(entries: Iterable[Mapping[str, Any]]) -> Iterator[Example]:
    """Read paragraphs with questions: ``{"dataset", "title", "context", "qas": [{"question", "kind"?, "answers"}]}``.

    Of several answers to a question the one that most people gave counts.
    """
    for entry in entries:
        text = entry["context"]
        for asked in entry["qas"]:
            given = Counter((a["start"], a["start"] + len(a["text"])) for a in asked["answers"])
            answer = Span(*given.most_common(1)[0][0]) if given else None
            kind = asked.get("kind", "" if answer is not None else "none")
            source = f"{entry['dataset']}/{kind}" if kind else entry["dataset"]
            yield Example(asked["question"], text, answer, source, title(entry))


def joined(questions: Iterable[Mapping[str, Any]], entries: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Put questions that were written for paragraphs to them, in the form that :func:`paragraphs` reads.

    A line of ``questions`` names its paragraph by the beginning of the SHA-256 of its text: ``{"paragraph", "qas"}``;
    those whose paragraph is not among ``entries`` are left out.
    """
    known = {hashlib.sha256(entry["context"].encode()).hexdigest()[:16]: entry for entry in entries}
    for line in questions:
        if (entry := known.get(line["paragraph"])) is not None:
            yield {**entry, "dataset": "pairs", "qas": line["qas"]}


def worlds(entries: Iterable[Mapping[str, Any]]) -> Iterator[Example]:
    """Read invented collections: each question with each document of its collection, answered there or not.

    Follow-ups are left out: they mean nothing without the questions before them, which the reader never sees.
    """
    for entry in entries:
        for asked in entry["questions"]:
            if asked["history"]:
                continue
            for document in entry["documents"]:
                places = [a for a in asked["answers"] if a["document"] == document["id"]]
                answer = Span(places[0]["start"], places[0]["start"] + len(places[0]["text"])) if places else None
                kind = "none" if answer is None else asked["kind"]
                yield Example(asked["question"], document["text"], answer, f"worlds/{kind}", entry["world"])


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def squad(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file in SQuAD's own JSON, 1.1 or 2.0; the data set is named after the file."""
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            asked = [
                {
                    "question": qa["question"],
                    "answers": [{"start": a["answer_start"], "text": a["text"]} for a in qa["answers"]],
                }
                for qa in paragraph["qas"]
            ]
            yield {"dataset": path.stem, "title": article["title"], "context": paragraph["context"], "qas": asked}


def written() -> Iterator[dict[str, Any]]:
    """Give the questions that were written for this project in pairs, for :func:`joined`."""
    return lines(Path(str(files("sco_qa.training") / "questions.jsonl.gz")))


def title(entry: Mapping[str, Any]) -> str:
    """Give the title by which a paragraph or a collection is held out."""
    if "world" in entry:
        return str(entry["world"])
    return str(entry["context"] if entry["title"] == ONE_TITLE else entry["title"])


def held_out(entries: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Choose the titles that are held out, in each data set those that come first by their hash."""
    titles: dict[str, dict[str, None]] = {}
    for entry in entries:
        titles.setdefault(entry.get("dataset", "worlds"), {})[title(entry)] = None
    chosen: set[str] = set()
    for name, known in titles.items():
        ranked = sorted(known, key=lambda name: hashlib.sha256(name.encode()).digest())
        chosen.update(ranked[: ceil(HELD_OUT.get(name, HELD_OUT_SHARE) * len(ranked) - 1e-9)])
    return frozenset(chosen)
