from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from sco_qa.documents import Member, Refused, members
from sco_qa.errors import DocumentError

FORMATS = "it is in no format that can be read"
ARCHIVE = "it is an archive in a folder or an archive; give it by itself, or unpack it"


def shortened(found: Member | Refused) -> tuple[str, str | bytes]:
    match found:
        case Refused(name, reason):
            return name, FORMATS if reason.startswith(FORMATS) else reason
        case Member(name, content):
            return name, content if isinstance(content, bytes) else content.read_bytes()


def packed(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_folders_documents_come_in_order_and_the_others_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("never")
    folder = tmp_path / "folder"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("b.txt", "deep/er/a.MD", "sources.toml", ".hidden.txt", ".git/x.txt", "deep/photo.jpg", "x.tar.gz"):
        (folder / name).write_text(name)
    (folder / "inside.txt").symlink_to("b.txt")
    (folder / "out.txt").symlink_to("../secret.txt")
    (folder / "gone.txt").symlink_to("nowhere")
    (folder / "up").symlink_to("..")
    (folder / os.fsdecode(b"\xff.txt")).write_text("?")
    link = "it is a link out of the folder; put the document itself there"
    assert [shortened(m) for m in members(folder)] == [
        ("b.txt", b"b.txt"),
        ("deep/er/a.MD", b"deep/er/a.MD"),
        ("deep/photo.jpg", FORMATS),
        ("gone.txt", link),
        ("inside.txt", b"b.txt"),
        ("out.txt", link),
        ("up", link),
        ("x.tar.gz", ARCHIVE),
        ("\\udcff.txt", "its name cannot be cited; rename it with plain characters"),
    ]


def test_an_archives_documents_come_in_order_and_the_others_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        plain = ("b.txt", "a/a.md", "in.zip", "photo.jpg", "sources.toml", "__MACOSX/b.txt", ".x/y.txt")
        for name in (*plain, "../up.txt", "/abs.txt", "c:d.txt", "a\nb.txt"):
            archive.writestr(name, name)
        archive.mkdir("empty")
        archive.writestr("big.txt", bytes(2_000_001))
        archive.writestr("bomb.txt", bytes(1_900_000))
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../secret.txt")
    leads_out = "its name leads out of the archive; pack it again under a plain name"
    bomb = "it is packed more than 200 times, as a zip bomb is; unpack it yourself if you trust it"
    assert [shortened(m) for m in members(path, megabytes=2)] == [
        ("../up.txt", leads_out),
        ("/abs.txt", leads_out),
        ("a\\nb.txt", "its name cannot be cited; rename it with plain characters"),
        ("a/a.md", b"a/a.md"),
        ("b.txt", b"b.txt"),
        ("big.txt", bomb),
        ("bomb.txt", bomb),
        ("c:d.txt", leads_out),
        ("in.zip", ARCHIVE),
        ("link.txt", "it is a link; pack the document itself"),
        ("photo.jpg", FORMATS),
    ]


def test_large_members_are_refused_and_so_is_what_is_too_much_together(tmp_path: Path) -> None:
    entries = {f"{n:02}.txt": bytes(1_000_000) for n in range(34)} | {"50.txt": bytes(1_000_001), "99.txt": b"x"}
    found = list(members(packed(tmp_path / "x.zip", entries, zipfile.ZIP_STORED), megabytes=1))
    assert [m.name for m in found if isinstance(m, Member)] == [f"{n:02}.txt" for n in range(32)]
    assert {m.reason for m in found if isinstance(m, Refused)} == {
        "the archive holds more than 32 MB; split it, or unpack it into a folder",
        "it is larger than 1 MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES",
    }


def test_an_encrypted_and_a_broken_member_are_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", {"a.txt": b"A" * 50, "b.txt": b"B" * 50, "c.txt": b"C" * 50}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.index(b"A" * 50)] = 0
    content[content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1) + 8] |= 1  # in the list of entries: b.txt
    path.write_bytes(content)
    assert [shortened(m) for m in members(path)] == [
        ("a.txt", "it is broken in the archive; pack it again"),
        ("b.txt", "it is encrypted; unpack the archive into a folder with its password"),
        ("c.txt", b"C" * 50),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x.zip is broken (File is not a zip file); save it again or remove it"),
        (b"no zip", "x.zip is broken (File is not a zip file); save it again or remove it"),
        (b"PK\x05\x06" + bytes(8) + b"\xff\xff\xff\x7f" + bytes(6), "x.zip has more than 20000 entries; .*"),
    ],
)
def test_an_archive_that_is_none_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DocumentError, match=f"^{message.replace('(', '.').replace(')', '.')}$"):
        list(members(tmp_path / "x.zip"))


def test_an_archive_of_too_many_members_is_named(tmp_path: Path) -> None:
    packed(tmp_path / "x.zip", {f"{n}.txt": b"x" for n in range(20_001)}, zipfile.ZIP_STORED)
    with pytest.raises(DocumentError) as caught:
        list(members(tmp_path / "x.zip"))
    assert str(caught.value) == "x.zip has more than 20000 entries; unpack it into a folder, or split it"


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        list(members(tmp_path / "x"))
    assert str(caught.value) == f"cannot read {tmp_path / 'x'} (No such file or directory); mend or remove it"
