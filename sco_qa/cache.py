"""What need not be computed again, beside the index: texts and hashes of documents, vectors of a build cut off.

Every entry is a file of its own, moved into place when it is whole, and begins with the SHA-256 of the rest: one that
was cut off or edited is thrown away, and computed again.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_qa import corpus
from sco_qa.corpus import Extractor
from sco_qa.documents import Document
from sco_qa.documents.version import EXTRACTOR
from sco_qa.types import structured

_HASH = hashlib.sha256().digest_size
_TICK_NS = 2_000_000_000
"""What the coarsest clock of a file system (FAT) may miss."""
KEY = np.dtype("S16")
"""A hash of a text that is encoded; NumPy compares all of its bytes."""


class Texts:
    """Extracts documents, each one's bytes only once for every version of the extraction."""

    def __init__(self, folder: Path, extractor: Extractor) -> None:
        self._folder = folder
        self._extractor = extractor
        self._used: set[str] = set()

    def __call__(self, name: str, content: bytes) -> Document:
        """Give the document of that name and content, extracted now or before."""
        suffix = Path(name).suffix.lower().removeprefix(".")
        key = f"{hashlib.sha256(content).hexdigest()}-{suffix}-{EXTRACTOR}"
        self._used.add(key)
        stored = _read(self._folder / key)
        if stored is not None:
            return Document(**structured(json.loads(stored)))
        document = self._extractor(name, content)
        if document.format != "text":  # such a file is its own text, and as quickly read again
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(self._folder / key, json.dumps(asdict(document), ensure_ascii=False).encode())
        return document

    def forget_others(self) -> None:
        """Drop what was not asked for."""
        if self._folder.exists():
            for path in self._folder.iterdir():
                if path.name not in self._used:
                    path.unlink()


class Hashes:
    """The hashes of files, each computed only once as long as size, times and inode stay the same.

    That is a hint, for telling which documents changed; whatever is cited is hashed again. A file that was written just
    before it was hashed is not remembered: another write in the same tick of the clock would not show.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        stored = None
        with suppress(OSError):  # where nothing can be read, it is those who write there that say so
            stored = _read(path)
        self._known: dict[str, list[Any]] = {} if stored is None else json.loads(stored)
        self._now: dict[str, list[Any]] = {}

    def __call__(self, path: Path) -> str:
        """Give the SHA-256 of a file's bytes, computed now or before."""
        found = path.stat()
        seen = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
        *before, sha256 = self._known.get(str(path), [None])
        if before != seen:
            sha256 = corpus.hash_of(path)
        if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > _TICK_NS:
            self._now[str(path)] = [*seen, sha256]
        return str(sha256)

    def keep(self) -> None:
        """Write down what was asked for, if that can be written and is not there already."""
        if self._now != self._known:
            with suppress(OSError):
                _write(self._path, json.dumps(self._now).encode())
            self._known = self._now


class Chunk:
    """The vectors of a chunk that was written, opened only to be read: of a million passages there are a thousand."""

    def __init__(self, path: Path, count: int, dimension: int) -> None:
        self._path = path
        self._shape = count, dimension

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Give some vectors, ``(len(rows), dimension)``."""
        before = _HASH + 8 + self._shape[0] * KEY.itemsize
        return np.fromfile(self._path, "<f4", offset=before).reshape(self._shape)[rows]


class Journal:
    """Vectors in chunks, with the keys of the texts that they were made of, for one encoder."""

    def __init__(self, folder: Path, encoder: str) -> None:
        self._all = folder
        self._folder = folder / hashlib.sha256(encoder.encode()).hexdigest()[:16]
        self._count = 0

    def chunks(self) -> Iterator[tuple[NDArray[np.bytes_], Chunk]]:
        """Give the keys, ``(chunk,)``, and vectors that were written, in their order."""
        for path in sorted(self._folder.glob("[0-9]*")):
            content = _map(path)
            if content is None:
                continue
            self._count = max(self._count, int(path.name) + 1)
            count = int.from_bytes(content[:8], "little")
            keys = np.frombuffer(content, KEY, count, 8).copy()  # else the file stays open
            yield keys, Chunk(path, count, (len(content) - 8 - keys.nbytes) // (4 * count))

    def add(self, keys: NDArray[np.bytes_], vectors: NDArray[np.float32]) -> None:
        """Write a chunk."""
        self._folder.mkdir(parents=True, exist_ok=True)
        content = len(keys).to_bytes(8, "little") + keys.tobytes() + np.asarray(vectors, "<f4").tobytes()
        _write(self._folder / f"{self._count:08}", content)
        self._count += 1

    def clear(self) -> None:
        """Drop all of it, of whatever encoder: the index holds it now."""
        shutil.rmtree(self._all, ignore_errors=True)


def key_of(text: str) -> bytes:
    """Give the key of a text that is encoded."""
    return hashlib.sha256(text.encode()).digest()[: KEY.itemsize]


def _read(path: Path) -> bytes | None:
    content = _map(path)
    return None if content is None else bytes(content)


def _map(path: Path) -> memoryview | None:
    """Map an entry; None if there is none, or it is not the one that was written, which is then removed."""
    try:
        with path.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (FileNotFoundError, ValueError):  # an empty file cannot be mapped
        mapped = memoryview(b"")
    if len(mapped) > _HASH and hashlib.sha256(mapped[_HASH:]).digest() == mapped[:_HASH]:
        return mapped[_HASH:]
    with suppress(OSError):
        path.unlink()
    return None


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}-{os.getpid()}")
    part.write_bytes(hashlib.sha256(content).digest() + content)
    part.replace(path)
