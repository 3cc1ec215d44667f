from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from sco_qa import holdings
from sco_qa.corpus import Duplicate
from sco_qa.documents import extract
from sco_qa.errors import UsageError
from sco_qa.holdings import Added
from tests.conftest import BEARS, SHIPS, write_corpus


def add(folder: Path, *paths: Path) -> Added:
    return holdings.add(paths, folder, extractor=extract)


def held(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def reasons(added: Added) -> Sequence[str]:
    return [s.reason for s in added.skipped]


def test_files_folders_and_archives_are_copied(tmp_path: Path) -> None:
    notes = write_corpus(tmp_path / "notes", {"a.txt": "A.", ".hidden.txt": "H.", "sources.toml": ""})
    (notes / "more").mkdir()
    (notes / "more" / "b.txt").write_text("B.")
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.writestr("c.txt", "C.")
        archive.writestr("x/d.txt", "D.")
    (tmp_path / "ships.txt").write_text(SHIPS)
    corpus = tmp_path / "not" / "yet"
    assert add(corpus, notes, tmp_path / "ships.txt", tmp_path / "old.zip") == Added(
        ("notes/a.txt", "notes/more/b.txt", "ships.txt", "old/c.txt", "old/x/d.txt"), (), (), ()
    )
    assert held(corpus) == {
        "notes/a.txt": "A.",
        "notes/more/b.txt": "B.",
        "ships.txt": SHIPS,
        "old/c.txt": "C.",
        "old/x/d.txt": "D.",
    }


def test_what_the_corpus_holds_is_not_copied_again(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "boats.txt").write_bytes((folder / "ships.txt").read_bytes())
    (tmp_path / "new.txt").write_text("New.")
    (tmp_path / "new too.txt").write_text("New.")
    added = add(folder, tmp_path / "boats.txt", tmp_path / "new.txt", tmp_path / "new too.txt", folder / "bears.txt")
    assert added == Added(
        ("new.txt",),
        (),
        (
            Duplicate("boats.txt", "ships.txt"),
            Duplicate("new too.txt", "new.txt"),
            Duplicate("bears.txt", "bears.txt"),
        ),
        (),
    )
    assert not (folder / "boats.txt").exists()


def test_a_newer_version_takes_the_place_of_the_older_which_is_kept(folder: Path, tmp_path: Path) -> None:
    for text in ("One.", "Two.", "Three."):
        (tmp_path / "ships.txt").write_text(text)
        assert add(folder, tmp_path / "ships.txt") == Added((), ("ships.txt",), (), ())
    (tmp_path / "ships.txt").write_text("Two.")
    assert add(folder, tmp_path / "ships.txt").replaced == ("ships.txt",)
    digest = {text: hashlib.sha256(text.encode()).hexdigest()[:8] for text in ("One.", "Two.", "Three.")}
    assert held(folder / ".removed") == {
        "ships.txt": SHIPS,
        f"ships-{digest['One.']}.txt": "One.",
        f"ships-{digest['Two.']}.txt": "Two.",
        f"ships-{digest['Three.']}.txt": "Three.",
    }
    assert (folder / "ships.txt").read_text() == "Two."


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        write_corpus(tmp_path / name, {"a.txt": f"{name}."})
    added = add(tmp_path / "x", *(tmp_path / name / "a.txt" for name in ("one", "two", "three")))
    two, three = (hashlib.sha256(f"{name}.".encode()).hexdigest()[:8] for name in ("two", "three"))
    assert added.added == ("a.txt", f"a-{two}.txt", f"a-{three}.txt")
    assert sorted(held(tmp_path / "x").values()) == ["one.", "three.", "two."]


def test_what_cannot_be_read_is_not_copied(folder: Path, tmp_path: Path) -> None:
    before = held(folder)
    (tmp_path / "bad.txt").write_bytes(b"\0")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(64_000_001)
    added = add(folder, *(tmp_path / n for n in ("bad.txt", "picture.png", "broken.zip", "large.txt")))
    assert (added.added, added.replaced, added.duplicates) == ((), (), ())
    bad, picture, broken, large = reasons(added)
    assert bad.startswith("bad.txt holds NUL bytes")
    assert picture.startswith("picture.png: it is in no format that can be read (")
    assert "broken.zip" in broken
    assert large == "large.txt is larger than 64 MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES"
    assert held(folder) == before


@pytest.mark.parametrize("name", ["../up.txt", "/abs.txt", "a/../../up.txt"])
def test_an_archive_cannot_write_elsewhere(tmp_path: Path, name: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "Harm.")
        archive.writestr("good.txt", "Good.")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.zip").write_bytes(content.getvalue())
    added = add(tmp_path / "corpus", tmp_path / "in" / "x.zip")
    assert added.added == ("x/good.txt",)
    assert len(added.skipped) == 1
    assert held(tmp_path / "corpus") == {"x/good.txt": "Good."}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["corpus", "in"]


def test_a_path_that_is_not_there_is_told_before_anything_is_copied(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("New.")
    with pytest.raises(UsageError) as caught:
        add(folder, tmp_path / "new.txt", tmp_path / "none.txt")
    assert str(caught.value) == f"there is no {tmp_path / 'none.txt'}; nothing was added"
    assert not (folder / "new.txt").exists()


def test_a_copy_that_fails_leaves_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new.txt").write_text("New.")
    before = held(folder)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        add(folder, tmp_path / "new.txt")
    assert held(folder) == before


def test_a_document_is_put_away_with_its_duplicates(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "copy.txt").write_text(SHIPS)
    (folder / "bad.png").write_bytes(b"")
    assert holdings.remove(["more/copy", "bad.png"], folder) == ("more/copy.txt", "ships.txt", "bad.png")
    assert held(folder / ".removed") == {"more/copy.txt": SHIPS, "ships.txt": SHIPS, "bad.png": ""}
    assert (folder / "bears.txt").read_text() == BEARS


def test_a_document_that_is_not_there_is_told_before_any_is_put_away(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        holdings.remove(["ships", "boats"], folder)
    assert str(caught.value) == (f"there is no document 'boats' in {folder}; nothing was removed; see: sco-qa sources")
    assert (folder / "ships.txt").exists()


def test_a_document_that_the_catalogue_describes_can_be_put_away(folder: Path) -> None:
    assert holdings.remove(["bears"], folder) == ("bears.txt",)
    assert holdings.remove(["ships.txt"], folder) == ("ships.txt",)
