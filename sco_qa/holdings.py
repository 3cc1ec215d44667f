"""What is added to a corpus folder and what is taken out of it. Nothing is ever deleted or written over."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sco_qa import corpus
from sco_qa.corpus import REMOVED, Duplicate, Extractor, Skipped
from sco_qa.documents import ENDINGS, Member, Refused, members
from sco_qa.documents.extraction import read_by
from sco_qa.errors import DocumentError, UsageError

_ARCHIVE = ".zip"


@dataclass(frozen=True, slots=True)
class Added:
    """What became of files that were to be added; ``replaced`` are those whose older version was put away."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    duplicates: tuple[Duplicate, ...]
    skipped: tuple[Skipped, ...]


def add(
    paths: Sequence[Path],
    folder: Path,
    *,
    extractor: Extractor,
    megabytes: int = corpus.MEGABYTES,
    progress: Callable[[int], None] = lambda _: None,
) -> Added:
    """Copy files, and the documents of folders and zip archives, into the corpus folder, each one whole or not at all.

    A file keeps its name; what comes from a folder or an archive lies in a sub-folder of that name. One that the
    corpus holds already, under whatever name, is not copied. One that has the name of another takes its place, and
    the older version is put away; two of one name that are added together are told apart by their hashes.

    Args:
        paths: What is added.
        folder: The corpus folder; it is made if it is not there.
        extractor: Tells whether a document can be read: what cannot is not copied.
        megabytes: The largest document that is read.
        progress: Called with 1 for every document.

    Raises:
        UsageError: One of the paths is not there; nothing is copied then.
        OSError: The corpus folder cannot be written.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {path}; nothing was added")
    folder.mkdir(parents=True, exist_ok=True)
    found, _ = corpus.find(folder, megabytes=megabytes)
    held = {sha256: name for name, _, sha256, _ in found}
    added: list[str] = []
    replaced: list[str] = []
    duplicates: list[Duplicate] = []
    skipped: list[Skipped] = []
    for member in (m for path in paths for m in _members(path, megabytes)):
        progress(1)
        if isinstance(member, Refused):
            skipped.append(Skipped(member.name, f"{member.name}: {member.reason}"))
            continue
        try:
            content = member.content
            if isinstance(content, Path):
                content = read_by(Path.read_bytes, member.name, content, megabytes)
            extractor(member.name, content)
        except DocumentError as error:
            skipped.append(Skipped(member.name, str(error)))
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in held:
            duplicates.append(Duplicate(member.name, held[sha256]))
            continue
        name = member.name
        if name in added or name in replaced:
            name = _with_hash(name, sha256)
        if (folder / name).exists():
            _put_away(folder, name)
            held = {digest: of for digest, of in held.items() if of != name}
            replaced.append(name)
        else:
            added.append(name)
        _write(folder / name, content)
        held[sha256] = name
    return Added(tuple(added), tuple(replaced), tuple(duplicates), tuple(skipped))


def remove(ids: Sequence[str], folder: Path, *, megabytes: int = corpus.MEGABYTES) -> tuple[str, ...]:
    """Put documents away, by their ids or their files' names, and the duplicates of each; give the files' names.

    Raises:
        UsageError: One of them is not there; nothing is put away then.
        OSError: The corpus folder cannot be written.
    """
    documents = corpus.load(folder, megabytes=megabytes)
    named = {file.id: file.name for file in documents.files}
    names = {*named.values(), *(d.file for d in documents.duplicates), *(s.file for s in documents.skipped)}
    chosen: dict[str, None] = {}
    for id_ in ids:
        name = named.get(id_, id_)
        if name not in names:
            raise UsageError(f"there is no document {id_!r} in {folder}; nothing was removed; see: sco-qa sources")
        chosen[name] = None
        chosen |= dict.fromkeys(d.file for d in documents.duplicates if d.of == name)
    for name in chosen:
        _put_away(folder, name)
    return tuple(chosen)


def _members(path: Path, megabytes: int) -> Iterator[Member | Refused]:
    """Give what is to be added of a path, named as it will be in the corpus."""
    if not path.is_dir() and path.suffix.lower() != _ARCHIVE:
        if path.suffix.lower() in ENDINGS and path.name.isprintable():
            yield Member(path.name, path)
        else:
            yield Refused(
                ascii(path.name)[1:-1], f"it is in no format that can be read ({', '.join(ENDINGS)}); convert it"
            )
        return
    within = path.resolve().name if path.is_dir() else path.stem
    try:
        for member in members(path, megabytes=megabytes):
            name = f"{within}/{member.name}"
            if isinstance(member, Refused):
                yield Refused(name, member.reason)
            else:
                yield Member(name, member.content if isinstance(member.content, bytes) else path / member.name)
    except DocumentError as error:
        yield Refused(path.name, str(error))


def _with_hash(name: str, sha256: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-{sha256[:8]}{path.suffix}"))


def _put_away(folder: Path, name: str) -> None:
    """Move a document into the folder that is passed over; another of its name there keeps the name."""
    to = folder / REMOVED / name
    if to.exists():
        with (folder / name).open("rb") as file:
            to = folder / REMOVED / _with_hash(name, hashlib.file_digest(file, "sha256").hexdigest())
    to.parent.mkdir(parents=True, exist_ok=True)
    (folder / name).replace(to)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".adding-{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
