"""Builds an index: what changed is read and encoded, what did not is taken from the index before.

Texts and passages are written as they come, and passages are encoded in chunks, so that memory does not grow with the
documents. Chunks that are done are kept beside the index, and a build that was cut off goes on behind them. So is the
encoder as it was exported in full precision: PyTorch is imported once for a model, and in another process.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from sco_qa import cache, corpus, lexical, staleness, store
from sco_qa import passages as splitting
from sco_qa import vectors as vector_files
from sco_qa.archive import Writer
from sco_qa.corpus import Corpus, Duplicate, Extractor, Skipped
from sco_qa.documents import extract
from sco_qa.encoder import IndexingEncoder, PassageEncoder
from sco_qa.errors import CorpusError, DocumentError, IndexProblem
from sco_qa.index import ENCODER, LEXICAL, TERMS, FaissIndex, Progress, nothing_to_read
from sco_qa.known import KEYS, Before, Known, keys_of, lines
from sco_qa.settings import Settings
from sco_qa.staleness import Record
from sco_qa.store import Generation
from sco_qa.terms import Terms

_WORDS, _TO_ENCODE = "words.jsonl", "to-encode.jsonl"  # while it is being built
_TEXTS_FOLDER, _JOURNAL_FOLDER, _EXPORTS_FOLDER = ".extracted", ".encoded", ".exported"


class ExportingEncoder(IndexingEncoder, Protocol):
    """An encoder of passages that writes the encoder of questions that goes with it."""

    def export(self, folder: Path) -> None:
        """Write it."""
        ...


@dataclass(frozen=True, slots=True)
class Built:
    """An index and what had to be done for it, in numbers of documents and of passages."""

    index: FaissIndex
    added: int
    changed: int
    renamed: int
    removed: int
    unchanged: int
    duplicates: tuple[Duplicate, ...]
    skipped: tuple[Skipped, ...]
    encoded: int
    """Passages that were encoded; the vectors of the others were there already."""


def build(
    settings: Settings,
    *,
    progress: Progress = lambda *_: None,
    encoder: Callable[[str], ExportingEncoder] | None = None,
) -> Built:
    """Build an index of the documents under ``settings.corpus`` and make it the current one under ``settings.index``.

    Where ``settings`` name a Milvus, it is published there.

    Args:
        settings: Where documents and index lie, and how the index is made.
        progress: Told how far it is.
        encoder: Loads the encoder that ``settings.encoder`` names, when there is something to encode; if not given,
            it is the export of a sentence-transformers model.

    Raises:
        CorpusError: The folder or its catalogue cannot be used, or the documents hold nothing that can be read.
        ModelError: The encoder cannot be had.
        IndexProblem: The index folder cannot be written.
    """
    built = _build(settings, progress, encoder)
    if settings.milvus_uri:
        from sco_qa.milvus import MilvusIndex, Tables

        with store.building(settings.index):  # one publishes at a time, and what is current
            MilvusIndex.publish(Tables.of(settings), FaissIndex.load(settings.index), progress=progress).close()
    return built


def _build(settings: Settings, progress: Progress, encoder: Callable[[str], ExportingEncoder] | None) -> Built:
    corpus.require_folder(settings.corpus)  # before a folder for the index is made, perhaps inside it
    with store.building(settings.index) as scratch:
        documents = corpus.load(settings.corpus, megabytes=settings.document_megabytes)
        if (unchanged := _unchanged(documents, settings)) is not None:
            return unchanged
        before = Before.open(settings)
        made_with = staleness.made_with(settings)
        texts = extractor(settings)
        vectors = Known(before, cache.Journal(settings.index / _JOURNAL_FOLDER, made_with["encoder"]))
        records = _write(documents, scratch, settings, read=texts, vectors=vectors, progress=progress)
        exported = None if before is None else before.encoder
        if vectors.missing or exported is None:
            progress("loading the encoder", 0, 1)
            loaded = (partial(_exported, settings) if encoder is None else encoder)(settings.encoder)
            if exported is None:
                loaded.export(scratch / ENCODER)
            vectors.encode(loaded, scratch / _TO_ENCODE, progress)
        if exported is not None:
            shutil.copytree(exported, scratch / ENCODER)
        progress("indexing words", 0, 1)
        (scratch / LEXICAL).mkdir()
        lexical.write(lines(scratch / _WORDS), scratch / LEXICAL)
        Terms.learn(lines(scratch / _WORDS)).save(scratch / TERMS)
        described = vector_files.write(scratch, vectors.of(scratch / KEYS), vectors.dimension)
        for name in (_WORDS, _TO_ENCODE):
            (scratch / name).unlink()
        staleness.write(records, scratch)
        passages = sum(r.passages for r in records)
        manifest = {**made_with, "passages": passages, "dimension": vectors.dimension, "vectors": described}
        generation = store.publish(scratch, manifest)
        vectors.journal.clear()
        texts.forget_others()
        index = FaissIndex.open(Generation.open(generation))
    return _built(index, [] if before is None else before.records, records, documents, encoded=vectors.missing)


def _exported(settings: Settings, name: str) -> PassageEncoder:
    return PassageEncoder.load(name, settings.index / _EXPORTS_FOLDER, threads=settings.threads)


def extractor(settings: Settings) -> cache.Texts:
    """Give what extracts documents for the index that the settings name, each one's bytes only once."""
    return cache.Texts(settings.index / _TEXTS_FOLDER, partial(extract, megabytes=settings.document_megabytes))


def _unchanged(documents: Corpus, settings: Settings) -> Built | None:
    """Give the index as it is, if every file of it is whole and it would come out the same."""
    try:
        staleness.require_fresh(settings.index, documents, settings)
        index = FaissIndex.load(settings.index)
        index.generation.verify()
        records = staleness.read(index.generation)
    except IndexProblem:
        return None
    return _built(index, records, records, documents, encoded=0)


def _built(
    index: FaissIndex, before: Sequence[Record], records: Sequence[Record], documents: Corpus, *, encoded: int
) -> Built:
    unread = (Skipped(r.file, r.skipped) for r in records if r.skipped is not None)
    return Built(
        index,
        **_compare(before, records),
        duplicates=documents.duplicates,
        skipped=(*documents.skipped, *unread),
        encoded=encoded,
    )


def _write(
    documents: Corpus,
    scratch: Path,
    settings: Settings,
    *,
    read: Extractor,
    vectors: Known,
    progress: Progress,
) -> list[Record]:
    """Read the documents; write texts, passages, words, and what is to be encoded."""
    records: list[Record] = []
    with (
        Writer(scratch) as writer,
        (scratch / KEYS).open("wb") as key_file,
        (scratch / _WORDS).open("w", encoding="utf-8") as word_file,
        (scratch / _TO_ENCODE).open("w", encoding="utf-8") as encode_file,
    ):
        for number, file in enumerate(documents.files):
            progress("reading documents", number, len(documents.files))
            try:
                source = corpus.read(file, read)
            except DocumentError as error:
                records.append(staleness.record(file, sha256=file.sha256, id_=None, passages=0, skipped=str(error)))
                continue
            found = splitting.of(
                source, words=settings.passage_words, overlap=settings.overlap_words, first=writer.passages
            )
            writer.add(source, found)
            texts = [splitting.to_index(p, source, context=settings.context) for p in found]
            keys = keys_of([text for text, _ in texts])
            key_file.write(keys.tobytes())
            word_file.writelines(json.dumps(words) + "\n" for _, words in texts)
            new = zip(texts, vectors.are_there(keys), strict=True)
            encode_file.writelines(json.dumps(text) + "\n" for (text, _), there in new if not there)
            _, sha256 = corpus.original_of(source)
            records.append(staleness.record(file, sha256=sha256, id_=source.id, passages=len(found)))
    if not writer.passages:
        unread = [r.skipped for r in records if r.skipped is not None]
        raise CorpusError(unread[0]) if len(unread) == len(records) else nothing_to_read()
    return records


def _compare(old: Sequence[Record], new: Sequence[Record]) -> dict[str, int]:
    """Count what became of the documents that are in the index, or were."""
    before, now = ({r.file: r for r in records if r.skipped is None} for records in (old, new))
    common = before.keys() & now.keys()
    unchanged = sum((before[n].sha256, before[n].entry) == (now[n].sha256, now[n].entry) for n in common)
    gone = Counter(before[n].sha256 for n in before if n not in now)
    come = Counter(now[n].sha256 for n in now if n not in before)
    renamed = (gone & come).total()
    return {
        "added": come.total() - renamed,
        "changed": len(common) - unchanged,
        "renamed": renamed,
        "removed": gone.total() - renamed,
        "unchanged": unchanged,
    }
