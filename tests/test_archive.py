from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from sco_qa import archive, passages, store
from sco_qa.archive import Passages, Sources, Writer
from sco_qa.errors import IndexDamaged
from sco_qa.store import Generation
from sco_qa.types import Passage, Source, Span

WINDOW = {"words": 12, "overlap": 6}
EMOJI = Source(id="smiles & co", file="é.txt", text="The 😀 smile. It costs 5 €.\r\n\ufeffMore 🏳️‍🌈 smiles.", title="É")
BARE = Source(id="none", file="none.txt", text="…", title="none", furniture=())


def written(folder: Path, sources: list[Source]) -> Path:
    with store.building(folder) as scratch:
        with Writer(scratch) as writer:
            for source in sources:
                writer.add(source, passages.of(source, **WINDOW, first=writer.passages))
        return store.publish(scratch, {})


def opened(generation: Path) -> tuple[Sources, Passages]:
    opened = Generation.open(generation)
    sources = Sources(opened)
    return sources, Passages(opened, sources)


def test_what_is_written_is_read_again(sources: list[Source], tmp_path: Path) -> None:
    everything = [*sources, EMOJI]
    read, found = opened(written(tmp_path, everything))
    assert list(read) == ["bears", "ships", "smiles & co"]
    assert len(read) == 3
    assert dict(read) == {s.id: s for s in everything}
    assert "bears" in read
    assert "boars" not in read
    with pytest.raises(KeyError):
        read["boars"]
    expected = passages.split(everything, **WINDOW)
    assert list(found) == expected
    assert len(found) == len(expected)
    assert found[-1] == expected[-1]
    assert found[2:5] == expected[2:5]
    assert found.by_source() == Counter(passage.source for passage in expected)
    with pytest.raises(IndexError):
        found[len(expected)]
    assert any(a.sentences[-1] == b.sentences[0] for a, b in pairwise(expected))


def test_a_source_without_passages_is_kept(sources: list[Source], tmp_path: Path) -> None:
    banner = dataclasses.replace(BARE, text="READ MORE", furniture=(Span(0, 9),))
    read, found = opened(written(tmp_path, [banner, *sources]))
    assert read["none"] == banner
    assert list(found) == passages.split([banner, *sources], **WINDOW)
    assert found.by_source()["none"] == 0


def test_the_same_sources_give_the_same_files(sources: list[Source], tmp_path: Path) -> None:
    assert written(tmp_path / "one", sources).name == written(tmp_path / "two", sources).name


def test_few_sources_are_held_at_a_time(sources: list[Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_KEPT", 10)
    read, found = opened(written(tmp_path, [*sources, EMOJI]))
    bears = read["bears"]
    assert read["bears"] is bears
    assert read["ships"].text == sources[1].text
    assert read["bears"] is not bears
    assert list(found) == passages.split([*sources, EMOJI], **WINDOW)


def test_threads_read_what_one_thread_reads(sources: list[Source], tmp_path: Path) -> None:
    _, found = opened(written(tmp_path, sources))
    expected = passages.split(sources, **WINDOW)
    read: list[list[Passage]] = []
    threads = [threading.Thread(target=lambda: read.append(list(found))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [expected] * 4


@pytest.mark.parametrize("wrong", [b"\xff", b"x"])
def test_a_text_that_is_not_what_was_written_is_never_quoted(
    sources: list[Source], tmp_path: Path, wrong: bytes
) -> None:
    generation = written(tmp_path, sources)
    path = generation / "texts.txt"
    content = path.read_bytes()
    path.write_bytes(content[:3] + wrong + content[4:])
    read, found = opened(generation)
    for attempt in (lambda: read["bears"], lambda: found[0]):
        with pytest.raises(IndexDamaged) as caught:
            attempt()
        assert str(caught.value) == f"{path} is not the file that was written; run: sco-qa build"
    assert read["ships"] == sources[1]  # not a character of it is another
