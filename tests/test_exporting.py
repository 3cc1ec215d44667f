from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from sco_qa import exporting
from sco_qa.encoder import OnnxEncoder, PassageEncoder
from sco_qa.errors import ModelError
from sco_qa.exporting import export, quantize

apart = exporting.apart  # the tests' set-up replaces it
FILES = ["config.json", "model.onnx", "model.onnx.data", "tokenizer.json"]


@pytest.fixture(scope="session")
def exported(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder with prompts, exported in full precision."""
    model = SentenceTransformer(str(tiny_encoder), device="cpu")
    model.prompts = {"query": "question: ", "document": "passage: ", "corpus": "other: "}
    folder = tmp_path_factory.mktemp("prompted")
    model.save(str(folder / "model"))
    export(str(folder / "model"), folder / "exported")
    return folder / "exported"


def test_an_export_says_what_the_model_says(exported: Path, tiny_encoder: Path) -> None:
    assert sorted(p.name for p in exported.iterdir()) == FILES
    assert json.loads((exported / "config.json").read_text()) == {
        "dimension": 32,
        "max_tokens": 512,
        "inputs": ["input_ids", "attention_mask", "token_type_ids"],
        "prompt": "question: ",
        "passage_prompt": "passage: ",
    }
    texts = ["Bears", "Who blocked the bank?"]
    model = SentenceTransformer(str(tiny_encoder), device="cpu")
    questions = model.encode([f"question: {text}" for text in texts], normalize_embeddings=True)
    assert np.allclose(OnnxEncoder.load(exported).encode(texts), questions, atol=1e-5)
    passages = model.encode([f"passage: {text}" for text in texts], normalize_embeddings=True)
    assert np.sum(PassageEncoder(exported, threads=1).encode(texts) * passages, axis=1).min() > 0.9999


def test_in_8_bits_it_is_one_graph_that_stays_near(exported: Path, tmp_path: Path) -> None:
    quantize(exported, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.json", "model.onnx", "tokenizer.json"]
    texts = ["Bears", "Who blocked the bank?"]
    exact = OnnxEncoder.load(exported).encode(texts)
    assert np.sum(OnnxEncoder.load(tmp_path).encode(texts) * exact, axis=1).min() > 0.97


def test_a_step_apart_leaves_pytorch_to_its_process(exported: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from sco_qa import exporting\n"
        f"exporting.apart(exporting.quantize, Path({str(exported)!r}), Path({str(tmp_path / 'int8')!r}))\n"
        "assert not {'torch', 'onnx', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)  # noqa: S603
    assert (tmp_path / "int8" / "model.onnx").exists()


def test_what_hinders_a_step_apart_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        apart(export, str(tmp_path), tmp_path / "exported")
    assert str(caught.value) == (
        f"cannot load the encoder {str(tmp_path)!r} (ValueError); give 'all-MiniLM-L6-v2', a folder with a "
        "sentence-transformers model, or a model's hub name while the hub can be reached"
    )
    with pytest.raises(ModelError, match=r"^cannot export the encoder \(FileNotFoundError.*config\.json'\); choose"):
        apart(quantize, tmp_path, tmp_path / "int8")
