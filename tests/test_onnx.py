from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper, save

from sco_qa import onnx
from sco_qa.errors import ModelError


class Sums(torch.nn.Module):
    """Adds up two inputs along each row, and counts the row."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (left + right).sum(dim=1).float(), (left * 0 + 1).sum(dim=1).float()


def test_a_graph_runs_on_any_batch_and_length(tmp_path: Path) -> None:
    example = {"left": np.ones((2, 8), np.int64), "right": np.ones((2, 8), np.int64)}
    onnx.export(Sums(), example, ["sum", "count"], tmp_path / "sums.onnx")
    session = onnx.Session(tmp_path / "sums.onnx", threads=1)
    for shape in ((1, 1), (1, 5), (3, 2)):
        left = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
        total, count = session.run(left=left, right=left, unknown=left)  # what a graph does not know is left out
        assert total.tolist() == (2 * left.sum(axis=1)).tolist()
        assert count.tolist() == [shape[1]] * shape[0]


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x07" * 50])
def test_a_file_that_is_no_graph_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        onnx.Session(path)
    assert str(caught.value).startswith(f"cannot load the model {path} (")
    assert str(caught.value).endswith("); rebuild it")
    assert "\n" not in str(caught.value)


def test_products_of_bytes_are_exact_on_every_processor(tmp_path: Path) -> None:
    rows, inner, columns = 5, 64, 32
    weights = numpy_helper.from_array(np.full((inner, columns), 127, np.int8), "weights")
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["left"], ["bytes"], to=TensorProto.UINT8),
            helper.make_node("MatMulInteger", ["bytes", "weights"], ["product"]),
            helper.make_node("Cast", ["product"], ["out"], to=TensorProto.FLOAT),
        ],
        "graph",
        [helper.make_tensor_value_info("left", TensorProto.INT64, [rows, inner])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [rows, columns])],
        [weights],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), tmp_path / "graph.onnx")
    (product,) = onnx.Session(tmp_path / "graph.onnx", threads=1).run(left=np.full((rows, inner), 255, np.int64))
    assert product.tolist() == [[255 * 127 * inner] * columns] * rows  # any two already exceed what 16 bits hold


@pytest.mark.parametrize("pair", [False, True])
def test_examples_are_full_rows_between_the_special_tokens_and_the_same_each_time(pair: bool) -> None:
    tokenizer = onnx.tokenizer(Path(str(files("sco_qa.reader") / "weights/tokenizer.json")))
    tokenizer.enable_padding(length=200)
    drawn = onnx.example(tokenizer, ("input_ids", "token_type_ids", "attention_mask"), max_tokens=40, pair=pair)
    assert {name: ids.shape for name, ids in drawn.items()} == {
        "input_ids": (32, 40),
        "token_type_ids": (32, 40),
        "attention_mask": (32, 40),
    }
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids = drawn["input_ids"]
    assert set(ids[:, 0]) == {first}
    assert set(ids[:, -1]) == {last}
    assert (ids == last).sum(axis=1).tolist() == [2 if pair else 1] * 32
    assert drawn["attention_mask"].min() == 1
    assert drawn["token_type_ids"].max() == int(pair)
    assert np.unique(ids).size > 1000
    assert np.array_equal(onnx.example(tokenizer, ["input_ids"], max_tokens=40, pair=pair)["input_ids"], ids)
    assert len(tokenizer.encode("Bears").ids) == 200  # the tokenizer is as it was
