from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sco_qa import builder, inventory
from sco_qa.errors import IndexDamaged
from sco_qa.inventory import Entry, Standing
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from tests.conftest import BEARS, SHIPS


def test_every_document_is_listed_with_its_state(settings: Settings, folder: Path) -> None:
    (folder / "gone.txt").write_text("It will be gone.")
    (folder / "bad.txt").write_bytes(b"\0")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    before = inventory.take(settings)
    assert [(e.file, e.standing, e.passages) for e in before] == [
        ("bad.txt", Standing.NOT_INDEXED, 0),
        ("bears.txt", Standing.NOT_INDEXED, 0),
        ("gone.txt", Standing.NOT_INDEXED, 0),
        ("picture.png", Standing.SKIPPED, 0),
        ("ships.txt", Standing.NOT_INDEXED, 0),
    ]
    built = builder.build(settings, encoder=lambda _: FakeEncoder())
    (folder / "ships.txt").write_text(SHIPS + "!")
    shutil.copy(folder / "bears.txt", folder / "copy.txt")
    (folder / "gone.txt").unlink()
    (folder / "new.txt").write_text("New.")
    count = {id_: sum(p.source == id_ for p in built.index.passages) for id_ in ("bears", "ships")}
    bad, picture = (e.why for e in inventory.take(settings) if e.standing is Standing.SKIPPED)
    assert inventory.take(settings) == [
        Entry("bad", "bad.txt", Standing.SKIPPED, size=1, why=bad),
        Entry("bears", "bears.txt", Standing.FRESH, "All about bears", "2018-06", len(BEARS), count["bears"]),
        Entry(None, "copy.txt", Standing.DUPLICATE, why="holds the same as bears.txt"),
        Entry("gone", "gone.txt", Standing.MISSING, "gone", passages=1),
        Entry("new", "new.txt", Standing.NOT_INDEXED, size=4),
        Entry(None, "picture.png", Standing.SKIPPED, why=picture),
        Entry("ships", "ships.txt", Standing.CHANGED, "ships", None, len(SHIPS) + 1, count["ships"]),
    ]
    assert bad is not None
    assert picture is not None
    assert bad.startswith("bad.txt holds NUL bytes")
    assert picture.startswith("picture.png: it is in no format")


def test_a_damaged_index_is_not_taken_for_none(settings: Settings) -> None:
    folder = builder.build(settings, encoder=lambda _: FakeEncoder()).index.folder
    (folder / "documents.jsonl").write_bytes(b"")
    with pytest.raises(IndexDamaged):
        inventory.take(settings)
