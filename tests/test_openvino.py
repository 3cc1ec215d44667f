from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sco_qa import onnx, openvino, processor
from sco_qa.errors import ModelError
from tests import offline
from tests.conftest import without_bf16


class Sums(torch.nn.Module):
    """Adds up two inputs along each row."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return (left + right).sum(dim=1).float()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "sums.onnx"
    example = {"left": np.ones((2, 8), np.int64), "right": np.ones((2, 8), np.int64)}
    onnx.export(Sums(), example, ["sum"], path)
    return path


def test_a_graph_runs_on_any_batch_and_length(graph: Path) -> None:
    session = openvino.Session(graph, threads=1)
    for shape in ((1, 1), (1, 5), (3, 2)):
        left = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
        (total,) = session.run([{"left": left, "right": left, "unknown": left}])  # what it does not know is left out
        assert total.tolist() == (2 * left.sum(axis=1)).tolist()


@pytest.mark.parametrize("threads", [1, 2])
def test_as_many_threads_run_it_as_are_chosen(graph: Path, threads: int) -> None:
    session = openvino.Session(graph, threads=threads)
    used = str(min(threads, processor.number_of_threads(0)))  # OpenVINO takes no more than there are cores
    assert session.settings["INFERENCE_NUM_THREADS"] == session.settings["NUM_STREAMS"] == used
    rows = [np.full((2, 1 + place), place, np.int64) for place in range(12)]
    sums = [found.tolist() for found in session.run({"left": row, "right": row} for row in rows)]
    assert sums == [[2 * place * (1 + place)] * 2 for place in range(12)]


def test_after_an_interruption_it_runs_again(graph: Path) -> None:
    session = openvino.Session(graph, threads=2)
    row = np.ones((1, 4), np.int64)

    def interrupted() -> Iterator[dict[str, NDArray[np.int64]]]:
        for _ in range(6):
            yield {"left": row, "right": row}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(session.run(interrupted()))
    assert [total.tolist() for total in session.run([{"left": row, "right": row}] * 7)] == [[8.0]] * 7


def test_it_computes_in_bfloat16_only_where_the_processor_does(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    has_it = "BF16" in openvino.library().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    here = openvino.Session(graph, threads=1).settings["INFERENCE_PRECISION_HINT"]
    assert ("bfloat16" in here, "float32" in here) == (has_it, not has_it)
    without_bf16(monkeypatch)
    assert "float32" in openvino.Session(graph, threads=1).settings["INFERENCE_PRECISION_HINT"]


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x07" * 50])
def test_a_file_that_is_no_graph_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        openvino.Session(path, threads=1)
    assert str(caught.value).startswith(f"cannot load the model {path} (")
    assert str(caught.value).endswith("); rebuild it")
    assert "\n" not in str(caught.value)


def test_opening_a_graph_reports_nothing_and_leaves_nothing_in_the_home(graph: Path, tmp_path: Path) -> None:
    """OpenVINO by itself would tell its makers that it was imported, by a number that it keeps in the home."""
    (tmp_path / "home").mkdir()
    script = (
        "import sys; from pathlib import Path; from sco_qa import openvino\n"
        f"openvino.Session(Path({str(graph)!r}), threads=1)\n"
        "assert 'openvino' in sys.modules\n"
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry')]"
    )
    environment = {**offline.environment(tmp_path), "HOME": str(tmp_path / "home")}
    subprocess.run([sys.executable, "-W", "error", "-c", script], env=environment, check=True)  # noqa: S603
    assert not (tmp_path / "refused").exists()
    assert list((tmp_path / "home").iterdir()) == []
