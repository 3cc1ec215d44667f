from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sco_qa.encoder import OnnxEncoder, PassageEncoder
from sco_qa.errors import ModelError
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings

TEXTS = ["Who blocked the bank?", "Bears", "", "Où est l’été? 👩‍👩‍👧", "ship " * 2000]


@pytest.fixture(scope="session")
def exported(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder in full precision, with a prompt for questions."""
    folder = tmp_path_factory.mktemp("exported")
    encoder = PassageEncoder.load(str(tiny_encoder))
    encoder._model.prompts = {"query": "question: ", "document": ""}
    encoder.export(folder, int8=False)
    return folder


def test_passages_are_encoded_as_unit_vectors_in_their_order(tiny_encoder: Path) -> None:
    encoder = PassageEncoder.load(str(tiny_encoder))
    told: list[int] = []
    vectors = encoder.encode(TEXTS, batch_size=2, progress=told.append)
    assert (vectors.shape, vectors.dtype.name) == ((5, 32), "float32")
    assert encoder.dimension == 32
    assert told == [2, 2, 1]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose(encoder.encode([text])[0], vector, atol=1e-5)


def test_the_export_says_what_the_model_says(exported: Path, tiny_encoder: Path) -> None:
    assert sorted(p.name for p in exported.iterdir()) == ["config.json", "model.onnx", "tokenizer.json"]
    assert json.loads((exported / "config.json").read_text()) == {
        "dimension": 32,
        "max_tokens": 512,
        "prompt": "question: ",
    }
    asking, building = OnnxEncoder.load(exported), PassageEncoder.load(str(tiny_encoder))
    assert asking.dimension == 32
    assert np.allclose(asking.encode(TEXTS), building.encode([f"question: {t}" for t in TEXTS]), atol=1e-5)
    assert asking.encode([]).shape == (0, 32)


def test_a_questions_vector_does_not_depend_on_what_else_is_asked(real_index: Settings) -> None:
    encoder = FaissIndex.load(real_index.index).encoder()
    together = encoder.encode(TEXTS)
    assert together.tolist() == [encoder.encode([text])[0].tolist() for text in TEXTS]
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_int8_export_of_the_packaged_model_stays_near_it(real_index: Settings) -> None:
    texts = [*TEXTS[:2], "What is the SCO's top decision-making body?", "When was the Shanghai Five founded?"]
    exact = PassageEncoder.load("all-MiniLM-L6-v2").encode(texts)
    cosines = np.sum(FaissIndex.load(real_index.index).encoder().encode(texts) * exact, axis=1)
    assert cosines.min() > 0.97


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        PassageEncoder.load(str(tmp_path))
    assert str(caught.value).startswith(f"cannot load the encoder '{tmp_path}' (")
    assert str(caught.value).endswith(
        "; give 'all-MiniLM-L6-v2', a folder with a sentence-transformers model, or a model's hub name while the hub "
        "can be reached"
    )
