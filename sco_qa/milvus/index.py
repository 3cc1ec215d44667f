"""The index in Milvus: the same protocol as :class:`~sco_qa.index.FaissIndex`, the same hits, one index for many."""

from __future__ import annotations

import base64
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from sco_qa import lexical
from sco_qa import passages as splitting
from sco_qa.encoder import OnnxEncoder
from sco_qa.errors import IndexDamaged
from sco_qa.index import ENCODER, TERMS, FaissIndex, Progress
from sco_qa.milvus import manifests, publishing
from sco_qa.milvus.tables import FIELDS, Row, Tables
from sco_qa.terms import Terms
from sco_qa.types import Matches, Passage, Source, Span

_LEXICAL_HITS = 1_000
"""How deep the lexical ranking is looked into for the scores of the nearest passages; further down counts as 0."""
_SOURCES_HELD, _PASSAGES_HELD = 64, 4_096
"""Documents and passages that a process keeps at hand."""


class MilvusIndex:
    """An index in Milvus. Larger scores are better; the dense one is exact (a flat index over unit vectors)."""

    def __init__(self, tables: Tables, manifest: Mapping[str, Any]) -> None:
        self._tables = tables
        self._catalogue = _Catalogue(tables, manifest)
        self._passages = _Passages(self._catalogue)

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources by their ids, as they were indexed, each fetched when it is asked for."""
        return self._catalogue

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages by their ids, each fetched when it is asked for."""
        return self._passages

    def count_by_source(self) -> Mapping[str, int]:
        """Count the passages of each source that has any, in one pass."""
        return Counter(row["source"] for row in self._tables.rows("source"))

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest of the index that was published, with the keys of its texts and files in Milvus."""
        return self._catalogue.manifest

    @classmethod
    def load(cls, tables: Tables) -> Self:
        """Open what :meth:`publish` wrote.

        Raises:
            IndexMissing: Nothing has been published there.
            IndexDamaged: What is there is no index of ours.
        """
        return cls(tables, manifests.read(tables))

    @classmethod
    def publish(cls, tables: Tables, local: FaissIndex, *, progress: Progress = lambda *_: None) -> Self:
        """Bring what is in Milvus up to date with an index on disk, every file of it verified first, and open it.

        Raises:
            IndexDamaged: A file of the index on disk is not the one that was written.
            IndexProblem: Milvus cannot be used.
        """
        return cls(tables, publishing.publish(tables, local, progress))

    def encoder(self, *, threads: int = 0) -> OnnxEncoder:
        """Open the encoder that goes with the vectors."""
        with tempfile.TemporaryDirectory() as folder:
            for name in self.manifest["files"]:
                if name.startswith(ENCODER):
                    (Path(folder) / Path(name).name).write_bytes(self._file(name))
            return OnnxEncoder.load(Path(folder), threads=threads)

    def terms(self, *, is_english: Callable[[str], bool] = lambda _: False) -> Terms:
        """Open what was learned of the collection's abbreviations and words."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / TERMS
            path.write_bytes(self._file(TERMS))
            return Terms.load(path, is_english=is_english)

    def search(self, question: str, vector: NDArray[np.float32], k: int) -> Matches:
        """Find the ``k`` nearest passages by cosine and the ``k`` best by BM25; each comes with both scores.

        A passage that is near but not among the first thousand by BM25 gets 0 for its words.
        """
        words = " ".join(lexical.tokens_of([question])[0])
        scores = self._tables.lexical(words, max(k, _LEXICAL_HITS)) if words else {}
        rows = self._tables.nearest(vector, k)
        rows |= self._tables.get([i for i in list(scores)[:k] if i not in rows], *FIELDS, "vector")
        known = self._passages.keep(rows)
        vectors = np.array([rows[i]["vector"] for i in known], np.float32).reshape(len(known), vector.size)
        found = [scores.get(i, 0.0) for i in known]
        return Matches(np.array(known, np.int64), vectors @ vector, np.array(found, np.float32))

    def close(self) -> None:
        """Let go of the connection."""
        self._tables.close()

    def check(self) -> list[str]:
        """Compare every document and passage with the manifest and with each other; say what was found wrong."""
        manifest = self.manifest
        named = {f"the text of {id_}": key for id_, key in manifest["texts"].items()} | dict(manifest["files"])
        wrong = [
            f"{name} is not what was written"
            for name, key in named.items()
            if key.partition("/")[2] != manifests.digest(self._tables.read_text(key) or "")
        ]
        if wrong:
            return wrong
        words, overlap = (manifest["settings"][name] for name in ("passage_words", "overlap_words"))
        expected = Counter(
            manifests.identity(passage, manifest, manifest["texts"][source.id])
            for source in self.sources.values()
            for passage in splitting.of(source, words=words, overlap=overlap, first=0)
        )
        if Counter(row["key"] for row in self._tables.rows("key")) != expected:
            return ["the passages are not those that the sources are split into"]
        return []

    def _file(self, name: str) -> bytes:
        key = self.manifest["files"].get(name)
        text = None if key is None else self._tables.read_text(key)
        if text is None:
            raise IndexDamaged(f"Milvus has lost {name}; publish the index again: sco-qa build")
        return base64.b64decode(text)


class _Catalogue(Mapping[str, Source]):
    """The sources by their ids, each fetched when it is asked for, as the newest manifest known has them."""

    def __init__(self, tables: Tables, manifest: Mapping[str, Any]) -> None:
        self.tables = tables
        self.manifest = manifest
        self._fetched = lru_cache(maxsize=_SOURCES_HELD)(self._fetch)

    def __getitem__(self, id_: str) -> Source:
        return self._fetched(self.manifest["texts"][id_])

    def _fetch(self, key: str) -> Source:
        text = self.tables.read_text(key)
        if text is None:
            raise IndexDamaged(f"Milvus has lost {key}; publish the index again: sco-qa build")
        entry = json.loads(text)
        return Source.from_described(entry["described"], entry["text"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.manifest["texts"])

    def __len__(self) -> int:
        return len(self.manifest["texts"])

    def knows(self, row: Row) -> bool:
        """Tell whether a passage is of a text that the manifest names."""
        return bool(self.manifest["texts"].get(row["source"]) == row["text"])

    def known(self, rows: Mapping[int, Row]) -> list[int]:
        """Give the ids of the passages that are of known texts, in order; look once for a newer manifest if need be."""
        if not all(map(self.knows, rows.values())):
            self.manifest = manifests.read(self.tables)
        return sorted(i for i, row in rows.items() if self.knows(row))


class _Passages(Sequence[Passage]):
    """The passages by their ids, which have no gaps; those of the last searches stay at hand."""

    def __init__(self, catalogue: _Catalogue) -> None:
        self._catalogue = catalogue
        self._held: dict[int, tuple[str, Passage]] = {}

    def keep(self, rows: Mapping[int, Row]) -> list[int]:
        """Keep the passages of ``rows`` at hand; give the ids of those whose text is known, in order."""
        known = self._catalogue.known(rows)
        if len(self._held) + len(known) > _PASSAGES_HELD:
            self._held = {}
        for i in known:
            if self._held.get(i, ("",))[0] != rows[i]["text"]:
                self._held[i] = (rows[i]["text"], _passage(i, rows[i], self._catalogue))
        return known

    @overload
    def __getitem__(self, place: int) -> Passage: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Passage]: ...

    def __getitem__(self, place: int | slice) -> Passage | Sequence[Passage]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        held = self._held.get(place)
        if held is not None:
            return held[1]
        rows = self._catalogue.tables.get([place], *FIELDS)
        if not self._catalogue.known(rows):
            raise IndexError(place)
        return _passage(place, rows[place], self._catalogue)

    def __iter__(self) -> Iterator[Passage]:
        rows = sorted(self._catalogue.tables.rows(*FIELDS), key=lambda row: int(row["id"]))
        return (_passage(int(row["id"]), row, self._catalogue) for row in rows)

    def __len__(self) -> int:
        return int(self._catalogue.manifest["passages"])


def _passage(id_: int, row: Row, sources: Mapping[str, Source]) -> Passage:
    sentences, heading = json.loads(row["rest"])
    span = Span(int(row["start"]), int(row["end"]))
    text = sources[row["source"]].text[span.start : span.end]
    return Passage(id_, row["source"], span, text, tuple(Span(*s) for s in sentences), heading)
