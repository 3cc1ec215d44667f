"""Where an index lies: one folder a generation, and a pointer to the current one that is replaced atomically.

    index/current                 the name of the current generation
    index/<generation>/manifest.json, …

A generation is named by the hash of its manifest, whatever its format, and its manifest holds for each of its files
the size, the SHA-256 and, of large ones, a CRC-32 for every block: nothing is read that was not verified before, and
yet opening a large index does not take the time to hash it. A build writes elsewhere and moves the finished folder
into place; whoever reads the old generation is not disturbed, and it stays until the next build.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import mmap
import os
import shutil
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from sco_qa.errors import IndexDamaged, IndexMissing, IndexOutdated, IndexProblem

FORMAT = 5
BLOCK = 1 << 20
"""Bytes that share a checksum; a file that is no larger is verified by its SHA-256."""

LOCK = ".lock"
_POINTER, _MANIFEST, _BUILDING = "current", "manifest.json", ".building-"
_NAME_LENGTH = 16
_REMEDY = "run: sco-qa build"

Opened = TypeVar("Opened")


def current(folder: Path) -> Path:
    """Give the folder of the current generation.

    Raises:
        IndexMissing: Nothing has been built there.
        IndexDamaged: The pointer leads nowhere.
    """
    before = None
    while True:
        try:
            name = (folder / _POINTER).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise IndexMissing(f"there is no index in {folder}; {_REMEDY}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise IndexDamaged(f"cannot read {folder / _POINTER} ({error}); {_REMEDY}") from None
        generation = folder / name
        if _is_name(name) and generation.is_dir():
            return generation
        if name == before:
            raise IndexDamaged(f"{folder / _POINTER} names {name[:40]!r}, which is no generation; {_REMEDY}")
        before = name  # since it was read, two builds may have ended, which is when a generation goes


class Generation:
    """A finished index as a folder of files, each of them verified before anything is read from it."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a generation by its own folder, as :func:`current` gives it.

        Raises:
            IndexDamaged: The manifest is not the one that was written.
            IndexOutdated: It is of another format.
        """
        path = folder / _MANIFEST
        try:
            content = path.read_bytes()
        except OSError as error:
            raise IndexDamaged(f"cannot read {path} ({error.strerror}); {_REMEDY}") from None
        if _name(content) != folder.name:
            raise _not_written(path)
        manifest: dict[str, Any] = json.loads(content)
        if manifest["format"] != FORMAT:
            raise IndexOutdated(
                f"the index is of format {manifest['format']}, this version reads format {FORMAT}; {_REMEDY}"
            )
        return cls(folder, manifest)

    @property
    def size(self) -> int:
        """What the files take on disk, in bytes, without the manifest."""
        return sum(entry["size"] for entry in self.manifest["files"].values())

    def names(self, folder: str) -> list[str]:
        """List the files under a folder of the generation."""
        return [name for name in self.manifest["files"] if name.startswith(f"{folder}/")]

    def path(self, name: str) -> Path:
        """Give the path of a file, all of it verified, to a library that reads it by itself."""
        self.map(name).verify()
        return self.folder / name

    def path_of_folder(self, name: str) -> Path:
        """Give the path of a folder, every file in it verified."""
        for file in self.names(name):
            self.path(file)
        return self.folder / name

    def map(self, name: str) -> Mapped:
        """Map a file; each of its blocks is verified when it is first read from."""
        return Mapped(self.folder / name, self.manifest["files"].get(name))

    def verify(self) -> None:
        """Hash every file.

        Raises:
            IndexDamaged: One is missing or is not the file that was written; the message names it.
        """
        for name, entry in self.manifest["files"].items():
            path = self.folder / name
            try:
                found = _digest(path)
            except OSError as error:
                raise IndexDamaged(f"cannot read {path} ({error.strerror}); {_REMEDY}") from None
            if found != entry["sha256"]:
                raise _not_written(path)


def open_current(folder: Path, use: Callable[[Generation], Opened]) -> Opened:
    """Open the current generation of an index folder by ``use``, whatever is built there in the meantime.

    Raises:
        IndexMissing: Nothing has been built there.
        IndexDamaged: The pointer leads nowhere, or a file is not the one that was written.
        IndexOutdated: It is of another format.
    """
    while True:
        generation = current(folder)
        try:
            return use(Generation.open(generation))
        except IndexDamaged:
            if current(folder) == generation:
                raise


class Mapped:
    """An open file of which nothing is held in memory but which blocks were verified already."""

    def __init__(self, path: Path, entry: dict[str, Any] | None) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self.size = os.fstat(file.fileno()).st_size
                self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self.size else b""
                self._descriptor = os.dup(file.fileno())
                weakref.finalize(self, os.close, self._descriptor)
        except OSError as error:
            raise IndexDamaged(f"cannot read {path} ({error.strerror}); {_REMEDY}") from None
        if entry is None or entry["size"] != self.size:
            raise _not_written(path)
        self._sha256: str = entry["sha256"]
        self._checksums: list[int] | None = entry.get("crc32")
        self._verified = bytearray(-(-self.size // BLOCK) or 1)

    def read(self, start: int, end: int) -> memoryview:
        """Give the bytes of ``[start, end)``, once their blocks are what was written."""
        for block in range(start // BLOCK, -(-end // BLOCK)):
            self._verify(block)
        return memoryview(self._content)[start:end]

    def unverified(self, start: int, end: int) -> bytes:
        """Give the bytes of ``[start, end)`` to whoever can tell whether just these are right.

        They are copied: of a large file that is read here and there, the pages around each place would stay mapped.
        """
        content = os.pread(self._descriptor, end - start, start)
        if len(content) < end - start:
            raise _not_written(self.path)
        return content

    def verify(self) -> None:
        """Verify all of it."""
        for block in range(len(self._verified)):
            self._verify(block)

    def _verify(self, block: int) -> None:
        if self._verified[block]:
            return
        content = memoryview(self._content)[block * BLOCK : (block + 1) * BLOCK]
        if self._checksums is None:
            right = hashlib.sha256(content).hexdigest() == self._sha256
        else:
            right = zlib.crc32(content) == self._checksums[block]
        if not right:
            raise _not_written(self.path)
        self._verified[block] = 1


def mapped(path: Path) -> Mapped:
    """Map a file that was just written."""
    return Mapped(path, _entry(path))


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Lend an empty folder to build in, to one builder at a time; others wait. What is left in it is removed.

    Raises:
        IndexProblem: The index folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for abandoned in folder.glob(f"{_BUILDING}*"):
                _remove(abandoned)
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
    content = {"format": FORMAT, **described, "files": {name: _entry(scratch / name) for name in names}}
    written = (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    (scratch / _MANIFEST).write_bytes(written)
    for path in (*scratch.rglob("*"), scratch):
        _sync(path)
    generation, replaced = folder / _name(written), folder / f"{_BUILDING}replaced"
    if not _is_whole(generation):  # else the same was built before, and somebody may be reading it
        if generation.exists():
            generation.replace(replaced)
        scratch.replace(generation)
    before = _pointed(folder)
    pointer = folder / f"{_BUILDING}{_POINTER}"
    pointer.write_text(generation.name + "\n", encoding="ascii")
    _sync(pointer)
    pointer.replace(folder / _POINTER)
    _sync(folder)
    for old in folder.iterdir():
        if old.name == replaced.name or (_is_name(old.name) and old.name not in {generation.name, before}):
            shutil.rmtree(old, ignore_errors=True)
    return generation


def _entry(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    entry: dict[str, Any] = {"size": size, "sha256": _digest(path)}
    if size > BLOCK:
        with path.open("rb") as file:
            entry["crc32"] = [zlib.crc32(block) for block in iter(lambda: file.read(BLOCK), b"")]
    return entry


def _pointed(folder: Path) -> str | None:
    try:
        return current(folder).name
    except IndexProblem:
        return None


def _is_whole(generation: Path) -> bool:
    try:
        Generation.open(generation).verify()
    except IndexProblem:
        return False
    return True


def _is_name(name: str) -> bool:
    return len(name) == _NAME_LENGTH and name.isalnum()


def _name(manifest_bytes: bytes) -> str:
    return hashlib.sha256(manifest_bytes).hexdigest()[:_NAME_LENGTH]


def _not_written(path: Path) -> IndexDamaged:
    return IndexDamaged(f"{path} is not the file that was written; {_REMEDY}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
