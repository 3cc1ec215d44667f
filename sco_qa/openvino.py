"""Graphs run by OpenVINO, for many texts at a time: where the processor multiplies bfloat16, that is twice as fast.

A number in bfloat16 has the range of one in 32 bits, and 8 bits of precision; products are added up in 32 bits. What it
costs in neighbours, ``evals/bench/speed.py --build`` shows. Opening a graph takes longer than with ONNX Runtime, which
therefore runs whatever answers a question (:mod:`sco_qa.onnx`).
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_qa.errors import ModelError


class Session:
    """One ONNX graph, which runs batches on as many threads as it was opened for, each batch on one.

    It computes in the :func:`precision` of this processor.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        """Open the graph at ``path``.

        Raises:
            ModelError: The file is no ONNX graph that this version can run.
        """
        core = library().Core()
        chosen = {
            "INFERENCE_PRECISION_HINT": precision(),
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
        }
        try:
            self._compiled = core.compile_model(path, "CPU", chosen)
        except RuntimeError as error:
            said = str(error).strip().splitlines()[-1]
            raise ModelError(f"cannot load the model {path} ({said}); rebuild it") from error
        self._inputs = {entry.any_name for entry in self._compiled.inputs}
        # One more for each thread, which waits for it, so that none has nothing to do while a result is fetched.
        self._requests = [self._compiled.create_infer_request() for _ in range(2 * threads)]

    @property
    def settings(self) -> dict[str, str]:
        """How it computes, in OpenVINO's own names."""
        names = ("INFERENCE_PRECISION_HINT", "INFERENCE_NUM_THREADS", "NUM_STREAMS")
        return {name: str(self._compiled.get_property(name)) for name in names}

    def run(self, batches: Iterable[Mapping[str, NDArray[np.int64]]]) -> Iterator[NDArray[np.float32]]:
        """Run the graph on batches of inputs ``(batch_size, seq_len)``, several at once; give each one's first output.

        Inputs that the graph does not know are left out. The threads are OpenVINO's own, and what is Python stays with
        the calling one: from two at once, OpenVINO's first calls can wait for each other forever.
        """
        idle, running = list(self._requests), deque[Any]()
        try:
            for batch in batches:
                if not idle:
                    yield self._result(running[0])
                    idle.append(running.popleft())
                running.append(idle.pop())
                running[-1].start_async({name: value for name, value in batch.items() if name in self._inputs})
            while running:
                yield self._result(running[0])
                running.popleft()
        finally:  # interrupted, those that run are not left alone
            for request in running:
                request.wait()

    def _result(self, request: Any) -> NDArray[np.float32]:
        request.wait()
        output: NDArray[np.float32] = request.get_output_tensor(0).data.copy()
        return output


def precision() -> str:
    """Give the precision that this processor is fastest in: ``bf16`` if it has instructions for that, else ``f32``.

    Without them OpenVINO could only imitate bfloat16, which takes longer than full precision.
    """
    return "bf16" if "BF16" in library().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def library() -> Any:
    """Import OpenVINO, but for the package by which that would report itself to its makers, and leave a file at home.

    It does without where that package is not installed, and lacks nothing else then.
    """
    name = "openvino_telemetry"
    before = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]  # as Python has it for what must not be imported
    try:
        import openvino
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
    return openvino
