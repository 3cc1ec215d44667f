from __future__ import annotations

import shutil
from pathlib import Path

import torch

from sco_qa.reader.export import export
from sco_qa.training.model import SpanModel
from sco_qa.training.restore import restore

WORDS = "bert.embeddings.word_embeddings.weight"


def test_what_was_exported_in_8_bits_comes_back_nearly_whole(tiny_encoder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    trained = SpanModel.open(tiny_encoder)
    with torch.no_grad():
        for name, parameter in trained.named_parameters():
            if name != WORDS:  # never trained
                parameter.add_(0.1 * torch.randn_like(parameter))
            if name == "bert.encoder.layer.0.attention.output.LayerNorm.weight":
                parameter[3] = 20  # an outlier, which the export tames
    trained.config.verifier_weight = trained.config.bias = 1.0
    trained.save_pretrained(tmp_path / "trained")
    shutil.copy(tiny_encoder / "tokenizer.json", tmp_path / "trained")
    export(tmp_path / "trained", tmp_path / "weights")
    restore(tmp_path / "weights", tiny_encoder, tmp_path / "restored")
    before, after = trained.state_dict(), SpanModel.open(tmp_path / "restored").state_dict()
    assert before.keys() == after.keys()
    for name, value in before.items():
        exact = name == WORDS or "LayerNorm" in name or name.endswith("bias")
        assert (value - after[name]).norm() <= (0 if exact else 0.05) * value.norm(), name
    assert (tmp_path / "restored" / "tokenizer.json").exists()
