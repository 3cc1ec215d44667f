"""What readers thought of replies: JSON lines on this machine, and gold questions to review made of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sco_qa.errors import UsageError
from sco_qa.types import Source

SCHEMA = 1
_MOST_BYTES = 50_000_000  # whoever reaches the page may write: stop before a disk is full
_writing = threading.Lock()

Thumb = Literal["up", "down"]


def append(
    path: Path, reply: dict[str, Any], *, thumb: Thumb, correction: str | None = None, history: Sequence[str] = ()
) -> None:
    """Add one line: what was asked, what was answered, and what its reader thought of it.

    Raises:
        UsageError: The file cannot be written, or is full.
    """
    answered = reply["status"] == "answered"
    entry = {
        "schema": SCHEMA,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "thumb": thumb,
        "correction": correction,
        "question": reply["question"],
        "history": list(history),
        "status": reply["status"],
        "answer": reply["answers"][0] if answered else None,
    }
    line = json.dumps(entry, ensure_ascii=False) + "\n"
    try:
        with _writing, path.open("a", encoding="utf-8", newline="\n") as file:
            if file.tell() > _MOST_BYTES:
                raise UsageError(f"{path} is full; move it away to take more feedback")
            file.write(line)
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror}); set SCO_QA_FEEDBACK_FILE to another") from None


def to_gold(path: Path, sources: Sequence[Source]) -> Iterator[dict[str, Any]]:
    """Make gold questions of feedback, each for somebody to review; what says nothing about the answer is left out.

    A thumb up confirms the answer, or that there is none. A correction counts where the sources hold its words.

    Raises:
        UsageError: A line of the file cannot be read.
    """
    by_file = {source.file: source for source in sources}
    for number, entry in enumerate(_read(path), 1):
        match entry:
            case {"thumb": "up", "status": "no_answer"}:
                expected: list[dict[str, Any]] = []
            case {"thumb": "up", "answer": {"text": str(text), "citation": citation}} if _stands(citation, by_file):
                expected = [_fact(text, citation["file"], citation["sentence"])]
            case {"correction": str(words)} if (fact := _found(words, sources)) is not None:
                expected = [fact]
            case _:
                continue
        kind = "followup" if entry["history"] else "lookup" if expected else "none"
        yield {
            "id": f"feedback-{number:03}",
            "kind": kind,
            "question": entry["question"],
            "history": entry["history"],
            "expected": expected,
        }


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path} ({error}); give the file that the page wrote") from None
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            if entry["schema"] != SCHEMA or not {"question", "history"} <= entry.keys():
                raise KeyError("schema")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f"{path}, line {number}, is no feedback; drop that line") from None
        yield entry


def _stands(citation: dict[str, Any], by_file: dict[str, Source]) -> bool:
    source = by_file.get(citation["file"])
    sentence = citation["sentence"]
    return source is not None and source.text[sentence["start"] : sentence["end"]] == sentence["text"]


def _found(words: str, sources: Sequence[Source]) -> dict[str, Any] | None:
    for source in sources:
        start = source.text.find(words) if words.strip() else -1
        if start >= 0:
            return _fact(words, source.file, {"start": start, "end": start + len(words), "text": words})
    return None


def _fact(answer: str, file: str, place: dict[str, Any]) -> dict[str, Any]:
    evidence = {"file": file, "start": place["start"], "end": place["end"], "quote": place["text"]}
    return {"answers": [answer], "evidence": [evidence]}
