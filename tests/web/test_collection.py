from __future__ import annotations

from pathlib import Path

from sco_qa import corpus
from sco_qa.assistant import Assistant
from sco_qa.index import FaissIndex, Progress
from sco_qa.settings import Settings
from sco_qa.web import collection
from sco_qa.web.builder import Builder
from sco_qa.web.desk import Desk


class InProcess(Builder):
    """Builds here: PyTorch is here already, while a process of its own would have to load it."""

    def build(self, settings: Settings, progress: Progress) -> None:
        FaissIndex.build(corpus.load(settings.corpus), settings, progress=progress)


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
    assert "loading the encoder" in said[0]
    assert "encoding passages … 3 of 3" in "".join(said)
    assert "built anew" in said[-1]
    assert desk.assistant is not before
    assert set(desk.assistant.index.sources) == {"bears", "new", "ships"}
    assert collection.table(desk).count('state-fresh">fresh') == 3


def test_what_hinders_a_rebuild_is_said(place: Path) -> None:
    desk = Desk(Assistant.load(settings=Settings.from_environment()), builder=InProcess())
    (place / "documents" / "bad.txt").write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in collection.table(desk)
    assert "is not UTF-8" in list(collection.rebuild(desk))[-1]
    assert len(desk.assistant.index.sources) == 2
