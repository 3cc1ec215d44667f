"""A folder of documents, read as sources.

Every file that can be a document counts, in sub-folders too; hidden ones and ``sources.toml`` are passed over. What
cannot be read is skipped and named, and the rest is read all the same. Files that hold the same bytes are one document.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from sco_qa import catalogue
from sco_qa.documents import Document, Refused, extract, members
from sco_qa.documents.extraction import read_by
from sco_qa.errors import CorpusError, DocumentError
from sco_qa.settings import Settings
from sco_qa.types import Source, State, name_of

REMOVED = ".removed"
"""The folder in a corpus that documents are put away in."""
MEGABYTES = Settings().document_megabytes

Found = tuple[str, Path, str, int]
"""A file's name, where it lies, the hash of its bytes, and how many they are."""

Extractor = Callable[[str, bytes], Document]
"""Called with a file's name and its bytes."""

Hash = Callable[[Path], str]
"""Gives the SHA-256 of a file's bytes."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder that may be read as a document; ``sha256`` is that of its bytes."""

    name: str
    path: Path
    sha256: str
    size: int
    id: str
    entry: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not read; ``reason`` is a line that names it and says why, and what to do."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file that holds the same bytes as another, which is read in its stead."""

    file: str
    of: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """What lies in a folder, in the order of the files' names. Nothing is extracted before it is iterated over."""

    folder: Path
    files: tuple[File, ...]
    skipped: tuple[Skipped, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()

    def __iter__(self) -> Iterator[Source]:
        """Give the sources that can be read."""
        for file in self.files:
            try:
                yield read(file)
            except DocumentError:
                continue


def load(folder: Path, *, megabytes: int = MEGABYTES, digest: Hash | None = None) -> Corpus:
    """Find the documents of ``folder``, and hash them, by ``digest`` if that knows some already.

    Raises:
        CorpusError: The folder or its catalogue cannot be used, or there is nothing in it to read.
    """
    require_folder(folder)
    entries = catalogue.read(folder)
    found, skipped = find(folder, megabytes=megabytes, digest=digest)
    _require_all(entries, {name for name, *_ in found} | {s.file for s in skipped}, folder)
    first: dict[str, str] = {}
    for name, _, sha256, _ in sorted(found, key=lambda f: (f[0] not in entries, f[0])):  # one that is described first
        first.setdefault(sha256, name)
    duplicates = tuple(Duplicate(name, first[sha256]) for name, _, sha256, _ in found if first[sha256] != name)
    found = [f for f in found if first[f[2]] == f[0]]
    if not found:
        why = f"; {skipped[0].reason}" if skipped else ""
        raise CorpusError(f"there is no document in {folder} that can be read{why}; put documents there: sco-qa add")
    ids = _ids([name for name, *_ in found], entries)
    files = tuple(File(n, path, digest, size, ids[n], entries.get(n, {})) for n, path, digest, size in found)
    for file in files:
        _require_sound(file)
    return Corpus(folder, files, tuple(skipped), duplicates)


def find(folder: Path, *, megabytes: int = MEGABYTES, digest: Hash | None = None) -> tuple[list[Found], list[Skipped]]:
    """Find the files of ``folder`` that may be documents, in the order of their names, and those that cannot be."""
    digest = hash_of if digest is None else digest
    found: list[Found] = []
    skipped: list[Skipped] = []
    for member in members(folder, megabytes=megabytes):
        if isinstance(member, Refused):
            skipped.append(Skipped(member.name, f"{member.name}: {member.reason}"))
            continue
        path = folder / member.name
        try:
            sha256, size = read_by(lambda file: (digest(file), file.stat().st_size), member.name, path, megabytes)
            found.append((member.name, path, sha256, size))
        except DocumentError as error:
            skipped.append(Skipped(member.name, str(error)))
    return found, skipped


def require_folder(folder: Path) -> None:
    """Raise ``CorpusError`` unless there is a folder that can be read."""
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        raise CorpusError(
            f"cannot read the corpus folder {folder} ({error.strerror}); choose one with --corpus or SCO_QA_CORPUS"
        ) from None


def read(file: File, extractor: Extractor = extract) -> Source:
    """Read one document, and what the catalogue says of it.

    Raises:
        DocumentError: It cannot be read.
        CorpusError: What the catalogue says of it is wrong.
    """
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise DocumentError(f"cannot read {file.name} ({error.strerror}); mend or remove it") from None
    document = extractor(file.name, content)
    where = f"the entry of {file.name} in {catalogue.NAME}"
    own: dict[str, Any] = {
        "title": document.title,
        "author": document.author,
        "date": document.date,
        "date_basis": document.date_basis,
        "furniture": document.furniture,
        "sections": document.sections,
    }
    given = catalogue.known(file.entry, len(document.text), where)
    if "date" in given:  # what the document's own date rests on says nothing of it
        own["date_basis"] = None
    original = None
    if document.format != "text":
        original = {"file": file.name, "sha256": hashlib.sha256(content).hexdigest(), "format": document.format}
    values = {**own, **given, "id": file.id}
    return Source(
        **{**values, "title": values["title"] or name_of(file.name)},
        file=file.name if original is None else f"{file.name}.txt",
        text=document.text,
        original=original,
        places=document.places,
    )


def original_of(source: Source) -> tuple[str, str]:
    """Give the name and the hash of the file that a source was read from."""
    if source.original is None:
        return source.file, source.sha256
    return source.original["file"], source.original["sha256"]


def state(folder: Path, source: Source) -> State:
    """Tell whether the file of ``source`` still is what was indexed."""
    name, sha256 = original_of(source)
    try:
        return State.FRESH if hash_of(folder / name) == sha256 else State.CHANGED
    except OSError:
        return State.MISSING


def _require_all(entries: Mapping[str, Any], names: set[str], folder: Path) -> None:
    missing = [name for name in entries if name not in names]
    removed = folder / REMOVED  # listed, since a name may be too long to be asked for
    put_away = {path.relative_to(removed).as_posix() for path in removed.rglob("*")} if missing else set()
    for name in missing:
        if name not in put_away:
            raise CorpusError(
                f"{folder / catalogue.NAME} names {name}, which is not in {folder}; add it or drop the entry"
            )


def _require_sound(file: File) -> None:
    """Refuse a wrong entry of the catalogue before anything is built; only if it is wrong, its document is read."""
    try:
        catalogue.known(file.entry, 2**31, file.name)
    except CorpusError:
        read(file)
        raise


def _ids(names: list[str], entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Give each file an id: what the catalogue says, or its name, without the ending where that is enough."""
    stems = {name: str(PurePosixPath(name).with_suffix("")) for name in names}
    counts = Counter(stems.values())
    ids: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name, stem in stems.items():
        given = entries.get(name, {}).get("id")
        ids[name] = given if isinstance(given, str) and given else stem if counts[stem] == 1 else name
        if ids[name] in seen:
            raise CorpusError(f"{seen[ids[name]]} and {name} have the same id {ids[name]!r}; rename one")
        seen[ids[name]] = name
    return ids


def hash_of(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
