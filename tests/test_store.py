from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from sco_qa import store
from sco_qa.errors import IndexDamaged, IndexMissing, IndexOutdated, IndexProblem
from sco_qa.store import BLOCK, Generation


def build(folder: Path, text: str, *, described: str = "x") -> Path:
    """Publish a generation of two files."""
    with store.building(folder) as scratch:
        (scratch / "a.txt").write_text(text)
        (scratch / "sub").mkdir()
        (scratch / "sub" / "b.txt").write_text("b")
        return store.publish(scratch, {"described": described})


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name not in {".lock", "current"})


def test_a_generation_is_published_and_found(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    generation = build(folder, "text")
    assert store.current(folder) == generation
    assert (folder / "current").read_text() == f"{generation.name}\n"
    assert sorted(p.relative_to(generation).as_posix() for p in generation.rglob("*") if p.is_file()) == [
        "a.txt",
        "manifest.json",
        "sub/b.txt",
    ]
    opened = Generation.open(generation)
    assert opened.manifest == {
        "format": store.FORMAT,
        "described": "x",
        "files": {
            "a.txt": {"size": 4, "sha256": "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"},
            "sub/b.txt": {"size": 1, "sha256": "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"},
        },
    }
    opened.verify()
    assert opened.size == 5
    assert opened.names("sub") == ["sub/b.txt"]
    assert left(folder) == [generation.name]


def test_the_same_inputs_give_the_same_generation_to_the_byte(tmp_path: Path) -> None:
    one, two = build(tmp_path / "one", "text"), build(tmp_path / "two", "text")
    assert one.name == two.name
    assert (one / "manifest.json").read_bytes() == (two / "manifest.json").read_bytes()


def test_building_the_same_again_leaves_its_files_to_whoever_reads_them(tmp_path: Path) -> None:
    generation = build(tmp_path, "text")
    with (generation / "a.txt").open() as reading:
        node = (generation / "a.txt").stat().st_ino
        assert build(tmp_path, "text") == generation
        assert (generation / "a.txt").stat().st_ino == node
        assert reading.read() == "text"
    assert left(tmp_path) == [generation.name]


@pytest.mark.parametrize("damage", ["edited", "truncated", "removed", "manifest"])
def test_building_again_mends_a_damaged_generation(tmp_path: Path, damage: str) -> None:
    generation = build(tmp_path, "text")
    match damage:
        case "edited":
            (generation / "a.txt").write_text("Text")
        case "truncated":
            (generation / "sub" / "b.txt").write_text("")
        case "removed":
            (generation / "a.txt").unlink()
        case _:
            (generation / "manifest.json").write_text("{}")
    assert build(tmp_path, "text") == generation
    Generation.open(generation).verify()
    assert (generation / "a.txt").read_text() == "text"
    assert left(tmp_path) == [generation.name]


def test_the_generation_before_stays_until_the_next_build(tmp_path: Path) -> None:
    one, two = build(tmp_path, "one"), build(tmp_path, "two")
    assert left(tmp_path) == sorted([one.name, two.name])
    three = build(tmp_path, "three")
    assert left(tmp_path) == sorted([two.name, three.name])
    assert store.current(tmp_path) == three


def test_a_build_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    generation = build(tmp_path, "text")

    def failing() -> None:
        with store.building(tmp_path) as scratch:
            (scratch / "a.txt").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert store.current(tmp_path) == generation
    assert left(tmp_path) == [generation.name]


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".building-1").mkdir()
    (tmp_path / ".building-1" / "a.txt").write_text("half")
    (tmp_path / ".building-current").write_text("hal")
    generation = build(tmp_path, "text")
    assert left(tmp_path) == [generation.name]


def test_builders_wait_for_one_another_and_readers_for_none(tmp_path: Path) -> None:
    names: list[str] = []
    texts = [f"text {i % 3}" for i in range(12)]
    first = build(tmp_path, texts[0])
    problems: list[Exception] = []
    done = threading.Event()

    def building(text: str) -> None:
        try:
            names.append(build(tmp_path, text).name)
        except Exception as error:
            problems.append(error)

    def reading() -> None:
        try:
            while not done.is_set():
                assert store.current(tmp_path).name
        except Exception as error:
            problems.append(error)

    reader = threading.Thread(target=reading)
    builders = [threading.Thread(target=building, args=(text,)) for text in texts]
    for thread in (reader, *builders):
        thread.start()
    for builder in builders:
        builder.join()
    done.set()
    reader.join()
    assert problems == []
    assert len(names) == 12
    assert len(set(names)) == 3
    assert first.name in names
    current = store.current(tmp_path)
    Generation.open(current).verify()
    assert len(left(tmp_path)) <= 2


def test_where_nothing_was_built_the_message_says_what_to_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(IndexMissing) as caught:
            store.current(folder)
        assert str(caught.value) == f"there is no index in {folder}; run: sco-qa build"


@pytest.mark.parametrize("pointer", [b"", b"gone\n", b"../x\n", b"\xff\xfe", b"\x00", b".", b"a" * 5000, b"a\nb"])
def test_a_pointer_that_leads_nowhere_is_damage(tmp_path: Path, pointer: bytes) -> None:
    build(tmp_path, "text")
    (tmp_path / "current").write_bytes(pointer)
    with pytest.raises(IndexDamaged) as caught:
        store.current(tmp_path)
    assert str(caught.value).startswith((f"{tmp_path / 'current'} names ", f"cannot read {tmp_path / 'current'} ("))
    assert str(caught.value).endswith("; run: sco-qa build")


def test_an_index_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.write_text("")
    with pytest.raises(IndexDamaged) as caught:
        store.current(folder)
    assert str(caught.value).startswith(f"cannot read {folder / 'current'} (")
    with pytest.raises(IndexProblem) as problem:
        build(folder, "text")
    assert str(problem.value) == f"cannot write the index (File exists: {folder}); mend that or use --index"
    assert folder.read_text() == ""


def damaged(generation: Path) -> str:
    with pytest.raises(IndexDamaged) as caught:
        Generation.open(generation).verify()
    return str(caught.value).replace(str(generation), "GENERATION")


def test_every_file_is_verified(tmp_path: Path) -> None:
    generation = build(tmp_path, "text")
    for name in ("a.txt", "sub/b.txt"):
        right = (generation / name).read_bytes()
        for wrong in (right[:-1], bytes([right[0] ^ 1, *right[1:]]), right + b"\n"):
            (generation / name).write_bytes(wrong)
            assert damaged(generation) == f"GENERATION/{name} is not the file that was written; run: sco-qa build"
        (generation / name).unlink()
        assert damaged(generation) == f"cannot read GENERATION/{name} (No such file or directory); run: sco-qa build"
        (generation / name).write_bytes(right)
    Generation.open(generation).verify()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"format": 99}',
        b'{"format": 2}',
    ],
)
def test_a_manifest_that_was_not_written_so_is_damage(tmp_path: Path, content: bytes) -> None:
    generation = build(tmp_path, "text")
    (generation / "manifest.json").write_bytes(content)
    assert damaged(generation) == "GENERATION/manifest.json is not the file that was written; run: sco-qa build"
    (generation / "manifest.json").unlink()
    assert damaged(generation) == (
        "cannot read GENERATION/manifest.json (No such file or directory); run: sco-qa build"
    )


def test_an_index_of_another_format_is_told_from_a_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(store, "FORMAT", 1)
        generation = build(tmp_path, "text")
    with pytest.raises(IndexOutdated) as caught:
        Generation.open(generation)
    assert str(caught.value) == (
        f"the index is of format 1, this version reads format {store.FORMAT}; run: sco-qa build"
    )


def large(folder: Path) -> tuple[Path, bytes]:
    """Publish a generation with a file of two blocks and a bit."""
    content = bytes(range(256)) * (2 * BLOCK // 256) + b"end"
    with store.building(folder) as scratch:
        (scratch / "large").write_bytes(content)
        return store.publish(scratch, {}), content


def test_a_large_file_is_verified_block_by_block_when_it_is_read(tmp_path: Path) -> None:
    generation, content = large(tmp_path)
    path = generation / "large"
    path.write_bytes(content[: BLOCK + 7] + b"?" + content[BLOCK + 8 :])  # in the second block
    mapped = Generation.open(generation).map("large")
    assert bytes(mapped.read(5, 9)) == content[5:9]
    assert bytes(mapped.read(2 * BLOCK, 2 * BLOCK + 3)) == b"end"
    for start, end in ((BLOCK, BLOCK + 1), (BLOCK - 1, BLOCK + 1), (2 * BLOCK - 1, 2 * BLOCK + 1)):
        with pytest.raises(IndexDamaged) as caught:
            mapped.read(start, end)
        assert str(caught.value) == f"{path} is not the file that was written; run: sco-qa build"
    with pytest.raises(IndexDamaged):
        Generation.open(generation).path("large")
    path.write_bytes(content)
    assert Generation.open(generation).path("large") == path


@pytest.mark.parametrize("end", [0, 1, BLOCK, 2 * BLOCK])
def test_a_truncated_file_is_found_when_it_is_opened(tmp_path: Path, end: int) -> None:
    generation, content = large(tmp_path)
    (generation / "large").write_bytes(content[:end])
    with pytest.raises(IndexDamaged) as caught:
        Generation.open(generation).map("large")
    assert str(caught.value) == f"{generation / 'large'} is not the file that was written; run: sco-qa build"


def test_what_was_opened_is_read_on_when_its_generation_is_gone(tmp_path: Path) -> None:
    generation, content = large(tmp_path)
    mapped = Generation.open(generation).map("large")
    build(tmp_path, "one")
    build(tmp_path, "two")
    assert not generation.exists()
    assert bytes(mapped.read(BLOCK, 2 * BLOCK + 3)) == content[BLOCK:]


def test_a_generation_that_goes_while_it_is_opened_gives_way_to_the_next(tmp_path: Path) -> None:
    build(tmp_path, "one")
    tried: list[str] = []

    def use(generation: Generation) -> str:
        if not tried:
            build(tmp_path, "two")
            build(tmp_path, "three")
        tried.append(generation.folder.name)
        return generation.path("a.txt").read_text()

    assert store.open_current(tmp_path, use) == "three"
    assert len(set(tried)) == 2


def test_an_edited_manifest_is_damage_even_if_it_agrees_with_the_files(tmp_path: Path) -> None:
    generation = build(tmp_path, "text")
    manifest = json.loads((generation / "manifest.json").read_text())
    (generation / "manifest.json").write_text(json.dumps(manifest | {"described": "y"}))
    assert damaged(generation) == "GENERATION/manifest.json is not the file that was written; run: sco-qa build"


def test_a_file_that_was_cut_off_while_it_is_open_is_found(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    opened = store.mapped(path)
    assert opened.unverified(2, 5) == b"234"
    os.truncate(path, 4)
    with pytest.raises(IndexDamaged, match="file is not the file that was written; run: sco-qa build"):
        opened.unverified(2, 5)
