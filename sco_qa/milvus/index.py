"""The index in Milvus: the same protocol as :class:`~sco_qa.index.FaissIndex`, the same hits, one index for many.

A build changes what changed: a passage keeps its row while the same words stand at the same place of the same text,
and its vector is taken from wherever the same words stood before. It writes the new texts first, then the passages,
then the manifest, and forgets the old texts last. A reader amid a build looks for a newer manifest when it meets a
passage of a text that it does not know, and leaves the passage out if there is none yet: so no citation is ever a
mixture of two texts.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from sco_qa import index as indexing
from sco_qa import lexical, staleness
from sco_qa import passages as splitting
from sco_qa.encoder import IndexingEncoder
from sco_qa.errors import IndexDamaged, IndexMissing
from sco_qa.index import Progress
from sco_qa.milvus.tables import FIELDS, Row, Tables, fits
from sco_qa.settings import Settings
from sco_qa.types import Matches, Passage, Source, Span

_MANIFEST = "manifest"
_LEXICAL_HITS = 1_000
"""How deep the lexical ranking is looked into for the scores of the nearest passages; further down counts as 0."""
_SOURCES_HELD, _PASSAGES_HELD = 64, 4_096
"""Documents and passages that a process keeps at hand."""
_HIDDEN = ("vector", "words", "key", "encoded")
_CHUNK = 2_048
"""Passages that are encoded together."""


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

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the index was made from, with the key of each document's text under ``texts``."""
        return self._catalogue.manifest

    @classmethod
    def load(cls, tables: Tables) -> Self:
        """Open what :meth:`build` wrote.

        Raises:
            IndexMissing: Nothing has been built there.
            IndexDamaged: What is there is no index of ours.
        """
        return cls(tables, _read_manifest(tables))

    @classmethod
    def build(
        cls,
        tables: Tables,
        sources: Iterable[Source],
        settings: Settings,
        encoder: IndexingEncoder,
        *,
        progress: Progress = lambda *_: None,
    ) -> Self:
        """Bring the index up to date with ``sources``, which are gone through once.

        Raises:
            CorpusError: The sources hold nothing that can be read.
            IndexProblem: Milvus cannot be used.
        """
        made_with = staleness.made_with(settings)
        try:
            old = _read_manifest(tables)
            same = old["encoder"] == made_with["encoder"] and old["settings"]["encoder"] == settings.encoder
        except (IndexMissing, IndexDamaged):
            same = False
        if not same:  # nothing there, or other vectors altogether
            tables.create(encoder.dimension)
            old = {"texts": {}}
        described, keys = [], {}
        update = _Update(tables, encoder)
        for source in sources:
            text = json.dumps({"described": source.described(), "text": source.text}, ensure_ascii=False)
            keys[source.id] = key = f"text/{_digest(text)}"
            if key not in old["texts"].values():
                tables.write_text(key, text)
            described.append(staleness.describe(source))
            for passage in splitting.of(source, words=settings.passage_words, overlap=settings.overlap_words, first=0):
                update.add(passage, key, splitting.to_index(passage, source, context=settings.context)[1])
            progress("indexing documents", len(keys), len(keys) + 1)
        manifest = {**made_with, "sources": described, "texts": keys, "dimension": encoder.dimension}
        manifest["passages"] = update.finish()
        tables.write_text(_MANIFEST, json.dumps(manifest, ensure_ascii=False, sort_keys=True))
        for key in set(old["texts"].values()) - set(keys.values()):
            tables.delete_text(key)
        return cls(tables, manifest)

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
        wrong = [
            f"the text of {id_} is not the one that was written"
            for id_, key in manifest["texts"].items()
            if f"text/{_digest(self._tables.read_text(key) or '')}" != key
        ]
        if wrong:
            return wrong
        words, overlap = (manifest["settings"][name] for name in ("passage_words", "overlap_words"))
        split = (
            passage
            for source in self.sources.values()
            for passage in splitting.of(source, words=words, overlap=overlap, first=0)
        )
        expected = Counter(_identity(p, manifest["texts"][p.source]) for p in split)
        if Counter(row["key"] for row in self._tables.rows("key")) != expected:
            return ["the passages are not those that the sources are split into"]
        return []


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
            raise IndexDamaged(f"Milvus has lost {key}; run: sco-qa build")
        entry = json.loads(text)
        return Source.from_described(entry["described"], entry["text"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.manifest["texts"])

    def __len__(self) -> int:
        return len(self.manifest["texts"])

    def knows(self, row: Row) -> bool:
        """Tell whether a passage is of a text that the manifest names; look for a newer manifest if not."""
        if self.manifest["texts"].get(row["source"]) != row["text"]:
            self.manifest = _read_manifest(self.tables)
        return bool(self.manifest["texts"].get(row["source"]) == row["text"])


class _Passages(Sequence[Passage]):
    """The passages by their ids, which have no gaps; those of the last searches stay at hand."""

    def __init__(self, catalogue: _Catalogue) -> None:
        self._catalogue = catalogue
        self._held: dict[int, tuple[str, Passage]] = {}

    def keep(self, rows: Mapping[int, Row]) -> list[int]:
        """Keep the passages of ``rows`` at hand; give the ids of those whose text is known, in order."""
        known = sorted(i for i, row in rows.items() if self._catalogue.knows(row))
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
        if place not in self._held and not self.keep(self._catalogue.tables.get([place], *FIELDS)):
            raise IndexError(place)
        return self._held[place][1]

    def __iter__(self) -> Iterator[Passage]:
        rows = sorted(self._catalogue.tables.rows(*FIELDS), key=lambda row: int(row["id"]))
        return (_passage(int(row["id"]), row, self._catalogue) for row in rows)

    def __len__(self) -> int:
        return int(self._catalogue.manifest["passages"])


class _Update:
    """What a build does to the passages: those that are there already stay, new ones are added, others go.

    Ids count from 0 without gaps: whatever stands last moves into the places of passages that are gone.
    """

    def __init__(self, tables: Tables, encoder: IndexingEncoder) -> None:
        self._tables = tables
        self._encoder = encoder
        self._places: dict[str, int] = {}
        self._vectors: dict[str, int] = {}
        for row in tables.rows("key", "encoded"):
            self._places[row["key"]] = self._vectors[row["encoded"]] = int(row["id"])
        self._next = max(self._vectors.values(), default=-1) + 1
        self._kept: set[int] = set()
        self._new: list[Row] = []

    def add(self, passage: Passage, text: str, encoded: str) -> None:
        """Keep the passage of the document whose text has this key; ``encoded`` is what is encoded of it."""
        key = _identity(passage, text)
        if key in self._places:
            self._kept.add(self._places[key])
            return
        sentences = [[s.start, s.end] for s in passage.sentences]
        row = {
            "id": self._next,
            "start": passage.span.start,
            "end": passage.span.end,
            "source": passage.source,
            "text": text,
            "rest": json.dumps([sentences, passage.heading], ensure_ascii=False),
            "key": key,
            "encoded": _digest(encoded),
            "words": encoded,
        }
        self._places[key] = self._next
        self._kept.add(self._next)
        self._next += 1
        self._new.append(row)
        if len(self._new) == _CHUNK:
            self._write()

    def finish(self) -> int:
        """Write what is left to write, close the gaps, and count the passages.

        Raises:
            CorpusError: There is none.
        """
        self._write()
        count = len(self._kept)
        if not count:
            raise indexing.nothing_to_read()
        gaps = sorted(set(range(count)) - self._kept)
        last = self._tables.get(sorted(i for i in self._kept if i >= count), *FIELDS, *_HIDDEN)
        self._tables.upsert({**row, "id": gap} for gap, row in zip(gaps, last.values(), strict=True))
        self._tables.delete([int(row["id"]) for row in self._tables.rows() if int(row["id"]) >= count])
        return count

    def _write(self) -> None:
        stored = {self._vectors[row["encoded"]] for row in self._new if row["encoded"] in self._vectors}
        vectors = {
            row["encoded"]: row["vector"] for row in self._tables.get(sorted(stored), "encoded", "vector").values()
        }
        unknown = {row["encoded"]: row["words"] for row in self._new if row["encoded"] not in vectors}
        if unknown:
            made = self._encoder.encode(list(unknown.values()), progress=lambda _: None)
            vectors |= dict(zip(unknown, made.tolist(), strict=True))
        for row, stems in zip(self._new, lexical.tokens_of([row["words"] for row in self._new]), strict=True):
            row["vector"], row["words"] = vectors[row["encoded"]], fits(" ".join(stems))
        self._tables.upsert(self._new)
        self._new = []


def _passage(id_: int, row: Row, sources: Mapping[str, Source]) -> Passage:
    sentences, heading = json.loads(row["rest"])
    span = Span(int(row["start"]), int(row["end"]))
    text = sources[row["source"]].text[span.start : span.end]
    return Passage(id_, row["source"], span, text, tuple(Span(*s) for s in sentences), heading)


def _identity(passage: Passage, text_key: str) -> str:
    """Name a passage by all that its row says: the same name, the same row."""
    return _digest(json.dumps([passage.source, text_key, passage.span.start, passage.span.end, passage.heading]))


def _packed(source: Source) -> str:
    return json.dumps({"described": source.described(), "text": source.text}, ensure_ascii=False, sort_keys=True)


def _read_manifest(tables: Tables) -> dict[str, Any]:
    text = tables.read_text(_MANIFEST) if tables.exist() else None
    if text is None:
        raise IndexMissing("there is no index in Milvus; run: sco-qa build")
    try:
        manifest: dict[str, Any] = json.loads(text)
        manifest["texts"], manifest["passages"], manifest["encoder"]
    except (ValueError, KeyError, TypeError):
        raise IndexDamaged("the manifest in Milvus cannot be read; run: sco-qa build") from None
    return manifest


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
