from __future__ import annotations

from pathlib import Path

from sco_qa import builder
from sco_qa.assistant import Assistant
from sco_qa.index import Progress
from sco_qa.settings import Settings
from sco_qa.web import collection
from sco_qa.web.builder import Builder
from sco_qa.web.desk import Desk


class InProcess(Builder):
    """Builds here: PyTorch is here already, while a process of its own would have to load it."""

    def build(self, settings: Settings, progress: Progress) -> tuple[str, ...]:
        return tuple(skipped.reason for skipped in builder.build(settings, progress=progress).skipped)


def test_a_new_document_is_seen_and_then_indexed(place: Path) -> None:
    desk = Desk(Assistant.load(settings=Settings.from_environment()), builder=InProcess())
    before = desk.assistant
    (place / "documents" / "new.txt").write_text("The <b>new</b> ship was built in 1999.\n")
    (place / "documents" / "ships.txt").write_text("The old ship was built in 1899.\n")
    table = collection.table(desk)
    assert 'state-not-indexed">not indexed' in table
    assert 'state-changed">changed' in table
    assert 'state-fresh">fresh' in table

    said = list(collection.rebuild(desk))
    assert "loading the encoder" in "".join(said)
    assert "encoding passages … 2 of 2" in "".join(said)
    assert "built anew" in said[-1]
    assert desk.assistant is not before
    assert set(desk.assistant.index.sources) == {"bears", "new", "ships"}
    assert collection.table(desk).count('state-fresh">fresh') == 3


def test_what_hinders_a_rebuild_is_said(place: Path) -> None:
    desk = Desk(Assistant.load(settings=Settings.from_environment()), builder=InProcess())
    (place / "documents" / "bad.txt").write_bytes(b"\xffabc")
    assert "bad.txt is not UTF-8" in collection.table(desk)
    last = list(collection.rebuild(desk))[-1]
    assert "built anew" in last
    assert "Skipped: bad.txt is not UTF-8" in last
    assert len(desk.assistant.index.sources) == 2
    (place / "documents" / "sources.toml").write_text("[[")
    assert "cannot parse" in collection.table(desk)
    assert "cannot parse" in list(collection.rebuild(desk))[-1]
