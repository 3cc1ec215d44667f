from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from sco_qa import processor


def test_threads_are_those_chosen_or_one_a_core_up_to_four() -> None:
    assert processor.number_of_threads(7) == 7
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert processor.number_of_threads(0) == min(4, cores)


@pytest.mark.parametrize(
    ("cpuinfo", "multiplies", "model"),
    [
        (
            "processor\t: 0\nvendor_id\t: Some: Maker\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: A name\n"
            "flags\t\t: fpu avx2 avx512f avx512_vnni\nbugs\t\t:\n\nprocessor\t: 1\nmodel\t\t: 18\n",
            True,
            " (Some: Maker, family 25, model 17)",
        ),
        ("flags\t\t: fpu avx2 avx_vnni hybrid\n", True, ""),
        ("flags\t\t: fpu avx2 avx512f avx512_4vnniw\nvmx flags\t: avx_vnni\n", False, ""),
        ("flags\t\t: fpu avx2\n\nflags\t\t: fpu avx2 avx_vnni\n", False, ""),
        ("Features\t: fp asimd asimddp\n", False, ""),
        ("", False, ""),
        (None, False, ""),
    ],
)
def test_a_processor_is_what_its_first_core_is_said_to_be(
    cpuinfo: str | None, multiplies: bool, model: str, tmp_path: Path
) -> None:
    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo, encoding="utf-8")
    assert processor.multiplies_bytes(path) is multiplies
    assert processor.name(path) == platform.machine() + model
