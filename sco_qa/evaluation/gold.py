"""Gold questions: what is asked, what a right reply holds, and where the documents say so.

One JSON object a line; ``gold.schema.json`` beside this file describes every field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from sco_qa.errors import GoldError
from sco_qa.types import Source, Span


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that states the answer: a span of the source with this id."""

    source: str
    span: Span


@dataclass(frozen=True, slots=True)
class Expected:
    """One fact of a complete reply: acceptable words, and every place that states it."""

    answers: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what a right reply holds: nothing, where the documents do not say."""

    id: str
    kind: str
    question: str
    expected: tuple[Expected, ...]
    history: tuple[str, ...] = ()
    disagreement: str | None = None

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it."""
        return bool(self.expected)

    @property
    def evidence(self) -> list[Evidence]:
        """Every place that states one of the facts."""
        return [place for fact in self.expected for place in fact.evidence]

    @property
    def answers(self) -> list[str]:
        """All acceptable words."""
        return [words for fact in self.expected for words in fact.answers]


def load(path: Path, sources: Sequence[Source]) -> list[Question]:
    """Read a set of gold questions about ``sources``.

    Raises:
        GoldError: The first line that is wrong, and how many are.
    """
    questions, wrong = check(path, sources)
    if wrong:
        more = f" (and {len(wrong) - 1} more; see them with: sco-qa eval --check {path})" if len(wrong) > 1 else ""
        raise GoldError(f"{wrong[0]}{more}")
    return questions


def check(path: Path, sources: Sequence[Source]) -> tuple[list[Question], list[str]]:
    """Read a set of gold questions; give those that are valid, and what is wrong with each of the other lines."""
    from jsonschema import Draft202012Validator

    schema = json.loads(files("sco_qa.evaluation").joinpath("gold.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"cannot read {path} ({error}); give a file of JSON lines in UTF-8") from None
    by_file = {source.file: source for source in sources}
    questions: dict[str, Question] = {}
    wrong = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = _valid(line, validator)
            question = _question(entry, by_file)
            if question.id in questions:
                raise GoldError(f"the id {question.id!r} was used before; give it another")
        except GoldError as error:
            wrong.append(f"{path}, line {number}: {error}")
        else:
            questions[question.id] = question
    if not questions and not wrong:
        wrong.append(f"{path} holds no questions; add some, one JSON object a line")
    return list(questions.values()), wrong


def _valid(line: str, validator: Any) -> Mapping[str, Any]:
    try:
        entry: Mapping[str, Any] = json.loads(line)
    except ValueError as error:
        raise GoldError(f"not JSON ({error})") from None
    faults: Iterable[Any] = sorted(validator.iter_errors(entry), key=lambda e: [str(part) for part in e.absolute_path])
    for fault in faults:
        where = "/".join(map(str, fault.absolute_path)) or "the object"
        raise GoldError(f"{where}: {fault.message}")
    return entry


def _question(entry: Mapping[str, Any], by_file: Mapping[str, Source]) -> Question:
    expected = []
    for fact in entry["expected"]:
        places = [_place(place, by_file) for place in fact["evidence"]]
        if not any(fact["answers"][0] in place["quote"] for place in fact["evidence"]):
            raise GoldError(f"the answer {fact['answers'][0]!r} stands in none of its quotes; quote where it stands")
        expected.append(Expected(tuple(fact["answers"]), tuple(places)))
    if "disagreement" in entry and len(expected) < 2:
        raise GoldError("a disagreement needs two facts or more; add the other side")
    history = tuple(entry.get("history", ()))
    return Question(entry["id"], entry["kind"], entry["question"], tuple(expected), history, entry.get("disagreement"))


def _place(place: Mapping[str, Any], by_file: Mapping[str, Source]) -> Evidence:
    source = by_file.get(place["file"])
    if source is None:
        raise GoldError(f"there is no {place['file']!r} in the corpus; known are: {', '.join(sorted(by_file))}")
    start, end = place["start"], place["end"]
    found = source.text[start:end]
    if found != place["quote"]:
        at = source.text.find(place["quote"])
        hint = f"it stands at [{at}, {at + len(place['quote'])})" if at >= 0 else "it stands nowhere in the file"
        raise GoldError(
            f"{place['file']} [{start}, {end}) says {found[:80]!r}, not the quote {place['quote'][:80]!r}; {hint}"
        )
    return Evidence(source.id, Span(start, end))
