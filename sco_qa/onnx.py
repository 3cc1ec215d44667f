"""Models as ONNX graphs: exported and quantised with PyTorch once, run by ONNX Runtime alone afterwards."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sco_qa.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def export(module: Module, example: Mapping[str, Tensor], outputs: Sequence[str], path: Path, *, int8: bool) -> None:
    """Write ``module`` as an ONNX graph for any batch size and length.

    Args:
        module: Called with the tensors of ``example`` by name; returns one tensor for each of ``outputs``.
        example: Inputs, each ``(batch_size, seq_len)`` with at least 2 of both.
        outputs: The names of the results.
        path: Where to write the graph, weights included.
        int8: Quantise the weights of matrix products and embeddings to 8 bits, one scale a channel. Activations
            are quantised while running, by the range they have in that batch.

    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    axes = {name: {0: "batch_size", 1: "seq_len"} for name in example}
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        graph = Path(scratch) / "fp32.onnx" if int8 else path
        torch.onnx.export(
            module.eval(),
            kwargs=dict(example),
            f=str(graph),
            input_names=list(example),
            output_names=list(outputs),
            dynamic_shapes=axes,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        if int8:
            quantize_dynamic(graph, path, weight_type=QuantType.QInt8, per_channel=True)


class Session:
    """One ONNX graph, ready to run on the CPU."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        """Open the graph at ``path``.

        Raises:
            ModelError: The file is no ONNX graph that this version can run.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = number_of_threads(threads)
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads steal the second core from whatever else the process does.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise ModelError(f"cannot load the model {path} ({str(error).splitlines()[0]}); rebuild it") from error
        self._inputs = {entry.name for entry in self._session.get_inputs()}

    def run(self, **inputs: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        """Run the graph on inputs of shape ``(batch_size, seq_len)``; those that it does not know are left out."""
        known = {name: value for name, value in inputs.items() if name in self._inputs}
        results: list[Any] = self._session.run(None, known)
        return results


def tokenizer(path: Path) -> Any:
    """Open a tokenizer's ``tokenizer.json``.

    Raises:
        ModelError: There is none, or it cannot be read.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"cannot load the tokenizer {path} ({error}); put one there") from error


def number_of_threads(chosen: int) -> int:
    """Give the chosen number, or for 0 one thread for each core that this process may use, at most 4."""
    if chosen > 0:
        return chosen
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(4, cores)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back the exporter's remarks on its own deprecations and missing extras: a user can act on none of them."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    silent = logging.NullHandler()  # or their remarks would install a handler for everyone's
    logging.root.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.root.removeHandler(silent)
        logging.disable(disabled)
