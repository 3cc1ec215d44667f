"""The real articles, the real index, encoder and reader."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sco_qa import Assistant, Settings
from sco_qa.index import FaissIndex
from tests.conftest import REPOSITORY, Ran, run

FIRST = "Who blocked the SCO development bank?"
GOLD = [json.loads(line) for line in (REPOSITORY / "evals" / "gold.jsonl").read_text(encoding="utf-8").splitlines()]


def exactly(**properties: Any) -> dict[str, Any]:
    """Describe an object that has these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def of(*types: str, **more: Any) -> dict[str, Any]:
    return {"type": list(types), **more}


TEXT, PLACE, MILLISECONDS = of("string", minLength=1), of("integer", minimum=0), of("number", minimum=0)
PROBABILITY = of("number", minimum=0, maximum=1)
CITATION = exactly(
    source=TEXT,
    file=TEXT,
    sha256=of("string", pattern="^[0-9a-f]{64}$"),
    title=TEXT,
    author=of("string", "null"),
    publisher=of("string", "null"),
    date=of("string", "null", pattern=r"^\d{4}(-\d\d(-\d\d)?)?$"),
    section=of("string", "null"),
    original=of("object", "null"),
    state={"enum": ["fresh", "changed", "missing"]},
    start=PLACE,
    end=PLACE,
    quote=TEXT,
    sentence=exactly(start=PLACE, end=PLACE, text=TEXT),
)
REPLY = exactly(
    schema={"const": 1},
    id={},
    question=TEXT,
    read_as=of("string", "null"),
    status={"enum": ["answered", "no_answer"]},
    reason=of("string", "null"),
    confidence=PROBABILITY,
    answers=of(
        "array",
        maxItems=5,
        items=exactly(text=TEXT, confidence=PROBABILITY, also_in=of("array", items=CITATION), citation=CITATION),
    ),
    disagreement={
        "anyOf": [
            of("null"),
            exactly(kind={"enum": ["time", "sources"]}, answers=of("array", items=PLACE, minItems=2)),
        ]
    },
    nearest=of("array", items=CITATION),
    timings_ms=exactly(encode=MILLISECONDS, retrieve=MILLISECONDS, read=MILLISECONDS, total=MILLISECONDS),
)

CONTRACT = jsonschema.Draft202012Validator(REPLY)


def cited(reply: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for answer in reply["answers"]:
        yield answer["citation"]
        yield from answer["also_in"]
    yield from reply["nearest"]


def verify(reply: dict[str, Any]) -> int:
    """Hold a reply against the contract and each of its citations against the file; count the citations."""
    CONTRACT.validate(reply)
    assert (reply["status"] == "answered") == (reply["reason"] is None)
    for answer in reply["answers"]:
        assert answer["text"] == answer["citation"]["quote"]
    if reply["status"] == "answered":
        assert reply["answers"]
        assert reply["nearest"] == []
        assert reply["confidence"] == reply["answers"][0]["confidence"]
    citations = list(cited(reply))
    for citation in citations:
        content = (REPOSITORY / "corpus" / citation["file"]).read_bytes()
        text, sentence = content.decode("utf-8"), citation["sentence"]
        assert citation["sha256"] == hashlib.sha256(content).hexdigest()
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert text[sentence["start"] : sentence["end"]] == sentence["text"]
        assert sentence["start"] <= citation["start"] < citation["end"] <= sentence["end"]
        assert citation["state"] == "fresh"
    return len(citations)


@pytest.fixture
def real(real_index: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find the real articles and their index by themselves."""
    monkeypatch.setenv("SCO_QA_CORPUS", str(real_index.corpus))
    monkeypatch.setenv("SCO_QA_INDEX", str(real_index.index))


def good(ran: Ran) -> str:
    assert (ran.status, ran.err) == (0, "")
    return ran.out


@pytest.mark.usefixtures("real")
def test_the_first_question_is_answered_with_russia_and_its_sentence() -> None:
    reply = json.loads(good(run("ask", "--json", FIRST)))
    assert verify(reply) >= 1
    assert (reply["question"], reply["read_as"], reply["status"]) == (FIRST, None, "answered")
    best = reply["answers"][0]
    text = (REPOSITORY / "corpus" / "future-of-the-sco.txt").read_bytes()
    assert best["text"] == "Russia"
    assert best["citation"] == {
        "source": "future-of-the-sco",
        "file": "future-of-the-sco.txt",
        "sha256": hashlib.sha256(text).hexdigest(),
        "title": "What Is the Future of the Shanghai Cooperation Organization",
        "author": None,
        "publisher": None,
        "date": "2025",
        "section": "Hidden Purpose",
        "original": None,
        "state": "fresh",
        "start": 4667,
        "end": 4673,
        "quote": "Russia",
        "sentence": {
            "start": 4561,
            "end": 4773,
            "text": (
                "While Beijing once tried to turn the SCO into a functional body to advance its ambitions in Central "
                "Asia, Russia consistently blocked key initiatives like the creation of a development bank and a free "
                "trade zone."
            ),
        },
    }


@pytest.mark.usefixtures("real")
def test_people_read_the_answer_first() -> None:
    lines = good(run("ask", FIRST)).splitlines()
    assert lines[0].startswith("Russia  ")
    assert "»Russia« consistently blocked key initiatives" in lines[1]
    assert lines[2] == (
        "   [1] What Is the Future of the Shanghai Cooperation Organization · Hidden Purpose · 2025 · "
        "future-of-the-sco.txt, characters 4667–4673"
    )


@pytest.mark.usefixtures("real")
def test_a_batch_follows_the_contract_line_by_line(tmp_path: Path) -> None:
    sample = GOLD[:: len(GOLD) // 20]
    assert len(sample) >= 20
    lines = [json.dumps({key: entry[key] for key in ("id", "question", "history")}) for entry in sample]
    lines.insert(3, "{bad")
    (tmp_path / "batch.jsonl").write_text("\n".join(lines), encoding="utf-8")
    replies = [
        json.loads(line) for line in good(run("ask", "--json", "--batch", str(tmp_path / "batch.jsonl"))).splitlines()
    ]
    bad = replies.pop(3)
    assert (sorted(bad), bad["id"]) == (["error", "id"], None)
    assert [(reply["id"], reply["question"]) for reply in replies] == [(e["id"], e["question"]) for e in sample]
    assert all(verify(reply) for reply in replies)


def test_every_citation_of_every_question_verifies(real_index: Settings, real_assistant: Assistant) -> None:
    """Reading three passages a question: citations are made in the same way whatever the number."""
    settings = Settings(corpus=real_index.corpus, index=real_index.index, retrieved=3)
    index = FaissIndex.load(settings.index)
    assistant = Assistant(index, index.encoder(), real_assistant._reader, settings=settings)
    counts = {
        entry["id"]: verify(assistant.ask(entry["question"], entry["history"]).to_json(id_=entry["id"]))
        for entry in GOLD
    }
    assert len(counts) == len(GOLD) >= 40
    assert [id_ for id_, count in counts.items() if count == 0] == []


def test_an_answer_is_the_same_however_it_is_asked_for(real_assistant: Assistant) -> None:
    one, two = (real_assistant.ask(FIRST).to_json() for _ in range(2))
    assert {**one, "timings_ms": None} == {**two, "timings_ms": None}


@pytest.mark.usefixtures("real")
def test_the_real_index_is_as_it_should_be() -> None:
    assert good(run("check")).startswith("5 sources and ")


def test_questions_of_any_length_and_character_are_answered(real_assistant: Assistant) -> None:
    for question in (
        "Who blocked the bank" + "?" * 900,
        "a.b" * 330,
        "who " * 250,
        "Who blocked “the” b\u0301ank 👩‍👩‍👧?",
        "\x1bWho\x00?",
    ):
        reply = real_assistant.ask(question)
        verify(reply.to_json())
        assert reply.confidence < 1
    long = real_assistant.ask("And why?", ["Who blocked the development bank? " * 25])
    assert verify(long.to_json()) >= 1
