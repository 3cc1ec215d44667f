"""Every document of a corpus and of its index, and what state it is in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sco_qa import corpus, staleness, store
from sco_qa.archive import Sources
from sco_qa.errors import IndexMissing, IndexOutdated
from sco_qa.settings import Settings
from sco_qa.staleness import Record
from sco_qa.store import Generation


class Standing(StrEnum):
    """How a document in the folder stands to the index."""

    FRESH = "fresh"
    CHANGED = "changed"
    MISSING = "missing"
    NOT_INDEXED = "not indexed"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document; ``size`` is its file's, in bytes, ``why`` what it is a duplicate of, or why it is skipped."""

    id: str | None
    file: str
    standing: Standing
    title: str | None = None
    date: str | None = None
    size: int | None = None
    passages: int = 0
    why: str | None = None


def take(settings: Settings) -> list[Entry]:
    """Go through corpus and index, in the order of the files' names.

    Raises:
        CorpusError: The folder or its catalogue cannot be used, or there is nothing in it to read.
        IndexDamaged: The index is not what was written.
    """
    documents = corpus.load(settings.corpus, megabytes=settings.document_megabytes)
    records, sources = _indexed(settings)
    entries = [
        *(Entry(None, d.file, Standing.DUPLICATE, why=f"holds the same as {d.of}") for d in documents.duplicates),
        *(Entry(None, s.file, Standing.SKIPPED, why=s.reason) for s in documents.skipped),
    ]
    for file in documents.files:
        record = records.pop(file.name, None)
        if record is None:
            entries.append(Entry(file.id, file.name, Standing.NOT_INDEXED, size=file.size))
        elif record.skipped is not None and record.sha256 == file.sha256:
            entries.append(Entry(file.id, file.name, Standing.SKIPPED, size=file.size, why=record.skipped))
        else:
            standing = Standing.FRESH if record.sha256 == file.sha256 else Standing.CHANGED
            entries.append(_entry(record, standing, sources, file.size))
    gone = (r for r in records.values() if r.skipped is None)
    entries += [_entry(record, Standing.MISSING, sources, None) for record in gone]
    return sorted(entries, key=lambda entry: entry.file)


def _indexed(settings: Settings) -> tuple[dict[str, Record], Sources | None]:
    def read(generation: Generation) -> tuple[dict[str, Record], Sources]:
        return {r.file: r for r in staleness.read(generation)}, Sources(generation)

    try:
        return store.open_current(settings.index, read)
    except (IndexMissing, IndexOutdated):
        return {}, None


def _entry(record: Record, standing: Standing, sources: Sources | None, size: int | None) -> Entry:
    known = sources.described(record.id) if sources is not None and record.id is not None else {}
    return Entry(
        record.id, record.file, standing, known.get("title"), known.get("date"), size=size, passages=record.passages
    )
