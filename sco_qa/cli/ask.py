"""``sco-qa ask``."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sco_qa.assistant import Assistant
from sco_qa.cli import common
from sco_qa.errors import ScoQaError, UsageError
from sco_qa.question import checked
from sco_qa.reply import Answer, Citation, Reply, Status, weighed
from sco_qa.settings import Settings
from sco_qa.types import State


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = "Ask a question; read the exact words that answer it, with the place where they stand."
    parser.epilog = (
        'examples:\n  sco-qa ask "Who blocked the SCO development bank?"\n'
        '  sco-qa ask --json "When was it founded?" --history "What is the SCO?"\n'
        "  sco-qa ask --json --batch questions.jsonl"
    )
    parser.add_argument("question", nargs="?", help="the question, in English")
    parser.add_argument("--json", action="store_true", help="print one JSON object (docs/contracts.md)")
    parser.add_argument(
        "--batch", type=Path, metavar="FILE", help='JSON lines {"id", "question", "history"}; - reads them'
    )
    parser.add_argument(
        "--history", action="append", default=[], metavar="QUESTION", help="an earlier question; repeatable"
    )
    parser.add_argument("--top", type=int, metavar="N", help=f"answers to show, 1 to 5 (default {Settings().top})")
    parser.add_argument(
        "--threshold", type=float, metavar="P", help=f"confidence needed to answer (default {Settings().threshold})"
    )
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Answer one question, or a file of them."""
    if (chosen.question is None) == (chosen.batch is None):
        raise UsageError('give either a question or --batch FILE, for instance: sco-qa ask "Who founded it?"')
    if chosen.batch is not None and not chosen.json:
        raise UsageError("--batch prints JSON lines; add --json")
    lines = None if chosen.batch is None else _lines(chosen.batch)
    settings = common.settings(chosen, top=chosen.top, threshold=chosen.threshold)
    if chosen.question is not None:
        checked(chosen.question, settings)  # before an index is built for it
    common.ensure_index(settings)
    assistant = Assistant.load(settings=settings)
    if lines is not None:
        for line in lines:
            print(common.json_line(answer_line(assistant, line)), flush=True)
    else:
        reply = assistant.ask(chosen.question, chosen.history)
        print(common.json_line(reply.to_json()) if chosen.json else "\n".join(for_people(reply)))
    return 0


def for_people(reply: Reply) -> Iterator[str]:
    """Give the lines of a reply: the first answer first, then where it stands, then the others worth weighing."""
    understood = [] if reply.read_as is None else [f"   (read as: {common.visible(reply.read_as)})"]
    if reply.status is Status.NO_ANSWER:
        yield f"The sources do not say: {reply.reason}."
        yield from understood
        if reply.nearest:
            yield "\nWhat came closest, which is no answer:"
        for citation in reply.nearest:
            yield f"  · {_shorten(citation.quote)}\n    {_place(citation)}"
        return
    sides = () if reply.disagreement is None else reply.disagreement.answers
    for place in weighed(reply.confidence, [answer.confidence for answer in reply.answers], sides):
        number, answer = place + 1, reply.answers[place]
        yield from _answer(number, answer)
        if number == 1:
            yield from understood
            yield from _differing(reply)


def _differing(reply: Reply) -> Iterator[str]:
    """Say in one line which answers contradict each other, newest first."""
    if reply.disagreement is not None:
        sides = [reply.answers[place] for place in reply.disagreement.answers]
        told = "; ".join(f"{_shorten(side.text, 60)} ({side.citation.date or 'no date'})" for side in sides)
        yield f"   The sources differ{' over time' if reply.disagreement.kind == 'time' else ''}: {told}"


def _answer(number: int, answer: Answer) -> Iterator[str]:
    text = " ".join(common.visible(answer.text).split())
    if number == 1:
        yield f"{text:<60}  (confidence {answer.confidence:.2f})"
    else:
        yield f"\n{number}. {text}  (confidence {answer.confidence:.2f})"
    yield f"   “{_marked(answer.citation)}”"
    yield f"   [{number}] {_place(answer.citation)}"
    for other in answer.also_in:
        yield f"       also in {_place(other)}"


def _marked(citation: Citation) -> str:
    """Show the sentence with the quoted words marked: in bold on a terminal, between » and « elsewhere."""
    before, after = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("»", "«")
    start, end = (place - citation.sentence.start for place in (citation.span.start, citation.span.end))
    text = citation.sentence_text
    parts = (common.visible(text[:start]), before, common.visible(text[start:end]), after, common.visible(text[end:]))
    return " ".join("".join(parts).split())


def _place(citation: Citation) -> str:
    path = (None if citation.place is None else citation.place.heading) or ""
    named = [
        citation.source.title,
        None if path.split(" › ")[-1] == citation.section else citation.section,
        citation.author,
        citation.source.publisher,
        citation.date,
    ]
    named = list(dict.fromkeys(part for part in named if part is not None))
    state = "" if citation.state is State.FRESH else f" · the file is {citation.state} since it was indexed"
    return common.visible(" · ".join([*(part for part in named if part), citation.where])) + state


def _shorten(text: str, most: int = 160) -> str:
    line = " ".join(common.visible(text).split())
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + " …"


def _lines(path: Path) -> list[str]:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path} ({error}); give a file of JSON lines in UTF-8") from None
    return [line for line in text.split("\n") if line.strip()]


def answer_line(assistant: Assistant, line: str) -> dict[str, Any]:
    """Answer one line of a batch; what is wrong with it is the answer, and the next line's turn comes."""
    id_: Any = None
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict):
            raise UsageError('a line must be an object like {"id": 1, "question": "…"}')
        json.dumps(entry, allow_nan=False)  # NaN and infinity could not be repeated
        id_ = entry.get("id")
        question, history = entry.get("question"), entry.get("history", [])
        if not isinstance(question, str):
            raise UsageError('the line has no "question"; give it one, as text')
        if not isinstance(history, list) or not all(isinstance(q, str) for q in history):
            raise UsageError('"history" must be a list of earlier questions')
        return assistant.ask(question, history).to_json(id_=id_)
    except (ValueError, RecursionError) as error:
        return {"id": id_, "error": f"the line is not JSON ({error}); mend it"}
    except ScoQaError as error:
        return {"id": id_, "error": str(error)}
