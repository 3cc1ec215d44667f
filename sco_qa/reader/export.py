"""Turn trained weights into what the package ships: ``python -m sco_qa.reader.export TRAINED [FOLDER]``.

``TRAINED`` is the folder that ``python -m sco_qa.training.reader`` wrote.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from sco_qa import onnx
from sco_qa.quantization import quantize


def export(trained: Path, folder: Path, *, int8: bool = True) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for :class:`sco_qa.reader.SpanReader`."""
    import torch

    from sco_qa.training.model import SpanModel

    class Logits(torch.nn.Module):
        """The logits that the reader compares: start and end, ``(batch_size, seq_len)``, and null, ``(batch_size,)``.

        Null is that of "no answer": of starting and ending at the first token, less what the verifier says.
        """

        def __init__(self) -> None:
            super().__init__()
            self.model = SpanModel.open(trained)

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            start, end, verifier = self.model(input_ids, attention_mask, token_type_ids)
            config = self.model.config
            return start, end, start[:, 0] + end[:, 0] - config.verifier_weight * verifier + config.bias

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = onnx.tokenizer(trained / "tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    example = onnx.example(tokenizer, ("input_ids", "attention_mask", "token_type_ids"), pair=True)
    outputs, path = ["start", "end", "null"], folder / "model.onnx"
    if int8:
        with tempfile.TemporaryDirectory() as scratch:
            onnx.export(Logits(), example, outputs, Path(scratch) / path.name)
            quantize(Path(scratch) / path.name, path, example)
    else:
        onnx.export(Logits(), example, outputs, path)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "weights")
    parser.add_argument("--fp32", action="store_true", help="keep full precision")
    chosen = parser.parse_args()
    export(chosen.trained, chosen.folder, int8=not chosen.fp32)
