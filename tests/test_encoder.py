from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from sco_qa import exporting
from sco_qa.encoder import OnnxEncoder, PassageEncoder
from sco_qa.errors import ModelError
from sco_qa.exporting import PACKAGED, path_of
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings

TEXTS = ["Who blocked the bank?", "Bears", "", "Où est l’été? 👩‍👩‍👧", "ship " * 2000]


@pytest.fixture(scope="session")
def exports(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tiny encoder was exported."""
    folder = tmp_path_factory.mktemp("exports")
    PassageEncoder.load(str(tiny_encoder), folder)
    return folder


@pytest.fixture
def never_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it was exported already")

    monkeypatch.setattr(exporting, "apart", refuse)


@pytest.mark.usefixtures("never_exported")
def test_passages_are_encoded_as_sentence_transformers_does_in_their_order(tiny_encoder: Path, exports: Path) -> None:
    encoder = PassageEncoder.load(str(tiny_encoder), exports, threads=3)
    told: list[int] = []
    vectors = encoder.encode(TEXTS, progress=told.append)
    assert (vectors.shape, vectors.dtype.name, encoder.dimension) == ((5, 32), "float32", 32)
    assert told == [1] * 5
    model = SentenceTransformer(str(tiny_encoder), device="cpu")
    assert np.allclose(vectors, model.encode_document(TEXTS, normalize_embeddings=True), atol=1e-5)
    assert vectors.tolist() == [encoder.encode([text])[0].tolist() for text in TEXTS]
    assert encoder.encode([]).shape == (0, 32)


@pytest.mark.usefixtures("never_exported")
def test_in_full_precision_questions_lie_where_passages_do(tiny_encoder: Path, exports: Path) -> None:
    encoder = PassageEncoder.load(str(tiny_encoder), exports)
    asking = OnnxEncoder.load(encoder.folder)
    assert asking.dimension == 32
    assert np.allclose(asking.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)
    assert asking.encode([]).shape == (0, 32)


def test_an_export_is_made_again_if_it_is_not_what_was_written(
    tiny_encoder: Path, exports: Path, tmp_path: Path
) -> None:
    shutil.copytree(exports, tmp_path / "exports")
    (kept,) = (tmp_path / "exports").iterdir()
    before = PassageEncoder.load(str(tiny_encoder), tmp_path / "exports").encode(TEXTS)
    weights = bytearray((kept / "model.onnx.data").read_bytes())
    weights[len(weights) // 2] ^= 64
    (kept / "model.onnx.data").write_bytes(weights)
    (tmp_path / "exports" / "part").mkdir()  # a process was killed while it exported
    encoder = PassageEncoder.load(str(tiny_encoder), tmp_path / "exports")
    assert encoder.encode(TEXTS).tolist() == before.tolist()
    assert [folder.name for folder in (tmp_path / "exports").iterdir()] == [kept.name]


def test_a_questions_vector_does_not_depend_on_what_else_is_asked(real_index: Settings) -> None:
    encoder = FaissIndex.load(real_index.index).encoder()
    together = encoder.encode(TEXTS)
    assert together.tolist() == [encoder.encode([text])[0].tolist() for text in TEXTS]
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_packaged_model_is_near_in_8_bits_and_the_same_in_full_precision(real_index: Settings) -> None:
    texts = [*TEXTS[:2], "What is the SCO's top decision-making body?", "When was the Shanghai Five founded?"]
    exact = SentenceTransformer(path_of(PACKAGED), device="cpu").encode(texts, normalize_embeddings=True)
    passages = PassageEncoder.load(PACKAGED, real_index.index / ".exported").encode(texts)
    assert np.sum(passages * exact, axis=1).min() > 0.999999
    assert np.sum(FaissIndex.load(real_index.index).encoder().encode(texts) * exact, axis=1).min() > 0.97


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        PassageEncoder.load(str(tmp_path), tmp_path / "exports")
    assert str(caught.value).startswith(f"cannot load the encoder '{tmp_path}' (")
    assert str(caught.value).endswith(
        "; give 'all-MiniLM-L6-v2', a folder with a sentence-transformers model, or a model's hub name while the hub "
        "can be reached"
    )
