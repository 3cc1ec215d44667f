"""The index: passages with their vectors in FAISS and their words in BM25."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import passages as splitting
from sco_qa import store
from sco_qa.archive import Passages, Sources
from sco_qa.encoder import IndexingEncoder, OnnxEncoder
from sco_qa.errors import CorpusError, IndexMissing
from sco_qa.lexical import Bm25
from sco_qa.settings import Settings
from sco_qa.store import Generation
from sco_qa.terms import Terms
from sco_qa.types import Matches, Passage, Source
from sco_qa.vectors import Vectors

LEXICAL, TERMS, ENCODER = "bm25", "terms.json", "encoder"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class Index(Protocol):
    """What retrieval needs of an index, wherever its vectors lie."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources by their ids, as they were indexed."""
        ...

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages; each one's ``id`` is its place."""
        ...

    def count_by_source(self) -> Mapping[str, int]:
        """Count the passages of each source that has any, in one pass."""
        ...

    def search(self, question: str, vector: NDArray[np.float32], k: int) -> Matches:
        """Find the ``k`` nearest passages by cosine and the ``k`` best by BM25; each comes with both scores."""
        ...


class FaissIndex:
    """An index in memory, or opened from a generation's folder, which holds all that asking needs."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        passages: Sequence[Passage],
        vectors: Vectors,
        words: Bm25,
        generation: Generation | None = None,
    ) -> None:
        self._sources = sources
        self._passages = passages
        self._vectors = vectors
        self._words = words
        self._generation = generation

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources by their ids, as they were indexed."""
        return self._sources

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages; each one's ``id`` is its place."""
        return self._passages

    def count_by_source(self) -> Mapping[str, int]:
        """Count the passages of each source that has any, in one pass."""
        if isinstance(self._passages, Passages):
            return self._passages.by_source()
        return Counter(passage.source for passage in self._passages)

    @property
    def generation(self) -> Generation:
        """Where it lies on disk."""
        if self._generation is None:
            raise IndexMissing("this index is in memory only; keep it with: sco-qa build")
        return self._generation

    @property
    def folder(self) -> Path:
        """The generation's folder."""
        return self.generation.folder

    @property
    def size(self) -> int:
        """What the generation takes on disk, in bytes."""
        return self.generation.size

    @classmethod
    def of(
        cls,
        sources: Iterable[Source],
        settings: Settings,
        encoder: IndexingEncoder,
        *,
        progress: Progress = lambda *_: None,
    ) -> Self:
        """Split, encode and index the sources in memory; :func:`sco_qa.builder.build` keeps the result on disk.

        Raises:
            CorpusError: The sources hold nothing that can be read.
        """
        by_id = {source.id: source for source in sources}
        passages = splitting.split(by_id.values(), words=settings.passage_words, overlap=settings.overlap_words)
        if not passages:
            raise nothing_to_read()
        texts = [splitting.to_index(p, by_id[p.source], context=settings.context) for p in passages]
        done = 0

        def encoded(count: int) -> None:
            nonlocal done
            done += count
            progress("encoding passages", done, len(texts))

        vectors = Vectors.of([encoder.encode([text for text, _ in texts], progress=encoded)], encoder.dimension)
        return cls(by_id, passages, vectors, Bm25.build(words for _, words in texts))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open the current generation under ``folder``; every file is verified before anything is read from it.

        Raises:
            IndexMissing: There is none.
            IndexDamaged: A file is not the one that was written.
            IndexOutdated: It is of another format.
        """
        return store.open_current(folder, cls.open)

    @classmethod
    def open(cls, generation: Generation) -> Self:
        """Open a generation."""
        sources = Sources(generation)
        words = Bm25(lambda name: generation.map(f"{LEXICAL}/{name}"))
        generation.path(TERMS)  # verified with the rest; :meth:`terms` opens it
        return cls(sources, Passages(generation, sources), Vectors.open(generation), words, generation)

    def vectors(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Give the vectors of some passages, ``(len(places), dimension)``, as they were encoded."""
        return self._vectors.at(places)

    def encoder(self, *, threads: int = 0) -> OnnxEncoder:
        """Open the encoder that goes with the vectors."""
        return OnnxEncoder.load(self.generation.path_of_folder(ENCODER), threads=threads)

    def terms(self, *, is_english: Callable[[str], bool] = lambda _: False) -> Terms:
        """Open what was learned of the collection's abbreviations and words."""
        return Terms.load(self.generation.path(TERMS), is_english=is_english)

    def search(self, question: str, vector: NDArray[np.float32], k: int) -> Matches:
        """Find the ``k`` nearest passages by cosine and the ``k`` best by BM25; each comes with both scores.

        Args:
            question: The words for BM25.
            vector: The question's unit vector, ``(dimension,)``.
            k: How many of each.

        """
        k = min(k, len(self._passages))
        scores = self._words.scores(question)
        ids = np.union1d(self._vectors.search(vector, k), _best(scores, k)).astype(np.int64)
        return Matches(ids, self._vectors.at(ids) @ vector, scores[ids])

    def check(self) -> list[str]:
        """Hash every file, then look for whatever does not fit together; say what was found wrong.

        Raises:
            IndexDamaged: A file is not the one that was written.
        """
        self.generation.verify()
        wrong = []
        count = len(self._passages)
        if len(self._vectors) != count:
            wrong.append(f"{len(self._vectors)} vectors for {count} passages")
        if len(self._words) != count:
            wrong.append(f"BM25 holds {len(self._words)} passages of {count}")
        words, overlap = (self.generation.manifest["settings"][name] for name in ("passage_words", "overlap_words"))
        place = 0
        for source in self._sources.values():
            split = splitting.of(source, words=words, overlap=overlap, first=place)
            if split != self._passages[place : place + len(split)]:
                wrong.append(f"the passages of {source.file} are not those that it is split into")
                break
            place += len(split)
        return wrong + self._vectors.check()


def _best(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Give the places of the ``k`` largest scores above 0; equal ones go by their place. Only those few are sorted."""
    places = np.flatnonzero(scores)
    if len(places) > k:
        places = places[scores[places] >= np.partition(scores[places], -k)[-k]]
    return places[np.argsort(-scores[places], kind="stable")[:k]]


def nothing_to_read() -> CorpusError:
    """Say that there is no passage to index."""
    return CorpusError("the documents hold no text but furniture; mend sources.toml or add documents")
