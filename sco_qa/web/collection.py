"""The collection as it is: each source with its state, what is not indexed yet, and the index built anew."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from sco_qa import corpus
from sco_qa.errors import ScoQaError
from sco_qa.types import Source
from sco_qa.web.desk import Desk
from sco_qa.web.markup import render


@dataclass(frozen=True, slots=True)
class Row:
    """A source of the collection; ``passages`` and ``state`` are those of the index."""

    source: Source
    passages: int
    state: str


def table(desk: Desk) -> str:
    """Render the collection."""
    index = desk.assistant.index
    passages = index.count_by_source()
    rows = [Row(s, passages.get(s.id, 0), desk.state(s).value) for s in index.sources.values()]
    problem = ""
    try:
        documents = corpus.load(desk.settings.corpus, megabytes=desk.settings.document_megabytes)
    except ScoQaError as error:
        problem = str(error)
    else:
        known = {corpus.original_of(source)[0] for source in index.sources.values()}
        unread = [skipped.reason for skipped in documents.skipped]
        for file in documents.files:
            if file.name not in known:
                try:
                    rows.append(Row(corpus.read(file), 0, "not indexed"))
                except ScoQaError as error:
                    unread.append(str(error))
        problem = "; ".join(unread)
    return render("collection.html", rows=rows, base=desk.settings.base_path, problem=problem)


def rebuild(desk: Desk) -> Iterator[str]:
    """Build the index anew, saying how far it is; the last line says how it went."""
    said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    outcome = ["The index was built anew; questions are answered from it."]

    def build() -> None:
        try:
            skipped = desk.rebuild(
                lambda what, done, total: said.put(f"{what} … {done} of {total}" if done else f"{what} …")
            )
            outcome.extend(f"Skipped: {reason}." for reason in skipped)
        except ScoQaError as error:
            outcome[0] = str(error)
        finally:
            said.put(None)

    threading.Thread(target=build, name="rebuild", daemon=True).start()
    while (line := said.get()) is not None:
        yield render("progress.html", text=line)
    yield render("progress.html", text=" ".join(outcome))
