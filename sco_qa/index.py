"""The index: passages with their vectors in FAISS and their words in BM25. The only module that imports faiss."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import encoder as encoding
from sco_qa import passages as splitting
from sco_qa import sentences, store
from sco_qa.encoder import IndexingEncoder, OnnxEncoder, PassageEncoder
from sco_qa.errors import CorpusError, IndexDamaged, IndexMissing, IndexStale
from sco_qa.lexical import Bm25
from sco_qa.settings import Settings
from sco_qa.types import Matches, Passage, Source, Span

_SOURCES, _PASSAGES, _VECTORS, _LEXICAL, _ENCODER = (
    "sources.jsonl",
    "passages.jsonl",
    "vectors.faiss",
    "bm25",
    "encoder",
)

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
        folder: Path | None = None,
    ) -> None:
        self._sources = sources
        self._passages = passages
        self._vectors = vectors
        self._lexical = lexical
        self._folder = folder

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources by their ids, as they were indexed."""
        return self._sources

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages; each one's ``id`` is its place."""
        return self._passages

    @property
    def folder(self) -> Path:
        """The generation's folder."""
        if self._folder is None:
            raise IndexMissing("this index is in memory only; keep it with: sco-qa build")
        return self._folder

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
            raise CorpusError("the documents hold no text but furniture; mend sources.toml or add documents")
        by_id = {source.id: source for source in sources}
        texts = [splitting.in_context(p, by_id[p.source]) if settings.context else p.text for p in passages]
        done = 0

        def encoded(count: int) -> None:
            nonlocal done
            done += count
            progress("encoding passages", done, len(texts))

        return cls(by_id, passages, _flat(encoder.encode(texts, progress=encoded)), Bm25.build(texts))

    @classmethod
    def build(cls, sources: Sequence[Source], settings: Settings, *, progress: Progress = lambda *_: None) -> Self:
        """Build a generation under ``settings.index``, make it the current one, and open it.

        Raises:
            ModelError: The encoder cannot be had.
            IndexProblem: The index folder cannot be written.
        """
        with store.building(settings.index) as scratch:
            progress("loading the encoder", 0, 1)
            encoder = PassageEncoder.load(settings.encoder)
            index = cls.of(sources, settings, encoder, progress=progress)
            progress("exporting the encoder", 0, 1)
            encoder.export(scratch / _ENCODER)
            index._write(scratch)
            described = {
                **fingerprint(sources, settings),
                "passages": len(index.passages),
                "dimension": encoder.dimension,
            }
            generation = store.publish(scratch, described)
        return cls._open(generation)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open the current generation under ``folder``, every file of it verified first.

        Raises:
            IndexMissing: There is none.
            IndexDamaged: A file is not the one that was written, or the format is another.
        """
        generation = store.current(folder)
        store.verify(generation, store.manifest(generation))
        return cls._open(generation)

    @classmethod
    def _open(cls, generation: Path) -> Self:
        import faiss

        sources = {}
        for entry in _read_lines(generation / _SOURCES):
            text = entry.pop("text")
            sources[entry["id"]] = Source.from_described(entry, text)
        passages = [_unpack(i, entry, sources) for i, entry in enumerate(_read_lines(generation / _PASSAGES))]
        vectors = faiss.read_index(str(generation / _VECTORS))
        return cls(sources, passages, vectors, Bm25.load(generation / _LEXICAL), generation)

    def _write(self, folder: Path) -> None:
        import faiss

        faiss.write_index(self._vectors, str(folder / _VECTORS))
        self._lexical.save(folder / _LEXICAL)
        _write_lines(folder / _SOURCES, [{**s.described(), "text": s.text} for s in self._sources.values()])
        _write_lines(folder / _PASSAGES, [_pack(p) for p in self._passages])

    def encoder(self, *, threads: int = 0) -> OnnxEncoder:
        """Open the encoder that goes with the vectors."""
        return OnnxEncoder.load(self.folder / _ENCODER, threads=threads)

    @cached_property
    def size(self) -> int:
        """What the generation takes on disk, in bytes."""
        return sum(p.stat().st_size for p in self.folder.rglob("*") if p.is_file())

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
        """Look for whatever does not fit together, beyond the files' hashes; say what was found wrong."""
        wrong = []
        count = len(self._passages)
        if self._vectors.ntotal != count:
            wrong.append(f"{self._vectors.ntotal} vectors for {count} passages")
        if len(self._lexical.scores("")) != count:
            wrong.append(f"BM25 holds {len(self._lexical.scores(''))} passages of {count}")
        made_with = store.manifest(self.folder)["settings"]
        split = splitting.split(
            self._sources.values(), words=made_with["passage_words"], overlap=made_with["overlap_words"]
        )
        if split != list(self._passages):
            wrong.append("the passages are not those that the sources are split into")
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
    return {
        "settings": settings.for_index(),
        "encoder": encoding.fingerprint(settings.encoder),
        "sentences": sentences.fingerprint(),
        "sources": [
            {"id": s.id, "file": s.file, "sha256": s.sha256, "described": _hash(s.described())} for s in sources
        ],
    }


def require_fresh(folder: Path, sources: Sequence[Source], settings: Settings) -> None:
    """Compare the current generation with what it would be made from now.

    Raises:
        IndexMissing, IndexDamaged: There is no manifest to compare with.
        IndexStale: Something changed; the exception names it.
    """
    was, now = store.manifest(store.current(folder)), fingerprint(sources, settings)
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


def _flat(vectors: NDArray[np.float32]) -> Any:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index


def _write_lines(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for entry in entries:
            file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")


def _read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def _pack(passage: Passage) -> dict[str, Any]:
    return {
        "source": passage.source,
        "span": [passage.span.start, passage.span.end],
        "sentences": [[s.start, s.end] for s in passage.sentences],
        "heading": passage.heading,
    }


def _unpack(number: int, entry: Mapping[str, Any], sources: Mapping[str, Source]) -> Passage:
    source, span = sources[entry["source"]], Span(*entry["span"])
    if span.end > len(source.text):
        raise IndexDamaged(f"passage {number} ends behind its source {source.id}; run: sco-qa build")
    text = source.text[span.start : span.end]
    return Passage(number, source.id, span, text, tuple(Span(*s) for s in entry["sentences"]), entry["heading"])
