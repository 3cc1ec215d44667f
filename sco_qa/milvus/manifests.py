"""What Milvus holds is named here: the manifest of an index, and the keys of passages, texts and files.

The manifest is that of the index on disk which was published, with the keys of its ``texts`` (by the ids of their
sources) and ``files`` (the encoder of questions and the terms).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sco_qa.errors import IndexDamaged, IndexMissing
from sco_qa.milvus.tables import Tables
from sco_qa.types import Passage

_KEY = "manifest"


def read(tables: Tables) -> dict[str, Any]:
    """Read the manifest of what is published.

    Raises:
        IndexMissing: Nothing is.
        IndexDamaged: It is none of ours.
    """
    text = tables.read_text(_KEY) if tables.exist() else None
    if text is None:
        raise IndexMissing("there is no index in Milvus; publish one where the documents are: sco-qa build")
    try:
        manifest: dict[str, Any] = json.loads(text)
        manifest["texts"], manifest["files"], manifest["passages"], manifest["dimension"]
    except (ValueError, KeyError, TypeError):
        raise IndexDamaged("the manifest in Milvus cannot be read; publish the index again: sco-qa build") from None
    return manifest


def write(tables: Tables, manifest: Mapping[str, Any]) -> None:
    """Publish a manifest: from now on, readers see what it names."""
    tables.write_text(_KEY, json.dumps(manifest, ensure_ascii=False, sort_keys=True))


def identity(passage: Passage, manifest: Mapping[str, Any], text: str) -> str:
    """Name a passage by all that its row depends on: the same name, the same row."""
    made_with = [manifest["settings"], manifest["encoder"]]
    of = [passage.source, text, passage.span.start, passage.span.end, passage.heading]
    return digest(json.dumps([made_with, of], sort_keys=True))


def digest(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()
