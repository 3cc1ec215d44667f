"""What lies in Milvus: a collection of passages, and one of everything that is looked up by its key.

The only module that imports pymilvus. ``NAME`` holds a row a passage, with its vector and its words, for which
Milvus's own BM25 function keeps the statistics. ``NAME_texts`` holds the documents as they were indexed, and the
manifest, in chunks that fit a field.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sco_qa.errors import IndexDamaged, IndexProblem
from sco_qa.lexical import K1, B
from sco_qa.settings import Settings

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_T = TypeVar("_T")

Row = dict[str, Any]
"""A passage: ``id``, ``source``, ``text`` (the key of its document), ``start``, ``end``, ``rest`` and two hashes."""

FIELDS = ("source", "text", "start", "end", "rest")
MOST_HITS = 16_384
"""Milvus gives no more for one search."""
_FIELD_BYTES = 65_535
_CHUNK_BYTES = 60_000
_BATCH = 500


class Tables:
    """The two collections of one index, ``name`` and ``name_texts``."""

    def __init__(self, client: MilvusClient, name: str, *, uri: str) -> None:
        self._client = client
        self._passages, self._texts = name, f"{name}_texts"
        self._uri = uri

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Open what ``settings`` name."""
        return cls.connect(settings.milvus_uri, settings.milvus_token, settings.milvus_collection)

    @classmethod
    def connect(cls, uri: str, token: str, name: str, *, timeout: float = 10) -> Self:
        """Open a server's address, or a file of Milvus Lite; nothing is made yet.

        Raises:
            IndexProblem: pymilvus is not installed, or nothing answers there.
        """
        try:
            from pymilvus import MilvusClient
        except ImportError:
            raise IndexProblem("an index in Milvus needs pymilvus; install it: pip install 'sco-qa[milvus]'") from None
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it prints a traceback for what we say in one line
        # pymilvus asks every ten seconds whether an idle server is there; gRPC's servers hang up on whoever does
        options = {"grpc.keepalive_permit_without_calls": False}
        with _told(uri):
            return cls(MilvusClient(uri=uri, token=token, timeout=timeout, grpc_options=options), name, uri=uri)

    def close(self) -> None:
        """Let go of the connection, and of the file of Milvus Lite, which one process has at a time."""
        self._client.close()

    def exist(self) -> bool:
        """Tell whether something was ever built here."""
        with _told(self._uri):
            return bool(self._client.has_collection(self._passages) and self._client.has_collection(self._texts))

    def create(self, dimension: int) -> None:
        """Make both collections, without a row."""
        from pymilvus import DataType, Function, FunctionType

        with _told(self._uri):
            passages = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            passages.add_field("id", DataType.INT64, is_primary=True)
            passages.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
            words = {"max_length": _FIELD_BYTES, "enable_analyzer": True, "analyzer_params": {"tokenizer": "standard"}}
            passages.add_field("words", DataType.VARCHAR, **words)
            passages.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
            passages.add_field("start", DataType.INT64)
            passages.add_field("end", DataType.INT64)
            for field in ("source", "text", "rest", "key"):
                passages.add_field(field, DataType.VARCHAR, max_length=_FIELD_BYTES)
            passages.add_function(
                Function(
                    name="bm25",
                    function_type=FunctionType.BM25,
                    input_field_names=["words"],
                    output_field_names=["bm25"],
                )
            )
            indexes = self._client.prepare_index_params()
            indexes.add_index("vector", index_type="FLAT", metric_type="IP")
            indexes.add_index(
                "bm25",
                index_type="SPARSE_INVERTED_INDEX",
                metric_type="BM25",
                params={"bm25_k1": K1, "bm25_b": B},
            )
            texts = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            texts.add_field("id", DataType.VARCHAR, is_primary=True, max_length=256)
            texts.add_field("chunk", DataType.VARCHAR, max_length=_FIELD_BYTES)
            texts.add_field("unused", DataType.FLOAT_VECTOR, dim=2)  # Milvus knows no collection without a vector
            unused = self._client.prepare_index_params()
            unused.add_index("unused", index_type="FLAT", metric_type="IP")
            self.drop()
            self._client.create_collection(self._texts, schema=texts, index_params=unused)
            self._client.create_collection(self._passages, schema=passages, index_params=indexes)

    def drop(self) -> None:
        """Remove both collections."""
        with _told(self._uri):
            for name in (self._passages, self._texts):
                if self._client.has_collection(name):
                    self._client.drop_collection(name)

    def read_text(self, key: str) -> str | None:
        """Give the text that :meth:`write_text` wrote under ``key``, or None."""
        with _told(self._uri):
            first = self._client.get(self._texts, ids=[f"{key}/0"], output_fields=["chunk"])
            if not first:
                return None
            count, _, chunk = first[0]["chunk"].partition("\n")
            ids = [f"{key}/{number}" for number in range(1, int(count))]
            rows = [
                row
                for some in _batches(ids)
                for row in self._client.get(self._texts, ids=some, output_fields=["id", "chunk"])
            ]
        chunks = {row["id"]: row["chunk"] for row in rows}
        if len(chunks) != len(ids):
            raise IndexDamaged(f"the index in {self._uri} has lost parts of {key}; run: sco-qa build")
        return str(chunk + "".join(chunks[i] for i in ids))

    def write_text(self, key: str, text: str) -> None:
        """Keep a text of any length under ``key``; its last part is written first, so that it is whole or not there."""
        chunks = list(_chunks(text))
        rows = [
            {"id": f"{key}/{number}", "chunk": chunk if number else f"{len(chunks)}\n{chunk}", "unused": [0.0, 0.0]}
            for number, chunk in enumerate(chunks)
        ]
        with _told(self._uri):
            for some in _batches(rows[::-1]):
                self._client.upsert(self._texts, some)

    def delete_text(self, key: str) -> None:
        """Forget a text."""
        with _told(self._uri):
            self._client.delete(self._texts, filter=f'id like "{key}/%"')

    def rows(self, *fields: str) -> Iterator[Row]:
        """Go through all passages."""
        with _told(self._uri):
            found = self._client.query_iterator(
                self._passages, batch_size=1000, filter="id >= 0", output_fields=["id", *fields]
            )
            while some := found.next():
                yield from (dict(row) for row in some)
            found.close()

    def get(self, ids: Sequence[int], *fields: str) -> dict[int, Row]:
        """Look passages up by their ids; those that are not there are left out."""
        with _told(self._uri):
            rows = [
                row
                for some in _batches(list(ids))
                for row in self._client.get(self._passages, ids=some, output_fields=["id", *fields])
            ]
        return {int(row["id"]): dict(row) for row in rows}

    def count(self) -> int:
        """Count the passages."""
        with _told(self._uri):
            return int(self._client.query(self._passages, filter="", output_fields=["count(*)"])[0]["count(*)"])

    def upsert(self, rows: Iterable[Row]) -> None:
        """Write passages, in place of those with the same ids."""
        with _told(self._uri):
            for some in _batches(list(rows)):
                self._client.upsert(self._passages, some)

    def delete(self, ids: Sequence[int]) -> None:
        """Remove passages."""
        with _told(self._uri):
            for some in _batches(list(ids)):
                self._client.delete(self._passages, ids=some)

    def nearest(self, vector: NDArray[np.float32], k: int) -> dict[int, Row]:
        """Find the ``k`` passages nearest to ``vector``, ``(dimension,)``."""
        return self._search("vector", vector.tolist(), "IP", k, *FIELDS, "vector")

    def lexical(self, words: str, k: int) -> dict[int, float]:
        """Find the ``k`` best passages by BM25, with their scores as :mod:`sco_qa.lexical` has them; larger is better.

        Milvus keeps the factor that Lucene leaves out, and Milvus Lite gives the scores with a minus.
        """
        return {i: abs(row["score"]) / (K1 + 1) for i, row in self._search("bm25", words, "BM25", k).items()}

    def _search(self, field: str, query: Any, metric: str, k: int, *fields: str) -> dict[int, Row]:
        with _told(self._uri):
            (found,) = self._client.search(
                self._passages,
                data=[query],
                anns_field=field,
                limit=min(k, MOST_HITS),
                output_fields=["id", *fields],
                search_params={"metric_type": metric},
                consistency_level="Strong",  # what was built is found at once
            )
        return {int(hit["id"]): {**hit["entity"], "score": float(hit["distance"])} for hit in found}


def fits(text: str) -> str:
    """Cut a text to what one field holds."""
    raw = text.encode()
    return text if len(raw) <= _FIELD_BYTES else raw[:_FIELD_BYTES].decode(errors="ignore")


def _chunks(text: str) -> Iterator[str]:
    step = _CHUNK_BYTES if text.isascii() else _CHUNK_BYTES // 4  # a code point takes four bytes at most
    yield from (text[at : at + step] for at in range(0, max(1, len(text)), step))


def _batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    yield from (items[at : at + _BATCH] for at in range(0, len(items), _BATCH))


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Turn what Milvus or the network says into one line with a remedy."""
    from pymilvus import MilvusException

    try:
        yield
    except (MilvusException, OSError, RuntimeError, ValueError) as error:
        said = str(getattr(error, "message", error)).splitlines() or [type(error).__name__]
        raise IndexProblem(
            f"Milvus at {uri} cannot be used ({said[0][:200]}); start it, end what else has its file open, or unset "
            "SCO_QA_MILVUS_URI"
        ) from error
