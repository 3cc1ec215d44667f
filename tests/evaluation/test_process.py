from __future__ import annotations

import sys

import pytest

from sco_qa.evaluation import process

SAYS = "import os, sys; print(sys.stdin.read().upper() + os.environ['GREETING']); sys.exit(3)"
TAKES = "b = bytearray(80_000_000); b[::4096] = b[::4096]"


def test_what_a_command_says_and_how_it_ends() -> None:
    ran = process.run([sys.executable, "-S", "-c", SAYS], given="good ", environment={"GREETING": "morning"})
    assert (ran.output, ran.status) == ("GOOD morning\n", 3)
    assert 0 < ran.seconds < 60


def test_memory_is_the_command_s_own() -> None:
    ours = bytearray(300_000_000)
    ours[::4096] = ours[::4096]  # a child that Linux lets begin with our peak would have at least this
    small, large = (process.run([sys.executable, "-S", "-c", code]).peak_memory_mb for code in ("", TAKES))
    assert small < 40
    assert large == pytest.approx(small + 76, abs=10)
