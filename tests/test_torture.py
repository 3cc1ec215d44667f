"""A short form of ``make torture``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests import torture


def test_a_killed_build_leaves_the_old_index_or_the_new_one(tmp_path: Path) -> None:
    found = torture.kills(tmp_path, 6, seed=1)
    assert found["lost"] == 0
    assert found["old"] + found["new"] == 6


def test_a_broken_file_is_named_or_harmless(tmp_path: Path) -> None:
    found = torture.corruptions(tmp_path, 60, seed=1)
    assert set(found) <= {"reported", "harmless"}
    assert found["reported"] > 40


def test_a_full_disk_leaves_the_old_index(tmp_path: Path) -> None:
    found = torture.full_disk(tmp_path, [0, 20_000, 60_000, 120_000, 3_000_000])
    if found is None:
        pytest.skip("this user may not mount a small disk")
    assert set(found) == {"failed in one line", "built"}


def test_two_builders_at_once_both_finish(tmp_path: Path) -> None:
    assert torture.builders(tmp_path, 2) == Counter({"both finished": 2})
