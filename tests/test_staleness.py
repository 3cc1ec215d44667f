from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from sco_qa import builder, corpus, staleness
from sco_qa.errors import IndexStale
from sco_qa.settings import Settings
from sco_qa.staleness import require_fresh
from sco_qa.testing import FakeEncoder
from tests.conftest import BEARS, SHIPS, write_corpus


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    """Settings for an index of two documents."""
    folder = write_corpus(tmp_path / "documents", {"bears.txt": BEARS, "ships.txt": SHIPS})
    settings = Settings(corpus=folder, index=tmp_path / "index")
    builder.build(settings, encoder=lambda _: FakeEncoder())
    return settings


def stale(settings: Settings) -> tuple[str, ...]:
    with pytest.raises(IndexStale) as caught:
        require_fresh(settings.index, corpus.load(settings.corpus), settings)
    return caught.value.changes


def test_an_index_is_fresh_until_something_changes(kept: Settings) -> None:
    require_fresh(kept.index, corpus.load(kept.corpus), kept)
    asking = dataclasses.replace(kept, top=1, threshold=0.9, retrieved=3, read=2, dense_weight=0.1, threads=1)
    require_fresh(kept.index, corpus.load(kept.corpus), asking)
    shutil.copy(kept.corpus / "ships.txt", kept.corpus / "the same.txt")  # it is in the index already
    require_fresh(kept.index, corpus.load(kept.corpus), kept)


def test_a_changed_setting_is_named(kept: Settings) -> None:
    changed = dataclasses.replace(kept, encoder="other", passage_words=50, overlap_words=10, context=False)
    assert stale(changed) == (
        "the setting encoder is 'other', was 'all-MiniLM-L6-v2'",
        "the setting passage_words is 50, was 100",
        "the setting overlap_words is 10, was 40",
        "the setting context is False, was True",
    )


@pytest.mark.parametrize(
    ("module", "name", "change"),
    [
        ("sco_qa.encoder", "fingerprint", "the encoder all-MiniLM-L6-v2 changed"),
        ("sco_qa.sentences", "fingerprint", "the sentence splitter changed"),
    ],
)
def test_another_version_of_a_part_is_named(
    kept: Settings, monkeypatch: pytest.MonkeyPatch, module: str, name: str, change: str
) -> None:
    monkeypatch.setattr(f"{module}.{name}", lambda *_: "another")
    assert stale(kept) == (change,)


def test_another_way_of_extracting_is_named(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staleness, "EXTRACTOR", 0)
    assert stale(kept) == ("the extraction of documents changed",)


def test_changed_documents_are_named(kept: Settings) -> None:
    (kept.corpus / "bears.txt").write_text(BEARS + "One more.")
    (kept.corpus / "ships.txt").rename(kept.corpus / "boats.txt")
    (kept.corpus / "new.txt").write_text("New.")
    assert stale(kept) == ("new.txt was added", "ships.txt was renamed boats.txt", "bears.txt changed")
    (kept.corpus / "boats.txt").unlink()
    assert stale(kept) == ("new.txt was added", "ships.txt was removed", "bears.txt changed")


def test_a_changed_description_is_named(kept: Settings) -> None:
    (kept.corpus / "sources.toml").write_text('[[source]]\nfile = "ships.txt"\ntitle = "On ships"')
    assert stale(kept) == ("the description of ships.txt changed",)
    (kept.corpus / "sources.toml").write_text("")
    require_fresh(kept.index, corpus.load(kept.corpus), kept)


def test_a_document_of_the_same_name_in_another_format_changes_the_id(kept: Settings) -> None:
    (kept.corpus / "ships.md").write_text("# Ships")
    assert stale(kept) == ("ships.md was added", "the id of ships.txt changed")


def test_a_document_that_cannot_be_read_makes_an_index_stale_once(kept: Settings) -> None:
    (kept.corpus / "bad.txt").write_bytes(b"\0")
    assert stale(kept) == ("bad.txt was added",)
    builder.build(kept, encoder=lambda _: FakeEncoder())
    require_fresh(kept.index, corpus.load(kept.corpus), kept)
    (kept.corpus / "bad.txt").write_bytes(b"Good.")
    assert stale(kept) == ("bad.txt changed",)
