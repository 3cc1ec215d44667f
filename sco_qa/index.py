"""The index: passages with their vectors in FAISS and their words in BM25. The only module that imports faiss."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import encoder as encoding
from sco_qa import passages as splitting
from sco_qa import sentences, store
from sco_qa.archive import Passages, Sources, Writer
from sco_qa.encoder import IndexingEncoder, OnnxEncoder, PassageEncoder
from sco_qa.errors import CorpusError, IndexMissing, IndexStale
from sco_qa.lexical import Bm25
from sco_qa.settings import Settings
from sco_qa.store import Generation
from sco_qa.terms import Terms
from sco_qa.types import Matches, Passage, Source

_VECTORS, _LEXICAL, _TERMS, _ENCODER = "vectors.faiss", "bm25", "terms.json", "encoder"
_SPOOL = "to-encode.jsonl"
_CHUNK = 2_048
"""Passages that are encoded together: enough to sort them by length, few enough to hold."""

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

    def search(self, question: str, vector: NDArray[np.float32], k: int) -> Matches:
        """Find the ``k`` nearest passages by cosine and the ``k`` best by BM25; each comes with both scores."""
        ...


class FaissIndex:
    """An exact index, in memory or opened from a generation's folder, which holds all that asking needs."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        passages: Sequence[Passage],
        vectors: Any,
        lexical: Bm25,
        generation: Generation | None = None,
    ) -> None:
        self._sources = sources
        self._passages = passages
        self._vectors = vectors
        self._lexical = lexical
        self._generation = generation

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources by their ids, as they were indexed."""
        return self._sources

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages; each one's ``id`` is its place."""
        return self._passages

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
        sources: Sequence[Source],
        settings: Settings,
        encoder: IndexingEncoder,
        *,
        progress: Progress = lambda *_: None,
    ) -> Self:
        """Split, encode and index the sources in memory; :meth:`build` keeps the result on disk.

        Raises:
            CorpusError: The sources hold nothing that can be read.
        """
        passages = splitting.split(sources, words=settings.passage_words, overlap=settings.overlap_words)
        if not passages:
            raise nothing_to_read()
        by_id = {source.id: source for source in sources}
        texts = [as_encoded(p, by_id[p.source], settings) for p in passages]
        vectors = _flat(_encode(texts, len(texts), encoder, progress), encoder.dimension)
        return cls(by_id, passages, vectors, Bm25.build(texts))

    @classmethod
    def build(cls, sources: Iterable[Source], settings: Settings, *, progress: Progress = lambda *_: None) -> Self:
        """Build a generation under ``settings.index``, make it the current one, and open it.

        Raises:
            CorpusError: The sources hold nothing that can be read.
            ModelError: The encoder cannot be had.
            IndexProblem: The index folder cannot be written.
        """
        import faiss

        with store.building(settings.index) as scratch:
            described = _write(sources, scratch, settings)
            progress("loading the encoder", 0, 1)
            encoder = PassageEncoder.load(settings.encoder)
            vectors = _flat(_encode(_spooled(scratch), described["passages"], encoder, progress), encoder.dimension)
            faiss.write_index(vectors, str(scratch / _VECTORS))
            Bm25.build(_spooled(scratch)).save(scratch / _LEXICAL)
            Terms.learn(_spooled(scratch)).save(scratch / _TERMS)
            (scratch / _SPOOL).unlink()
            progress("exporting the encoder", 0, 1)
            encoder.export(scratch / _ENCODER)
            generation = store.publish(scratch, {**described, "dimension": encoder.dimension})
        return cls._open(Generation.open(generation))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open the current generation under ``folder``; every file is verified before anything is read from it.

        Raises:
            IndexMissing: There is none.
            IndexDamaged: A file is not the one that was written.
            IndexOutdated: It is of another format.
        """
        return store.open_current(folder, cls._open)

    @classmethod
    def _open(cls, generation: Generation) -> Self:
        import faiss

        sources = Sources(generation)
        vectors = faiss.read_index(str(generation.path(_VECTORS)))
        lexical = Bm25.load(generation.path_of_folder(_LEXICAL))
        generation.path(_TERMS)  # verified with the rest; :meth:`terms` opens it
        return cls(sources, Passages(generation, sources), vectors, lexical, generation)

    def encoder(self, *, threads: int = 0) -> OnnxEncoder:
        """Open the encoder that goes with the vectors."""
        return OnnxEncoder.load(self.generation.path_of_folder(_ENCODER), threads=threads)

    def terms(self, *, is_english: Callable[[str], bool] = lambda _: False) -> Terms:
        """Open what was learned of the collection's abbreviations and words."""
        return Terms.load(self.generation.path(_TERMS), is_english=is_english)

    def search(self, question: str, vector: NDArray[np.float32], k: int) -> Matches:
        """Find the ``k`` nearest passages by cosine and the ``k`` best by BM25; each comes with both scores.

        Args:
            question: The words for BM25.
            vector: The question's unit vector, ``(dimension,)``.
            k: How many of each.

        """
        k = min(k, len(self._passages))
        _, nearest = self._vectors.search(vector[None, :], k)
        lexical = self._lexical.scores(question)
        best = np.argsort(-lexical, kind="stable")[:k]
        ids = np.union1d(nearest[0], best[lexical[best] > 0]).astype(np.int64)
        dense = self._vectors.reconstruct_batch(ids) @ vector
        return Matches(ids, dense.astype(np.float32), lexical[ids].astype(np.float32))

    def check(self) -> list[str]:
        """Hash every file, then look for whatever does not fit together; say what was found wrong.

        Raises:
            IndexDamaged: A file is not the one that was written.
        """
        self.generation.verify()
        wrong = []
        count = len(self._passages)
        if self._vectors.ntotal != count:
            wrong.append(f"{self._vectors.ntotal} vectors for {count} passages")
        if len(self._lexical.scores("")) != count:
            wrong.append(f"BM25 holds {len(self._lexical.scores(''))} passages of {count}")
        words, overlap = (self.generation.manifest["settings"][name] for name in ("passage_words", "overlap_words"))
        place = 0
        for source in self._sources.values():
            split = splitting.of(source, words=words, overlap=overlap, first=place)
            if split != self._passages[place : place + len(split)]:
                wrong.append(f"the passages of {source.file} are not those that it is split into")
                break
            place += len(split)
        vectors = self._vectors.reconstruct_n(0, self._vectors.ntotal)
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4):
            wrong.append("a vector is not of length 1")
        sample = vectors[:: max(1, count // 256)]
        k = min(10, count)
        found, _ = self._vectors.search(sample, k)
        exact = -np.sort(-(sample @ vectors.T), axis=1)[:, :k]
        if not np.allclose(found, exact, atol=1e-5):
            wrong.append("FAISS and NumPy do not find the same neighbours")
        return wrong


def fingerprint(sources: Sequence[Source], settings: Settings) -> dict[str, Any]:
    """Describe all that an index is made from; the manifest holds it, and staleness is a difference to it."""
    return {**made_with(settings), "sources": [describe(source) for source in sources]}


def made_with(settings: Settings) -> dict[str, Any]:
    """Describe what an index is made with, whatever its documents are."""
    return {
        "settings": settings.for_index(),
        "encoder": encoding.fingerprint(settings.encoder),
        "sentences": sentences.fingerprint(),
    }


def describe(source: Source) -> dict[str, Any]:
    """Describe a document for the manifest: a change of any part of it makes the index stale."""
    return {
        "id": source.id,
        "file": source.file,
        "sha256": source.sha256,
        "described": _hash(source.described()),
    }


def require_fresh(folder: Path, sources: Sequence[Source], settings: Settings) -> None:
    """Compare the current generation with what it would be made from now.

    Raises:
        IndexMissing, IndexDamaged: There is no manifest to compare with.
        IndexStale: Something changed; the exception names it.
    """
    was, now = store.open_current(folder, lambda generation: generation.manifest), fingerprint(sources, settings)
    changes = [
        f"the setting {name} is {value!r}, was {was['settings'].get(name)!r}"
        for name, value in now["settings"].items()
        if was["settings"].get(name) != value
    ]
    if was.get("encoder") != now["encoder"] and was["settings"]["encoder"] == now["settings"]["encoder"]:
        changes.append(f"the encoder {settings.encoder} changed")
    if was["sentences"] != now["sentences"]:
        changes.append("the sentence splitter changed")
    old, new = ({s["file"]: s for s in described["sources"]} for described in (was, now))
    changes += [f"{name} was added" for name in new if name not in old]
    changes += [f"{name} was removed" for name in old if name not in new]
    for name in sorted(old.keys() & new.keys()):
        if old[name]["sha256"] != new[name]["sha256"]:
            changes.append(f"{name} changed")
        elif old[name] != new[name]:
            changes.append(f"the description of {name} changed")
    if changes:
        raise IndexStale(tuple(changes))


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def as_encoded(passage: Passage, source: Source, settings: Settings) -> str:
    """Give what of a passage is encoded and indexed for BM25."""
    return splitting.in_context(passage, source) if settings.context else passage.text


def _write(sources: Iterable[Source], scratch: Path, settings: Settings) -> dict[str, Any]:
    """Write texts and passages, and beside them what is to be encoded; describe them for the manifest."""
    described = []
    writer = Writer(scratch)
    with (scratch / _SPOOL).open("w", encoding="utf-8", newline="\n") as spool:
        for source in sources:
            passages = splitting.of(
                source, words=settings.passage_words, overlap=settings.overlap_words, first=writer.passages
            )
            writer.add(source, passages)
            spool.writelines(json.dumps(as_encoded(p, source, settings)) + "\n" for p in passages)
            described.append(describe(source))
    writer.close()
    if not writer.passages:
        raise nothing_to_read()
    return {**made_with(settings), "sources": described, "passages": writer.passages}


def _spooled(scratch: Path) -> Iterator[str]:
    with (scratch / _SPOOL).open(encoding="utf-8", newline="\n") as spool:
        for line in spool:
            yield json.loads(line)


def _encode(
    texts: Iterable[str], count: int, encoder: IndexingEncoder, progress: Progress
) -> Iterator[NDArray[np.float32]]:
    """Encode texts in chunks, ``(at most _CHUNK, dimension)`` each."""
    done = 0

    def encoded(more: int) -> None:
        nonlocal done
        done += more
        progress("encoding passages", done, count)

    texts = iter(texts)
    while chunk := list(islice(texts, _CHUNK)):
        yield encoder.encode(chunk, progress=encoded)


def _flat(vectors: Iterable[NDArray[np.float32]], dimension: int) -> Any:
    """Put vectors into an exact index."""
    import faiss

    index = faiss.IndexFlatIP(dimension)
    for chunk in vectors:
        index.add(np.ascontiguousarray(chunk))
    return index


def nothing_to_read() -> CorpusError:
    """Say that there is no passage to index."""
    return CorpusError("the documents hold no text but furniture; mend sources.toml or add documents")
