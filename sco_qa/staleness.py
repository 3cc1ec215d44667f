"""Whether an index still is what would be built now: from the same documents, by the same settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sco_qa import encoder as encoding
from sco_qa import sentences, store
from sco_qa.corpus import Corpus, File
from sco_qa.documents.version import EXTRACTOR
from sco_qa.errors import IndexStale
from sco_qa.settings import Settings
from sco_qa.store import Generation

_RECORDS = "documents.jsonl"


@dataclass(frozen=True, slots=True)
class Record:
    """A file that an index was built from: the hash of its bytes, and of what the catalogue said of it.

    ``id`` is its source's, and None if it was skipped; ``skipped`` then says why.
    """

    file: str
    sha256: str
    entry: str
    id: str | None
    passages: int
    skipped: str | None = None


def made_with(settings: Settings) -> dict[str, Any]:
    """Describe what an index is made with but the documents; its manifest holds it."""
    return {
        "settings": settings.for_index(),
        "encoder": encoding.fingerprint(settings.encoder),
        "sentences": sentences.fingerprint(),
        "extractor": EXTRACTOR,
    }


def record(file: File, *, sha256: str, id_: str | None, passages: int, skipped: str | None = None) -> Record:
    """Make the record of a file whose bytes, when they were read, had that hash."""
    return Record(file.name, sha256, _entry(file.entry), id_, passages, skipped)


def write(records: list[Record], folder: Path) -> None:
    """Write the records of a generation."""
    with (folder / _RECORDS).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(asdict(r), ensure_ascii=False) + "\n" for r in records)


def read(generation: Generation) -> list[Record]:
    """Read the records of a generation."""
    lines = generation.path(_RECORDS).read_text(encoding="utf-8").split("\n")
    return [Record(**json.loads(line)) for line in lines if line]


def require_fresh(folder: Path, corpus: Corpus, settings: Settings) -> None:
    """Compare the current generation with what it would be made from now.

    Raises:
        IndexMissing, IndexOutdated, IndexDamaged: There is nothing to compare with.
        IndexStale: Something changed; the exception names it.
    """
    manifest, records = store.open_current(folder, lambda generation: (generation.manifest, read(generation)))
    changes = (*_made_otherwise(manifest, settings), *_documents(records, corpus))
    if changes:
        raise IndexStale(changes)


def _made_otherwise(was: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    now = made_with(settings)
    for name, value in now["settings"].items():
        if was["settings"].get(name) != value:
            yield f"the setting {name} is {value!r}, was {was['settings'].get(name)!r}"
    if was["encoder"] != now["encoder"] and was["settings"]["encoder"] == now["settings"]["encoder"]:
        yield f"the encoder {settings.encoder} changed"
    if was["sentences"] != now["sentences"]:
        yield "the sentence splitter changed"
    if was["extractor"] != now["extractor"]:
        yield "the extraction of documents changed"


def _documents(records: list[Record], corpus: Corpus) -> Iterator[str]:
    old, new = {r.file: r for r in records}, {f.name: f for f in corpus.files}
    gone = {old[name].sha256: name for name in old if name not in new}
    renamed = {gone[f.sha256]: name for name, f in new.items() if name not in old and f.sha256 in gone}
    yield from (f"{name} was added" for name in new if name not in old and name not in renamed.values())
    yield from (f"{name} was removed" for name in old if name not in new and name not in renamed)
    yield from (f"{before} was renamed {name}" for before, name in renamed.items())
    for name in sorted(old.keys() & new.keys()):
        if old[name].sha256 != new[name].sha256:
            yield f"{name} changed"
        elif old[name].entry != _entry(new[name].entry):
            yield f"the description of {name} changed"
        elif old[name].id not in {None, new[name].id}:
            yield f"the id of {name} changed"


def _entry(entry: Mapping[str, Any]) -> str:
    """Hash what the catalogue says; a date of TOML's own kind is no text, and will be refused when it is read."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
