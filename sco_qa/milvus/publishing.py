"""An index on disk, brought into Milvus.

Only what changed is written: a passage keeps its row while the same words stand at the same place of the same text.
New texts are written first, then the passages, then the manifest, and the old texts are forgotten last. A reader amid
that looks for a newer manifest when it meets a passage of a text that it does not know, and leaves the passage out if
there is none yet: so no citation is ever a mixture of two texts.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sco_qa import lexical
from sco_qa import passages as splitting
from sco_qa.errors import IndexDamaged, IndexMissing
from sco_qa.index import ENCODER, TERMS, FaissIndex, Progress
from sco_qa.milvus import manifests
from sco_qa.milvus.tables import FIELDS, Row, Tables, fits
from sco_qa.types import Passage, Source

_MOVED = (*FIELDS, "vector", "words", "key")
_CHUNK = 1_024
"""Passages that are compared and written together."""


def publish(tables: Tables, local: FaissIndex, progress: Progress) -> dict[str, Any]:
    """Bring what is in Milvus up to date with an index on disk, and give its manifest.

    Raises:
        IndexDamaged: A file of the index on disk is not the one that was written.
        IndexProblem: Milvus cannot be used.
    """
    local.generation.verify()
    made_with, was = local.generation.manifest, _before(tables)
    if was is None or was["dimension"] != made_with["dimension"]:
        tables.create(made_with["dimension"])
        was = {"texts": {}, "files": {}}
    stored = {*was["texts"].values(), *was["files"].values()}
    texts = {id_: _keep(tables, "text", _packed(source), stored) for id_, source in local.sources.items()}
    files = {name: _keep(tables, "file", content, stored) for name, content in _files(local)}
    _update(tables, local, texts, progress)
    manifest = {
        **{name: made_with[name] for name in ("settings", "encoder", "dimension", "passages")},
        "generation": local.folder.name,
        "texts": texts,
        "files": files,
    }
    manifests.write(tables, manifest)
    for key in stored - {*texts.values(), *files.values()}:
        tables.delete_text(key)
    return manifest


def _before(tables: Tables) -> dict[str, Any] | None:
    try:
        return manifests.read(tables)
    except (IndexMissing, IndexDamaged):
        return None


def _update(tables: Tables, local: FaissIndex, texts: Mapping[str, str], progress: Progress) -> None:
    """Make the rows those of the index on disk: what is there stays, new ones are added, others go.

    Ids count from 0 without gaps: whatever stands last moves into the places of passages that are gone.
    """
    manifest = local.generation.manifest
    places = {row["key"]: int(row["id"]) for row in tables.rows("key")}
    following = max(places.values(), default=-1) + 1
    count = len(local.passages)
    kept = set()
    for first in range(0, count, _CHUNK):
        rows, numbers = [], []
        for passage in local.passages[first : first + _CHUNK]:
            key = manifests.identity(passage, manifest, texts[passage.source])
            if key not in places:
                places[key] = following
                following += 1
                rows.append(_row(passage, places[key], key, texts[passage.source]))
                numbers.append(passage.id)
            kept.add(places[key])
        if rows:
            vectors = local.vectors(np.array(numbers, np.int64))
            indexed = [_words(local.passages[number], local) for number in numbers]
            for row, vector, stems in zip(rows, vectors, lexical.tokens_of(indexed), strict=True):
                row["vector"], row["words"] = vector.tolist(), fits(" ".join(stems))
            tables.upsert(rows)
        progress("publishing passages", min(first + _CHUNK, count), count)
    gaps = sorted(set(range(count)) - kept)
    last = tables.get(sorted(i for i in kept if i >= count), *_MOVED)
    tables.upsert({**row, "id": gap} for gap, row in zip(gaps, last.values(), strict=True))
    tables.delete([int(row["id"]) for row in tables.rows() if int(row["id"]) >= count])


def _row(passage: Passage, id_: int, key: str, text: str) -> Row:
    sentences = [[s.start, s.end] for s in passage.sentences]
    return {
        "id": id_,
        "start": passage.span.start,
        "end": passage.span.end,
        "source": passage.source,
        "text": text,
        "rest": json.dumps([sentences, passage.heading], ensure_ascii=False),
        "key": key,
    }


def _words(passage: Passage, local: FaissIndex) -> str:
    context = local.generation.manifest["settings"]["context"]
    return splitting.to_index(passage, local.sources[passage.source], context=context)[1]


def _files(local: FaissIndex) -> Iterator[tuple[str, str]]:
    """Give the files that asking needs beside texts, passages and vectors, by their names, as text."""
    generation = local.generation
    for path in (generation.path(TERMS), *sorted(generation.path_of_folder(ENCODER).iterdir())):
        yield path.relative_to(generation.folder).as_posix(), base64.b64encode(path.read_bytes()).decode("ascii")


def _keep(tables: Tables, kind: str, content: str, stored: set[str]) -> str:
    """Write a text under a key that its content gives, if it is not stored yet, and give the key."""
    key = f"{kind}/{manifests.digest(content)}"
    if key not in stored:
        tables.write_text(key, content)
    return key


def _packed(source: Source) -> str:
    return json.dumps({"described": source.described(), "text": source.text}, ensure_ascii=False, sort_keys=True)
