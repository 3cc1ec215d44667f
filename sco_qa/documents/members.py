"""The documents of a folder or of a zip archive, in order, and what in it cannot be one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sco_qa.documents import archive as archives
from sco_qa.documents.extraction import ENDINGS, MEGABYTES, too_large
from sco_qa.errors import DocumentError

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_PASSED_OVER = ("sources.toml", "__MACOSX")
_TOTAL = 32  # times the largest document: what an archive may hold unpacked


@dataclass(frozen=True, slots=True)
class Member:
    """A document of a folder or an archive: its name there, and its bytes or where they lie."""

    name: str
    content: bytes | Path


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be read as a document, and why and what to do."""

    name: str
    reason: str


def members(path: Path, *, megabytes: int = MEGABYTES) -> Iterator[Member | Refused]:
    """Give the documents of a folder or a zip archive, in the order of their names, each one when it is asked for.

    ``sources.toml`` and hidden files are passed over in silence; everything else comes, as a member or refused.

    Raises:
        DocumentError: The folder or the archive as a whole cannot be read.
    """
    return _of_folder(path) if path.is_dir() else _of_archive(path, megabytes)


def _of_folder(folder: Path) -> Iterator[Member | Refused]:
    within = folder.resolve()
    for name in sorted(_files(folder)):
        path = folder / name
        if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(within)):
            yield Refused(_printable(name), "it is a link out of the folder; put the document itself there")
        elif (reason := _no_document(name)) is not None:
            yield Refused(_printable(name), reason)
        else:
            yield Member(name, path)


def _files(folder: Path) -> Iterator[str]:
    """Name the files and links at any depth; no link is followed."""

    def failed(error: OSError) -> None:
        raise DocumentError(f"cannot read {error.filename} ({error.strerror}); mend or remove it")

    for place, folders, files in os.walk(folder, onerror=failed):
        folders[:] = [name for name in folders if not _passed_over(name)]
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        within = Path(place).relative_to(folder).as_posix()
        before = "" if within == "." else f"{within}/"  # once a folder: names are put together, paths taken apart
        yield from (before + name for name in [*files, *links] if not _passed_over(name))


def _of_archive(path: Path, megabytes: int) -> Iterator[Member | Refused]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise DocumentError(f"cannot read {path} ({error.strerror}); mend or remove it") from None
    with file, archives.opened(path.name, file) as archive:
        left = _TOTAL * megabytes * 1_000_000
        for entry in sorted(archive.infolist(), key=lambda e: e.filename):
            parts = entry.filename.split("/")
            if entry.is_dir() or (".." not in parts and any(map(_passed_over, parts))):
                continue
            reason = archives.hostile(entry) or _no_document(entry.filename)
            if reason is None and entry.file_size > megabytes * 1_000_000:
                reason = too_large("it", megabytes)
            elif reason is None and entry.file_size > left:
                reason = f"the archive holds more than {_TOTAL * megabytes} MB; split it, or unpack it into a folder"
            if reason is not None:
                yield Refused(_printable(entry.filename), reason)
                continue
            left -= entry.file_size
            try:
                content = archives.unpack(archive, entry)
            except DocumentError as error:
                yield Refused(entry.filename, str(error))
            else:
                yield Member(entry.filename, content)


def _no_document(name: str) -> str | None:
    ending = PurePosixPath(name).suffix.lower()
    if not name.isprintable():
        return "its name cannot be cited; rename it with plain characters"
    if ending in _ARCHIVES:
        return "it is an archive in a folder or an archive; give it by itself, or unpack it"
    if ending not in ENDINGS:
        return f"it is in no format that can be read ({', '.join(ENDINGS)}); convert or remove it"
    return None


def _passed_over(name: str) -> bool:
    return name in _PASSED_OVER or name.startswith(".")


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)[1:-1]
