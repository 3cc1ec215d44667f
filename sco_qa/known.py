"""Vectors that need not be computed again: of the index before, and of a build that was cut off.

A vector is known by the hash of the text that was encoded: a renamed file, a moved paragraph, an edit elsewhere in the
document cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sco_qa import cache, staleness
from sco_qa.archive import Table
from sco_qa.encoder import IndexingEncoder
from sco_qa.errors import IndexProblem
from sco_qa.index import ENCODER, FaissIndex, Progress
from sco_qa.settings import Settings
from sco_qa.staleness import Record

KEYS = "keys.s16"
"""The file of an index with the key of each passage's text."""
CHUNK = 1_024
"""Passages that are encoded before they are kept: few enough to lose when a build is cut off."""
_ROWS = 16_384

_Part = tuple[NDArray[np.bytes_], Callable[[NDArray[np.int64]], NDArray[np.float32]]]


@dataclass(frozen=True, slots=True)
class Before:
    """The index before, as far as it can be used again: its vectors only if they are of the same encoder."""

    records: list[Record]
    keys: NDArray[np.bytes_]
    vectors: Callable[[NDArray[np.int64]], NDArray[np.float32]] | None
    encoder: Path | None

    @classmethod
    def open(cls, settings: Settings) -> Before | None:
        """Open it; None if there is none, or anything in it is not what was written."""
        try:
            index = FaissIndex.load(settings.index)
            generation = index.generation
            records = staleness.read(generation)
            if generation.manifest["encoder"] != staleness.made_with(settings)["encoder"]:
                return cls(records, np.empty(0, cache.KEY), None, None)
            table = Table(generation.map(KEYS), cache.KEY.str, 1)
            return cls(records, table.rows(0, len(table))[:, 0], index.vectors, generation.path_of_folder(ENCODER))
        except IndexProblem:
            return None


class Known:
    """The vectors that are there, found by the keys of the texts that they were made of; more are made."""

    def __init__(self, before: Before | None, journal: cache.Journal) -> None:
        self.journal = journal
        self.missing = 0
        """How many were asked for and are not there."""
        self.dimension = 0
        self._before: list[_Part] = []
        if before is not None and before.vectors is not None:
            self._before.append((before.keys, before.vectors))
        self._look()

    def are_there(self, keys: NDArray[np.bytes_]) -> NDArray[np.bool_]:
        """Tell which are, ``(len(keys),)``, and count those that are not."""
        there = self._places(keys) >= 0
        self.missing += int((~there).sum())
        return there

    def encode(self, encoder: IndexingEncoder, path: Path, progress: Progress) -> None:
        """Encode the texts of a file, chunk by chunk, each of which is kept when it is done."""
        done = 0

        def encoded(count: int) -> None:
            nonlocal done
            done += count
            progress("encoding passages", done, self.missing)

        texts = lines(path)
        while chunk := list(islice(texts, CHUNK)):
            vectors = encoder.encode(chunk, progress=encoded)
            self.journal.add(keys_of(chunk), vectors)
        self.dimension = encoder.dimension
        self._look()

    def of(self, path: Path) -> Iterator[NDArray[np.float32]]:
        """Give the vectors of a file of keys, in order, in chunks ``(chunk, dimension)``."""
        with path.open("rb") as file:
            while content := file.read(_ROWS * cache.KEY.itemsize):
                places = self._places(np.frombuffer(content, cache.KEY))
                chunk = np.empty((len(places), self.dimension), np.float32)
                for (_, vectors), start, end in zip(self._parts, self._starts, self._starts[1:], strict=False):
                    rows = np.flatnonzero((places >= start) & (places < end))
                    if len(rows):
                        chunk[rows] = vectors(places[rows] - start)
                yield chunk

    def _look(self) -> None:
        """Find all that is there now."""
        self._parts = [*self._before, *((keys, vectors.__getitem__) for keys, vectors in self.journal.chunks())]
        every = np.concatenate([np.empty(0, cache.KEY), *(keys for keys, _ in self._parts)])
        self._order = np.argsort(every, kind="stable")
        self._sorted = every[self._order]
        self._starts = np.cumsum([0, *(len(keys) for keys, _ in self._parts)])
        if len(every):
            _, vectors = self._parts[0]
            self.dimension = vectors(np.zeros(1, np.int64)).shape[1]

    def _places(self, keys: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Give where among all vectors each key's is, ``(len(keys),)``; -1 for one that is not there."""
        if not len(self._sorted):
            return np.full(len(keys), -1, np.int64)
        found = np.searchsorted(self._sorted, keys).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[found] == keys, self._order[found], -1).astype(np.int64)


def keys_of(texts: Sequence[str]) -> NDArray[np.bytes_]:
    """Give the keys of texts that are encoded, ``(len(texts),)``."""
    return np.array([cache.key_of(text) for text in texts], cache.KEY)


def lines(path: Path) -> Iterator[str]:
    """Read texts that were written as lines of JSON."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)
