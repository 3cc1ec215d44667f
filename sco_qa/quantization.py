"""Graphs in 8 bits: a quarter of the size of those in 32 bits, and faster.

Weights get one scale a channel. Activations get one scale a tensor, taken from its range while the graph runs; and
there lies what 8 bits lose: a transformer has a few channels whose values are ten times those of all others (Dettmers
et al. 2022, "LLM.int8()"), so that the others are left with a handful of steps. Here each such channel is scaled down
to the next ones before its matrix product, and the rows of the weights that it meets are scaled up (Xiao et al. 2023,
"SmoothQuant"). The product is the same, for little more time.

Which channels these are is a property of the model, not of the text: random words find them nearly as well as real
text. What is left of the cost, ``make reader-scores FP32=folder`` shows for the reader. Passages are not encoded in 8
bits: their weights alone, one scale a channel, move too many of the nearest neighbours of full precision.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ORDINARY = 16
"""Channels with a larger range than the 16th largest are outliers; 12 or 40 do as well."""


def quantize(graph: Path, path: Path, example: Mapping[str, NDArray[np.int64]]) -> None:
    """Write the graph at ``graph`` in 8 bits to ``path``.

    Args:
        graph: A graph in 32 bits, weights included.
        path: Where to write.
        example: Inputs that the graph takes, each ``(batch_size, seq_len)``, from which the outliers are known.

    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(graph)
    _tame(model, example)
    with tempfile.TemporaryDirectory() as scratch:
        tamed = Path(scratch) / "tamed.onnx"
        onnx.save(model, tamed, save_as_external_data=True)
        del model  # given the model itself, it would work on a copy
        quantize_dynamic(tamed, path, weight_type=QuantType.QInt8, per_channel=True)


def _tame(model: Any, example: Mapping[str, NDArray[np.int64]]) -> None:
    """Scale outlying channels down before the matrix products, and the weights that they meet up."""
    from onnx import helper, numpy_helper

    weights = {entry.name: entry for entry in model.graph.initializer}
    products = defaultdict(list)
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            products[node.input[0]].append(node)
    if not products:
        return
    scalings = {}
    for name, found in _ranges(model, list(products), example).items():
        ordinary = np.sort(found)[-min(_ORDINARY, len(found))]
        scale = np.maximum(1, found / max(ordinary, np.finfo(np.float32).tiny))
        tamed, by = f"{name}_tamed", f"{name}_scale"
        model.graph.initializer.append(numpy_helper.from_array(1 / scale, by))
        scalings[name] = helper.make_node("Mul", [name, by], [tamed], name=tamed)
        for weight in {node.input[1] for node in products[name]}:
            rows = numpy_helper.to_array(weights[weight]) * scale[:, None]
            model.graph.initializer.append(numpy_helper.from_array(rows, f"{weight}_for_{tamed}"))
        for node in products[name]:
            node.input[:] = [tamed, f"{node.input[1]}_for_{tamed}"]
    nodes = []
    for node in model.graph.node:
        nodes.append(node)
        nodes += [scalings[name] for name in node.output if name in scalings]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [entry for entry in model.graph.initializer if entry.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _ranges(model: Any, names: list[str], example: Mapping[str, NDArray[np.int64]]) -> dict[str, NDArray[np.float32]]:
    """Give for each of the named tensors the largest magnitude of each channel, ``(width,)``, over the example."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    del watched.graph.output[:]
    watched.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    known = [entry.name for entry in session.get_inputs()]
    largest: dict[str, NDArray[np.float32]] = {}
    for row in range(len(next(iter(example.values())))):  # one by one: every activation of a batch would fill memory
        values = session.run(names, {name: example[name][row : row + 1] for name in known})
        for name, value in zip(names, values, strict=True):
            found = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            largest[name] = np.maximum(found, largest.get(name, found))
    return largest
