from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from sco_qa.onnx import Session
from sco_qa.quantization import quantize

IDS = np.random.default_rng(1).integers(0, 50, (4, 20))


def write_graph(path: Path, *, channels: int = 64, outlier: float = 1.0, weights: int = 2) -> Path:
    """A graph whose hidden states have one channel that is ``outlier`` times as large as the others.

    Its weights are as much smaller, as training leaves them: it says no more than others do.
    """
    drawn = np.random.default_rng(0)
    gain = np.ones(channels, np.float32)
    gain[3] = outlier
    tensors = {"words": drawn.uniform(-1, 1, (50, channels)).astype(np.float32), "gain": gain}
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["embedded"], name="embed"),
        helper.make_node("Mul", ["embedded", "gain"], ["hidden"], name="gain"),
    ]
    for i in range(weights):  # all of one input, the last two with the same weights
        weight = f"weight{min(i, 1)}"
        tensors[weight] = (drawn.normal(size=(channels, 8)) / gain[:, None]).astype(np.float32)
        nodes.append(helper.make_node("MatMul", ["hidden", weight], [f"out{i}"], name=f"product{i}"))
    outputs = [f"out{i}" for i in range(weights)] or ["hidden"]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch_size", "seq_len"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


def run(path: Path) -> list[NDArray[np.float32]]:
    return Session(path, threads=1).run(ids=IDS)


def lost(path: Path, exact: list[NDArray[np.float32]]) -> float:
    """How far the results are from the exact ones, at most, in units of those results' spread."""
    return max(float(np.abs(a - b).max() / b.std()) for a, b in zip(run(path), exact, strict=True))


def plain(graph: Path, path: Path) -> Path:
    quantize_dynamic(graph, path, weight_type=QuantType.QInt8, per_channel=True)
    return path


def test_an_outlying_channel_does_not_cost_the_others_their_precision(tmp_path: Path) -> None:
    graph = write_graph(tmp_path / "graph.onnx", outlier=20.0)
    quantize(graph, tmp_path / "int8.onnx", {"ids": IDS})
    exact = run(graph)
    assert lost(tmp_path / "int8.onnx", exact) < 0.05
    assert lost(plain(graph, tmp_path / "plain.onnx"), exact) > 0.25


@pytest.mark.parametrize("weights", [1, 2, 3])
def test_every_output_is_that_of_the_graph_in_32_bits(tmp_path: Path, weights: int) -> None:
    graph = write_graph(tmp_path / "graph.onnx", weights=weights)
    quantize(graph, tmp_path / "int8.onnx", {"ids": IDS, "unknown": IDS})
    assert len(run(tmp_path / "int8.onnx")) == weights
    assert lost(tmp_path / "int8.onnx", run(graph)) < 0.05


def test_few_channels_and_no_product_at_all_will_do(tmp_path: Path) -> None:
    for name, shape in (("narrow", {"channels": 5}), ("bare", {"weights": 0})):
        graph = write_graph(tmp_path / f"{name}.onnx", **shape)
        quantize(graph, tmp_path / "int8.onnx", {"ids": IDS})
        assert lost(tmp_path / "int8.onnx", run(graph)) < 0.05


def test_the_same_graph_gives_the_same_bytes_and_a_quarter_of_them(tmp_path: Path) -> None:
    graph = write_graph(tmp_path / "graph.onnx", channels=2048, outlier=9.0)
    sizes = []
    for name in ("a.onnx", "b.onnx"):
        quantize(graph, tmp_path / name, {"ids": IDS})
        sizes.append((tmp_path / name).stat().st_size)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert sizes[0] < graph.stat().st_size / 3
