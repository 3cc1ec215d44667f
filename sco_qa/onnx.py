"""Models as ONNX graphs: exported with PyTorch once, run by ONNX Runtime for whatever answers a question."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sco_qa import processor
from sco_qa.errors import ModelError

if TYPE_CHECKING:
    from torch.nn import Module

_SLOWER = ["SkipLayerNormFusion"]
"""Left undone when a graph is loaded: on a CPU, adding and normalising in one step takes longer than in two. Nothing
else that fuses is faster than what ONNX Runtime makes of the plain graph, whichever exporter wrote it."""

_EXACT_PRODUCTS = ("session.x64quantprecision", "1")
"""Without it, sums of products in 8 bits overflow on x86 processors that have no instructions for those (VNNI), as ONNX
Runtime says where it lists its options: faster by a sixth, but the scores depend on the processor, and with other
weights they can be wrong altogether (``tests/test_quantization.py`` fails there). Where there are such instructions, it
changes no number, and reading takes half as long again."""


def export(module: Module, example: Mapping[str, NDArray[np.int64]], outputs: Sequence[str], path: Path) -> None:
    """Write ``module`` as an ONNX graph for any batch size and length, its weights in a file beside it.

    Args:
        module: Called with tensors named as in ``example``; returns one tensor for each of ``outputs``.
        example: Inputs, each ``(batch_size, seq_len)`` with at least 2 of both; :func:`example` gives some.
        outputs: The names of the results, as many as there are.
        path: Where to write the graph.

    """
    import torch

    with _quiet():
        torch.onnx.export(
            module.eval(),
            kwargs={name: torch.from_numpy(value) for name, value in example.items()},
            f=str(path),
            input_names=list(example),
            output_names=list(outputs),
            dynamic_shapes={name: {0: "batch_size", 1: "seq_len"} for name in example},
            dynamo=True,
            external_data=True,  # inside the graph they would be in memory three times over while it is written
            verbose=False,
        )


def example(
    tokenizer: Any, inputs: Sequence[str], *, max_tokens: int = 96, pair: bool = False
) -> dict[str, NDArray[np.int64]]:
    """Give inputs for a graph: random words of the vocabulary between the model's own special tokens.

    Args:
        tokenizer: A tokenizer of the library ``tokenizers``; it is left as it is.
        inputs: Which of ``input_ids``, ``attention_mask`` and ``token_type_ids`` the model takes.
        max_tokens: Tokens in a row; all have as many, so that nothing is padded.
        pair: Two texts a row, a short one before a long one, instead of one.

    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    words = sorted(word for word in tokenizer.get_vocab() if word.isalpha())
    drawn = np.random.default_rng(0).choice(words, (32, max_tokens))
    rows = [(" ".join(row[:12]), " ".join(row[12:])) if pair else " ".join(row) for row in drawn]
    encoded = tokenizer.encode_batch(rows)
    parts = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
    return {name: np.array([getattr(entry, parts[name]) for entry in encoded], np.int64) for name in inputs}


class Session:
    """One ONNX graph, ready to run on the CPU."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        """Open the graph at ``path``.

        Raises:
            ModelError: The file is no ONNX graph that this version can run.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = processor.number_of_threads(threads)
        options.inter_op_num_threads = 1
        if not processor.multiplies_bytes():
            options.add_session_config_entry(*_EXACT_PRODUCTS)
        options.log_severity_level = 3
        # Spinning threads steal the second core from whatever else the process does.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
            )
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
