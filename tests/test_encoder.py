from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from sco_qa import encoder as encoding
from sco_qa import exporting
from sco_qa.encoder import OnnxEncoder, PassageEncoder
from sco_qa.errors import ModelError
from sco_qa.exporting import PACKAGED, path_of
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from tests.conftest import BEARS, SHIPS, without_bf16

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


def cosine(vectors: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """How near the two of a pair are that are the least so."""
    return float(np.sum(vectors * others, axis=1).min())


@pytest.mark.usefixtures("never_exported")
def test_passages_are_encoded_as_sentence_transformers_does_in_their_order(tiny_encoder: Path, exports: Path) -> None:
    encoder = PassageEncoder.load(str(tiny_encoder), exports, threads=3)
    told: list[tuple[int, threading.Thread]] = []
    vectors = encoder.encode(TEXTS, progress=lambda count: told.append((count, threading.current_thread())))
    assert (vectors.shape, vectors.dtype.name, encoder.dimension) == ((5, 32), "float32", 32)
    here = threading.current_thread()
    assert told == [(1, here), (4, here)]
    model = SentenceTransformer(str(tiny_encoder), device="cpu")
    assert cosine(vectors, model.encode_document(TEXTS, normalize_embeddings=True)) > 0.9999
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, 32)


@pytest.mark.usefixtures("never_exported")
def test_without_bfloat16_passages_are_encoded_in_full_precision(
    tiny_encoder: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_bf16(monkeypatch)
    vectors = PassageEncoder.load(str(tiny_encoder), exports).encode(TEXTS)
    model = SentenceTransformer(str(tiny_encoder), device="cpu")
    assert np.allclose(vectors, model.encode_document(TEXTS, normalize_embeddings=True), atol=1e-5)


@pytest.mark.parametrize("bf16", [True, False])
def test_a_passages_vector_does_not_depend_on_what_else_is_encoded(
    real_index: Settings, monkeypatch: pytest.MonkeyPatch, bf16: bool
) -> None:
    if not bf16:
        without_bf16(monkeypatch)
    words = (BEARS + SHIPS).split()
    texts = [" ".join(words[place : place + 1 + 3 * place % 50]) for place in range(40)]
    texts += texts[:9]  # more than a batch, of each length
    encoder = PassageEncoder.load(PACKAGED, real_index.index / ".exported", threads=2)
    together = encoder.encode(texts)
    in_pairs = [encoder.encode(texts[place : place + 2]) for place in range(0, len(texts), 2)]
    assert np.concatenate(in_pairs).tolist() == together.tolist()
    assert np.concatenate([encoder.encode([text]) for text in texts[:20]]).tolist() == together[:20].tolist()


def test_batches_are_of_one_length_and_no_longer_than_the_model_takes() -> None:
    lengths = [3, 100, 16, 17, 32, *[5] * 9, 90]
    assert encoding._batches(lengths, 100) == [  # each place once
        ([1], 100),
        ([14], 96),
        ([3, 4], 32),
        ([0, 2, 5, 6], 16),
        ([7, 8, 9, 10], 16),
        ([11, 12, 13], 16),
    ]


@pytest.mark.usefixtures("never_exported")
def test_questions_lie_where_passages_do(tiny_encoder: Path, exports: Path) -> None:
    encoder = PassageEncoder.load(str(tiny_encoder), exports)
    asking = OnnxEncoder.load(encoder.folder)
    assert asking.dimension == 32
    assert cosine(asking.encode(TEXTS), encoder.encode(TEXTS)) > 0.9999
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


def test_the_packaged_model_is_near_in_8_bits_and_nearly_the_same_for_passages(real_index: Settings) -> None:
    texts = [*TEXTS[:2], "What is the SCO's top decision-making body?", "When was the Shanghai Five founded?"]
    exact = SentenceTransformer(path_of(PACKAGED), device="cpu").encode(texts, normalize_embeddings=True)
    passages = PassageEncoder.load(PACKAGED, real_index.index / ".exported").encode(texts)
    assert cosine(passages, exact) > 0.9999
    assert cosine(FaissIndex.load(real_index.index).encoder().encode(texts), exact) > 0.97


def test_the_fingerprint_tells_the_model_and_how_it_is_run(tmp_path: Path) -> None:
    assert encoding.fingerprint("some/model") == "some/model, passages in bfloat16"
    (tmp_path / "config.json").write_text("{}")
    before = encoding.fingerprint(str(tmp_path))
    (tmp_path / "config.json").write_text("[]")
    assert encoding.fingerprint(str(tmp_path)) != before


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        PassageEncoder.load(str(tmp_path), tmp_path / "exports")
    assert str(caught.value).startswith(f"cannot load the encoder '{tmp_path}' (")
    assert str(caught.value).endswith(
        "; give 'all-MiniLM-L6-v2', a folder with a sentence-transformers model, or a model's hub name while the hub "
        "can be reached"
    )
