"""Whole collections to evaluate on: documents with their questions, from public and from invented data."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sco_qa.evaluation.gold import Evidence, Expected, Question
from sco_qa.types import Source, Span


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and the questions about them."""

    name: str
    sources: tuple[Source, ...]
    questions: tuple[Question, ...]


FILES = {
    "worlds": "worlds_test.jsonl.gz",
    "worlds-pooled": "worlds_test.jsonl.gz",
    "squad": "reader_test_squad2.jsonl.gz",
}
"""The test sets by name, with their files: invented collections each by itself, all as one, and SQuAD's paragraphs."""


def load(name: str, folder: Path) -> list[Collection]:
    """Read one of the test sets of :data:`FILES`.

    Raises:
        FileNotFoundError: Its file is not in ``folder``.
    """
    path = folder / FILES[name]
    if name == "squad":
        return [paragraphs(_lines(path), name)]
    found = worlds(path)
    return [pooled(found, name)] if name == "worlds-pooled" else found


def worlds(path: Path) -> list[Collection]:
    """Read invented collections: each world its own documents, dates and questions.

    The file holds one JSON object a collection: ``{"world", "documents": [{"id", "title", "date", "text"}],
    "questions": [{"question", "kind", "history", "answers": [{"document", "start", "text"}]}]}``. Different answers
    to a question of kind ``conflict`` are all expected; of other kinds any one will do.
    """
    found = []
    for entry in _lines(path):
        world = entry["world"]
        sources = tuple(
            Source(
                id=f"{world}-{document['id']}",
                file=f"{world}-{document['id']}.txt",
                text=document["text"],
                title=document["title"],
                publisher=document["source"],
                date=document["date"],
            )
            for document in entry["documents"]
        )
        questions = tuple(_question(world, number, asked) for number, asked in enumerate(entry["questions"]))
        found.append(Collection(world, sources, questions))
    return found


def pooled(collections: Sequence[Collection], name: str) -> Collection:
    """Put collections together as one, so that retrieval has to find a document among hundreds that look alike."""
    return Collection(
        name,
        tuple(source for collection in collections for source in collection.sources),
        tuple(question for collection in collections for question in collection.questions),
    )


def paragraphs(entries: Iterable[Mapping[str, Any]], name: str, *, unanswerable: bool = False) -> Collection:
    """Take paragraphs with questions (SQuAD style, an entry a paragraph) as a collection to retrieve from.

    Paragraphs of one title become one source, a paragraph a section. Questions that their paragraph does not answer
    are left out, since another paragraph may, unless ``unanswerable`` asks for them: few of them are.
    """
    articles: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        articles.setdefault(entry["title"], []).append(entry)
    sources: list[Source] = []
    questions: list[Question] = []
    for number, (title, members) in enumerate(articles.items()):
        id_ = f"{name}-{number}"
        starts, text = [], ""
        for entry in members:
            starts.append(len(text))
            text += entry["context"] + "\n\n"
        sources.append(Source(id=id_, file=f"{id_}.txt", text=text, title=title.replace("_", " ")))
        for start, entry in zip(starts, members, strict=True):
            for asked in entry["qas"]:
                if asked["answers"] or unanswerable:
                    places = [(id_, start + a["start"], a["text"]) for a in asked["answers"]]
                    kind = asked.get("kind", "answerable" if places else "none")
                    expected = (_fact(places),) if places else ()
                    questions.append(Question(f"{name}-{len(questions)}", kind, asked["question"], expected))
    return Collection(name, tuple(sources), tuple(questions))


def _question(world: str, number: int, asked: Mapping[str, Any]) -> Question:
    places = [(f"{world}-{a['document']}", a["start"], a["text"]) for a in asked["answers"]]
    if asked["kind"] == "conflict":
        sides: dict[str, list[tuple[str, int, str]]] = {}
        for place in places:
            sides.setdefault(place[2], []).append(place)
        expected = tuple(_fact(side) for side in sides.values())
    else:
        expected = (_fact(places),) if places else ()
    return Question(
        id=f"{world}-{number:02}",
        kind=asked["kind"],
        question=asked["question"],
        expected=expected,
        history=tuple(asked["history"]),
        disagreement="sources" if len(expected) > 1 else None,  # over time or not, the file does not say
    )


def _fact(places: Sequence[tuple[str, int, str]]) -> Expected:
    return Expected(
        tuple(dict.fromkeys(text for _, _, text in places)),
        tuple(Evidence(source, Span(start, start + len(text))) for source, start, text in places),
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
