"""The vectors of all passages, in FAISS: exact while that is fast, approximate for more. The only module with faiss.

    vectors.faiss       the index that is searched
    vectors.f32         (passages, dimension): every vector as it was encoded, if the index holds them approximately

Up to ``FLAT`` passages the index is flat. For more it is an inverted file: a question is compared with the vectors in
the lists around it, 8 bits a number, and the best of those exactly. How many lists are probed is measured when the
index is written, with vectors that lie as far from the passages as questions do: a stored vector finds itself and its
neighbours in far fewer lists than a question finds its passages. The lists are mapped; of the vectors only those few
that are compared exactly are read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa.errors import IndexDamaged
from sco_qa.processor import number_of_threads
from sco_qa.store import Generation

FLAT = 20_000
"""Passages up to which every vector is compared, in a millisecond or two (docs/scale.md)."""
RECALL = 0.98
"""Share of a question's 10 nearest passages that the probed lists must hold."""
_SEARCHED, _EXACT = "vectors.faiss", "vectors.f32"
_CHUNK = 65_536
_RESCORED = 2
"""Candidates that are compared exactly, for each that is asked for."""
_COSINE = 0.6
"""How near a question is to a passage that answers it, about."""
_QUESTIONS = 256

Rows = Callable[[NDArray[np.int64]], NDArray[np.float32]]


class Vectors:
    """Vectors of unit length, searched by inner product."""

    def __init__(self, index: Any, exact: Rows | None = None) -> None:
        """Take a FAISS index, and where the exact vectors are if it holds them approximately."""
        self._index = index
        self._exact = exact

    @classmethod
    def of(cls, chunks: Iterable[NDArray[np.float32]], dimension: int) -> Self:
        """Hold vectors in memory, given in chunks ``(chunk, dimension)``."""
        return cls(_flat(chunks, dimension))

    @classmethod
    def open(cls, generation: Generation) -> Self:
        """Open what :func:`write` wrote."""
        import faiss

        path, dimension = str(generation.path(_SEARCHED)), generation.manifest["dimension"]
        if generation.manifest["vectors"]["kind"] == "flat":
            return cls(faiss.read_index(path))
        exact = generation.map(_EXACT)
        read = _rows(exact.unverified, dimension)

        def rows(places: NDArray[np.int64]) -> NDArray[np.float32]:
            found = read(places)
            if not np.allclose(np.einsum("ij,ij->i", found, found), 1, atol=1e-3):  # cheaper than a block for each
                raise IndexDamaged(f"{exact.path} is not the file that was written; run: sco-qa build")
            return found

        return cls(faiss.read_index(path, faiss.IO_FLAG_MMAP), rows)

    def __len__(self) -> int:
        """Count the vectors."""
        return int(self._index.ntotal)

    def at(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Give the vectors of some passages, ``(len(places), dimension)``, as they were encoded."""
        _use_one_thread()
        found: NDArray[np.float32] = (
            self._index.reconstruct_batch(places) if self._exact is None else self._exact(places)
        )
        return found

    def search(self, vector: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Give the places of the ``k`` nearest passages to ``vector``, ``(dimension,)``, nearest first."""
        _use_one_thread()
        if self._exact is None:
            flat: NDArray[np.int64] = self._index.search(vector[None, :], k)[1][0]
            return flat
        _, (found,) = self._index.search(vector[None, :], _RESCORED * k)
        found = found[found >= 0]
        best: NDArray[np.int64] = found[np.lexsort((found, -(self._exact(found) @ vector)))][:k]
        return best

    def check(self) -> list[str]:
        """Say what is wrong with the vectors, or with what is found among them."""
        wrong = []
        for first in range(0, len(self), _CHUNK):
            chunk = self.at(np.arange(first, min(first + _CHUNK, len(self))))
            if not np.allclose(np.linalg.norm(chunk, axis=1), 1, atol=1e-4):
                wrong.append("a vector is not of length 1")
                break
        sample = self.at(np.arange(0, len(self), max(1, len(self) // 64)))
        k = min(10, len(self))
        nearest = _nearest(self, sample, k)
        found = [self.search(vector, k) for vector in sample]
        right = [float((self.at(places) @ v).sum()) for places, v in zip(nearest, sample, strict=True)]
        ours = [float((self.at(places) @ v).sum()) for places, v in zip(found, sample, strict=True)]
        if not np.allclose(ours, right, atol=1e-4 if self._exact is None else 0.1 * k):
            wrong.append("FAISS and NumPy do not find the same neighbours")
        return wrong


def write(folder: Path, chunks: Iterable[NDArray[np.float32]], dimension: int, *, flat: int = FLAT) -> dict[str, Any]:
    """Write vectors, given in order in chunks ``(chunk, dimension)``, and describe the index for the manifest."""
    import faiss

    count = 0
    with (folder / _EXACT).open("wb") as file:
        for chunk in chunks:
            file.write(np.ascontiguousarray(chunk, "<f4").tobytes())
            count += len(chunk)
    with (folder / _EXACT).open("rb") as file:
        exact = _rows(lambda start, end: os.pread(file.fileno(), end - start, start), dimension)
        if count <= flat:
            index, described = _flat(_chunks(exact, count), dimension), {"kind": "flat"}
        else:
            index, described = _inverted(exact, count, dimension)
    with (folder / _SEARCHED).open("wb") as file:  # FAISS itself would not tell that the disk is full
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]  # not in its stubs
    if count <= flat:
        (folder / _EXACT).unlink()
    return described


def _use_one_thread() -> None:
    """Keep FAISS to the calling thread, for which alone this holds.

    One question is too little to share: where the cores have other work, threads that wait for each other take many
    times as long as one that does it all.
    """
    import faiss

    faiss.omp_set_num_threads(1)


def _flat(chunks: Iterable[NDArray[np.float32]], dimension: int) -> Any:
    """Put vectors into an exact index."""
    import faiss

    index = faiss.IndexFlatIP(dimension)
    for chunk in chunks:
        index.add(np.ascontiguousarray(chunk))
    return index


def _inverted(exact: Rows, count: int, dimension: int) -> tuple[Any, dict[str, Any]]:
    """Put vectors into lists by nearness, and probe as many of those as questions need."""
    import faiss

    lists = int(2 * count**0.5)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension), dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    drawn = np.random.default_rng(0)
    faiss.omp_set_num_threads(number_of_threads(0))
    index.train(exact(np.sort(drawn.choice(count, min(count, 40 * lists), replace=False))))
    for chunk in _chunks(exact, count):
        index.add(chunk)
    questions = _like_questions(exact, count, drawn)
    vectors, recall = Vectors(index, exact), 0.0
    nearest = _nearest(vectors, questions, 10)
    index.nprobe = 2
    while recall < RECALL and index.nprobe < lists:
        index.nprobe = min(lists, index.nprobe + max(1, index.nprobe // 2))
        found = [vectors.search(question, 10) for question in questions]
        recall = float(np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found, nearest, strict=True)]))
    return index, {
        "kind": "inverted lists, 8 bits",
        "lists": lists,
        "probed": index.nprobe,
        "recall@10": round(recall, 4),
    }


def _like_questions(exact: Rows, count: int, drawn: np.random.Generator) -> NDArray[np.float32]:
    """Make vectors as far from passages as questions are, off in the directions in which passages differ."""
    first, other, another = (exact(drawn.choice(count, _QUESTIONS)) for _ in range(3))
    aside = other - another
    aside -= np.einsum("ij,ij->i", aside, first)[:, None] * first
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-6)  # two may be the same
    made: NDArray[np.float32] = _COSINE * first + (1 - _COSINE**2) ** 0.5 * aside
    return made


def _nearest(vectors: Vectors, questions: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Find the nearest of all vectors by comparing each, ``(questions, k)``."""
    scores, places = np.empty((len(questions), 0), np.float32), np.empty((len(questions), 0), np.int64)
    for first in range(0, len(vectors), _CHUNK):
        here = np.arange(first, min(first + _CHUNK, len(vectors)))
        scores = np.hstack([scores, questions @ vectors.at(here).T])
        places = np.hstack([places, np.broadcast_to(here, (len(questions), len(here)))])
        best = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        scores, places = np.take_along_axis(scores, best, 1), np.take_along_axis(places, best, 1)
    return places


def _rows(read: Callable[[int, int], bytes], dimension: int) -> Rows:
    """Read vectors by their places from a file, what lies together at once; ``read`` takes start and end in bytes."""
    width = 4 * dimension

    def rows(places: NDArray[np.int64]) -> NDArray[np.float32]:
        found = np.empty((len(places), dimension), np.float32)
        breaks = np.flatnonzero(np.diff(places) != 1) + 1
        for first, behind in pairwise([0, *breaks.tolist(), len(places)]):
            if first < behind:
                start, end = int(places[first]), int(places[behind - 1]) + 1
                found[first:behind] = np.frombuffer(read(start * width, end * width), "<f4").reshape(-1, dimension)
        return found

    return rows


def _chunks(exact: Rows, count: int) -> Iterator[NDArray[np.float32]]:
    for first in range(0, count, _CHUNK):
        yield exact(np.arange(first, min(first + _CHUNK, count)))
