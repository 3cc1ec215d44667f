"""The processor: how many threads to use, what it multiplies fast, and what it is called where figures are shown."""

from __future__ import annotations

import os
import platform
from itertools import takewhile
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
"""Where Linux tells, core by core; other systems do not."""
_VNNI = frozenset({"avx_vnni", "avx512_vnni"})
"""What Linux calls the instructions for products in 8 bits; ONNX Runtime uses either."""


def number_of_threads(chosen: int) -> int:
    """Give the chosen number, or for 0 one thread for each of the :func:`cores`, at most 4."""
    if chosen > 0:
        return chosen
    return min(4, cores())


def cores() -> int:
    """Count the cores that this process may use; where the system does not tell, those that there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def multiplies_bytes(cpuinfo: Path = _CPUINFO) -> bool:
    """Tell whether it has instructions for sums of products in 8 bits (VNNI); no where the system does not tell."""
    return not _VNNI.isdisjoint(_first_core(cpuinfo).get("flags", "").split())


def name(cpuinfo: Path = _CPUINFO) -> str:
    """Give its architecture, with maker, family and model where the system tells: ``x86_64 (maker, family 6 …)``."""
    core = _first_core(cpuinfo)
    try:
        model = f" ({core['vendor_id']}, family {core['cpu family']}, model {core['model']})"
    except KeyError:
        model = ""
    return platform.machine() + model


def _first_core(cpuinfo: Path) -> dict[str, str]:
    """Read what is said of the first core; nothing where the system does not tell."""
    try:
        with cpuinfo.open(encoding="utf-8") as file:
            lines = list(takewhile(str.strip, file))  # to the first that is empty
    except OSError:
        return {}
    said = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in said}
