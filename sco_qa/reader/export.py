"""Turn trained weights into what the package ships: ``python -m sco_qa.reader.export TRAINED [FOLDER]``.

``TRAINED`` is a folder as transformers writes it (config, weights, tokenizer) of a model with a start/end head.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sco_qa import onnx


def export(trained: Path, folder: Path, *, int8: bool = True) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for :class:`sco_qa.reader.SpanReader`."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    # eager: as a graph, the fused attention gets guards against rows without a token, 8% of the time for nothing
    model = AutoModelForQuestionAnswering.from_pretrained(trained, dtype=torch.float32, attn_implementation="eager")

    class Logits(torch.nn.Module):
        """The model with its start and end logits, ``(batch_size, seq_len)`` each, as plain tensors."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            said = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            return said.start_logits, said.end_logits

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(trained).backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    example = onnx.example(tokenizer, ("input_ids", "attention_mask", "token_type_ids"), pair=True)
    onnx.export(Logits(), example, ["start", "end"], folder / "model.onnx", int8=int8)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "weights")
    parser.add_argument("--fp32", action="store_true", help="keep full precision")
    chosen = parser.parse_args()
    export(chosen.trained, chosen.folder, int8=not chosen.fp32)
