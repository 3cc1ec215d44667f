"""Where an index lies: one folder a generation, and a pointer to the current one that is replaced atomically.

    index/current                 the name of the current generation
    index/<generation>/manifest.json, …

A generation is named by the hash of its manifest, and its manifest holds the hash of each of its files, so that a
truncated or edited file is found before anything is loaded from it. A build writes elsewhere and moves the finished
folder into place; whoever reads the old generation is not disturbed, and it stays until the next build.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sco_qa.errors import IndexDamaged, IndexMissing, IndexProblem

FORMAT = 1
_POINTER, _MANIFEST, _BUILDING, _LOCK = "current", "manifest.json", ".building-", ".lock"
_NAME_LENGTH = 16
_REMEDY = "run: sco-qa build"


def current(folder: Path) -> Path:
    """Give the folder of the current generation.

    Raises:
        IndexMissing: Nothing has been built there.
        IndexDamaged: The pointer leads nowhere.
    """
    try:
        name = (folder / _POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise IndexMissing(f"there is no index in {folder}; {_REMEDY}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"cannot read {folder / _POINTER} ({error}); {_REMEDY}") from None
    generation = folder / name
    if len(name) != _NAME_LENGTH or not name.isalnum() or not generation.is_dir():
        raise IndexDamaged(f"{folder / _POINTER} names {name[:40]!r}, which is no generation; {_REMEDY}")
    return generation


def manifest(generation: Path) -> dict[str, Any]:
    """Read a generation's manifest, if it is the one that was written and of this format."""
    path = generation / _MANIFEST
    try:
        content = path.read_bytes()
        read = json.loads(content)
        version = read["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"cannot read {path} ({type(error).__name__}); {_REMEDY}") from None
    if version != FORMAT:
        raise IndexDamaged(f"the index is of format {version}, this version reads format {FORMAT}; {_REMEDY}")
    if _name(content) != generation.name:
        raise IndexDamaged(f"{path} is not the file that was written; {_REMEDY}")
    found: dict[str, Any] = read
    return found


def verify(generation: Path, expected: dict[str, Any]) -> None:
    """Hash every file that ``expected``, the manifest, names.

    Raises:
        IndexDamaged: One is missing or is not the file that was written; the message names it.
    """
    for name, digest in expected["files"].items():
        try:
            found = _digest(generation / name)
        except OSError as error:
            raise IndexDamaged(f"cannot read {generation / name} ({error.strerror}); {_REMEDY}") from None
        if found != digest:
            raise IndexDamaged(f"{generation / name} is not the file that was written; {_REMEDY}")


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Lend an empty folder to build in, to one builder at a time; others wait. What is left in it is removed.

    Raises:
        IndexProblem: The index folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for abandoned in folder.glob(f"{_BUILDING}*"):
                shutil.rmtree(abandoned)
            scratch = folder / f"{_BUILDING}{os.getpid()}"
            scratch.mkdir()
            try:
                yield scratch
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        where = error.filename or folder
        raise IndexProblem(f"cannot write the index ({error.strerror}: {where}); mend that or use --index") from error


def publish(scratch: Path, described: dict[str, Any]) -> Path:
    """Make what lies in ``scratch`` the current generation, described by its manifest, and return its folder."""
    folder = scratch.parent
    names = sorted(p.relative_to(scratch).as_posix() for p in scratch.rglob("*") if p.is_file())
    content = {"format": FORMAT, **described, "files": {name: _digest(scratch / name) for name in names}}
    written = (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    (scratch / _MANIFEST).write_bytes(written)
    for path in scratch.rglob("*"):
        if path.is_file():
            _sync(path)
    generation = folder / _name(written)
    if not _is_whole(generation):  # else the same was built before, and somebody may be reading it
        if generation.exists():
            generation.replace(scratch.with_name(f"{_BUILDING}replaced"))
        scratch.replace(generation)
    before = _pointed(folder)
    pointer = folder / f"{_BUILDING}{_POINTER}"
    pointer.write_text(generation.name + "\n", encoding="ascii")
    _sync(pointer)
    pointer.replace(folder / _POINTER)
    _sync(folder)
    for old in folder.iterdir():
        if old.is_dir() and old.name not in {generation.name, before}:
            shutil.rmtree(old, ignore_errors=True)
    return generation


def _pointed(folder: Path) -> str | None:
    try:
        return current(folder).name
    except IndexProblem:
        return None


def _is_whole(generation: Path) -> bool:
    try:
        verify(generation, manifest(generation))
    except IndexDamaged:
        return False
    return True


def _name(manifest_bytes: bytes) -> str:
    return hashlib.sha256(manifest_bytes).hexdigest()[:_NAME_LENGTH]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
