from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa import corpus
from sco_qa.errors import CorpusError, DocumentError
from sco_qa.types import Section, Source, Span, State
from tests.conftest import BEARS, SHIPS, write_corpus


def test_a_folder_is_read_with_what_the_catalogue_knows(folder: Path) -> None:
    polar = BEARS.index("Polar bears")
    sign = BEARS.index("SIGN UP NOW")
    assert list(corpus.load(folder)) == [
        Source(
            id="bears",
            file="bears.txt",
            text=BEARS,
            title="All about bears",
            author="B. Ruin",
            date="2018-06",
            furniture=(Span(sign, sign + 11),),
            sections=(
                Section(Span(0, polar), heading=Span(0, 5)),
                Section(Span(polar, len(BEARS)), heading=Span(polar, polar + 11), date="2020"),
            ),
        ),
        Source(id="ships", file="ships.txt", text=SHIPS, title="ships"),
    ]


def test_a_folder_without_a_catalogue_is_read(tmp_path: Path) -> None:
    folder = write_corpus(
        tmp_path / "x", {"on-the_road.txt": "Hello.", "notes.doc": "no format", "b.txt": "Hi.", ".hid.txt": "x"}
    )
    (folder / "folder.txt").mkdir()
    assert list(corpus.load(folder)) == [
        Source(id="b", file="b.txt", text="Hi.", title="b"),
        Source(id="on-the_road", file="on-the_road.txt", text="Hello.", title="on the road"),
    ]


def test_every_key_of_an_entry_is_read(tmp_path: Path) -> None:
    folder = write_corpus(
        tmp_path / "x",
        {
            "a.txt": "0123456789" * 3,
            "sources.toml": """
            [[source]]
            id = "one"
            file = "a.txt"
            title = "One"
            author = "A. Writer"
            publisher = "Some Press"
            date = "2018-06-20"
            date_basis = "the last line"
            furniture = [[8, 10], { start = 0, end = 2, what = "banner" }]
            [[source.section]]
            start = 20
            [[source.section]]
            start = 2
            end = 15
            heading = [2, 4]
            byline = [4, 6]
            date = "2018"
            """,
        },
    )
    assert list(corpus.load(folder)) == [
        Source(
            id="one",
            file="a.txt",
            text="0123456789" * 3,
            title="One",
            author="A. Writer",
            publisher="Some Press",
            date="2018-06-20",
            date_basis="the last line",
            furniture=(Span(0, 2), Span(8, 10)),
            sections=(Section(Span(2, 15), Span(2, 4), Span(4, 6), "2018"), Section(Span(20, 30))),
        )
    ]


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
        lambda t: t.removeprefix("\ufeff").strip()
    )
)
def test_a_text_is_what_its_bytes_decode_to(text: str) -> None:
    with TemporaryDirectory() as name:
        folder = write_corpus(Path(name) / "x", {"a.txt": text})
        (source,) = corpus.load(folder)
        assert source.text == text
        with (folder / "a.txt").open(encoding="utf-8", newline="") as file:
            assert source.text == file.read()
        assert source.sha256 == hashlib.sha256((folder / "a.txt").read_bytes()).hexdigest()


@pytest.mark.parametrize("text", ["\ufeffA\r\nb\rc\n\n", "👩‍👩‍👧\u00a0\u2028\x85\x0cx", "e\u0301\x01\x1a"])
def test_no_line_end_and_no_mark_is_changed(text: str, tmp_path: Path) -> None:
    (source,) = corpus.load(write_corpus(tmp_path / "x", {"a.txt": text}))
    assert source.text == text


def problem(folder: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        list(corpus.load(folder))
    return str(caught.value).replace(str(folder), "FOLDER")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert problem(tmp_path / "x") == (
        "cannot read the corpus folder FOLDER (No such file or directory); choose one with --corpus or SCO_QA_CORPUS"
    )


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("text")
    assert problem(tmp_path / "x") == (
        "cannot read the corpus folder FOLDER (Not a directory); choose one with --corpus or SCO_QA_CORPUS"
    )


def test_a_folder_without_documents_is_named(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "x", {})
    assert problem(folder) == "there is no document in FOLDER that can be read; put documents there: sco-qa add"
    (folder / "x.png").write_bytes(b"\x89PNG")
    assert re.fullmatch(
        r"there is no document in FOLDER that can be read; x\.png: it is in no format that can be read \(.*\); "
        "convert or remove it; put documents there: sco-qa add",
        problem(folder),
    )


def unread(folder: Path, name: str) -> str:
    """Why a file is left out, while the others are read."""
    found = corpus.load(folder)
    assert [source.id for source in found] == ["bears", "ships"]
    skipped = {s.file: s.reason for s in found.skipped}
    if name in skipped:
        return skipped[name]
    (file,) = (f for f in found.files if f.name == name)
    with pytest.raises(DocumentError) as caught:
        corpus.read(file)
    return str(caught.value)


def test_a_document_that_is_not_utf8_is_named_with_the_byte(folder: Path) -> None:
    (folder / "c.txt").write_bytes("Größe".encode("latin-1"))
    assert unread(folder, "c.txt") == "c.txt is not UTF-8 (byte 2); save it as UTF-8 or remove it"


@pytest.mark.parametrize("text", ["", " \n\t\u00a0\r\n", "\ufeff", "\ufeff \n"])
def test_a_document_without_text_is_named(folder: Path, text: str) -> None:
    (folder / "c.txt").write_bytes(text.encode())
    assert unread(folder, "c.txt") == "c.txt is empty; fill or remove it"


def test_a_file_name_that_cannot_be_written_down_is_named(folder: Path) -> None:
    (folder / os.fsdecode(b"\xff.txt")).write_text("Text.")
    assert unread(folder, "\\udcff.txt") == ("\\udcff.txt: its name cannot be cited; rename it with plain characters")


def test_a_document_that_is_too_large_is_named_and_not_even_hashed(folder: Path) -> None:
    with (folder / "c.txt").open("wb") as file:
        file.truncate(64_000_001)
    assert unread(folder, "c.txt") == ("c.txt is larger than 64 MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES")
    assert [f.name for f in corpus.load(folder, megabytes=65).files] == ["bears.txt", "c.txt", "ships.txt"]


def test_what_is_no_file_is_named(folder: Path) -> None:
    os.mkfifo(folder / "c.txt")
    assert unread(folder, "c.txt") == "c.txt is no file; remove it"


def test_a_file_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "c.txt").write_text("Text.")
    digest = corpus.hash_of

    def refused(path: Path) -> str:
        if path.name == "c.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return digest(path)

    monkeypatch.setattr(corpus, "hash_of", refused)
    assert unread(folder, "c.txt") == "cannot read c.txt (Permission denied); mend or remove it"


def test_files_of_one_name_have_their_endings_in_their_ids(folder: Path) -> None:
    (folder / "ships.md").write_text("# Ships\n\nAnother ship.\n")
    (folder / "more").mkdir()
    (folder / "more" / "ships.txt").write_text("More ships.")
    assert [(s.id, s.file) for s in corpus.load(folder)] == [
        ("bears", "bears.txt"),
        ("more/ships", "more/ships.txt"),
        ("ships.md", "ships.md.txt"),
        ("ships.txt", "ships.txt"),
    ]


def test_what_a_document_says_of_itself_gives_way_to_the_catalogue(tmp_path: Path) -> None:
    page = "<html><head><title>Own title</title><meta name=author content='Own Author'></head><body><p>Text.</p></body>"
    folder = write_corpus(tmp_path / "x", {"page.html": page})
    (own,) = corpus.load(folder)
    digest = hashlib.sha256(page.encode()).hexdigest()
    assert own == Source(
        id="page",
        file="page.html.txt",
        text="Text.\n",
        title="Own title",
        author="Own Author",
        original={"file": "page.html", "sha256": digest, "format": "html"},
    )
    (folder / "sources.toml").write_text('[[source]]\nfile = "page.html"\ntitle = "Ours"\nfurniture = [[0, 2]]')
    (given,) = corpus.load(folder)
    assert (given.title, given.author, given.furniture) == ("Ours", "Own Author", (Span(0, 2),))


def test_the_state_of_an_extracted_text_is_that_of_its_document(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "x", {"a.md": "# A\n\nText.\n"})
    (source,) = corpus.load(folder)
    assert corpus.state(folder, source) is State.FRESH
    (folder / "a.md").write_text("# A\n\nText.\n\n")  # the same text would be extracted; the citation says "changed"
    assert corpus.state(folder, source) is State.CHANGED
    (folder / "a.md").unlink()
    assert corpus.state(folder, source) is State.MISSING


ENTRY = '[[source]]\nfile = "ships.txt"\n'
OF_SHIPS = "the entry of ships.txt in sources.toml"
LENGTH = len(SHIPS)


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        ('[[source]\nfile = "ships.txt"', "cannot parse FOLDER/sources.toml: .*line 1, column .*; mend that line"),
        ("x = " + "[" * 100_000, "cannot parse FOLDER/sources.toml: .*; mend that line"),
        ("title = 1", r"FOLDER/sources.toml may hold \[\[source\]\] entries only"),
        ("source = 1", r"FOLDER/sources.toml may hold \[\[source\]\] entries only"),
        ('[[source]]\ntitle = "x"', 'an entry of FOLDER/sources.toml names no file; give it one: file = "…"'),
        (ENTRY + ENTRY, "FOLDER/sources.toml has two entries for ships.txt; drop one"),
        (
            '[[source]]\nfile = "boats.txt"',
            "FOLDER/sources.toml names boats.txt, which is not in FOLDER; add it or drop the entry",
        ),
        (
            ENTRY + 'titel = "x"',
            f"{OF_SHIPS} has the unknown key 'titel'; known are: author, date, date_basis, file, furniture, id, "
            "publisher, section, title",
        ),
        (ENTRY + 'id = "bears"', "bears.txt and ships.txt have the same id 'bears'; rename one"),
        (ENTRY + "title = 3", f"{OF_SHIPS}: title must be text, not 3"),
        (ENTRY + 'author = " "', f"{OF_SHIPS}: author must be text, not ' '"),
        (
            ENTRY + 'date = "June 2018"',
            f'{OF_SHIPS}: date must be like "2018", "2018-06" or "2018-06-20", not \'June 2018\'',
        ),
        (ENTRY + 'date = "2018-13"', f"{OF_SHIPS}: date must be like \"2018\", .*, not '2018-13'"),
        (ENTRY + "date = 2018", f'{OF_SHIPS}: date must be like "2018", .*, not 2018'),
        (ENTRY + "furniture = 3", f"{OF_SHIPS}: furniture must be a list"),
        (
            ENTRY + "furniture = [[5, 5]]",
            rf"{OF_SHIPS}: \[5, 5\] is no span within \[0, {LENGTH}\); give 0 <= start < end <= {LENGTH}",
        ),
        (
            ENTRY + "furniture = [[0, 9999]]",
            rf"{OF_SHIPS}: \[0, 9999\] is no span within \[0, {LENGTH}\); give 0 <= start < end <= {LENGTH}",
        ),
        (ENTRY + "furniture = [[-1, 3]]", rf"{OF_SHIPS}: \[-1, 3\] is no span .*"),
        (ENTRY + "furniture = [[1, 2, 3]]", rf"{OF_SHIPS}: \[1, 2, 3\] is no span .*"),
        (ENTRY + 'furniture = ["0-5"]', f"{OF_SHIPS}: 0-5 is no span .*"),
        (ENTRY + "furniture = [[0, 5], [4, 9]]", rf"{OF_SHIPS}: furniture \[0, 5\) and \[4, 9\) overlap; mend one"),
        (ENTRY + "section = [{ end = 5 }]", f"{OF_SHIPS}: a section needs a start; give it one: start = 0"),
        (ENTRY + "section = [3]", f"{OF_SHIPS}: a section needs a start; give it one: start = 0"),
        (
            ENTRY + "section = [{ start = 0, title = 'x' }]",
            f"{OF_SHIPS} has the unknown key 'title'; known are: byline, date, end, heading, start",
        ),
        (ENTRY + "section = [{ start = 0, end = 20 }, { start = 10 }]", rf"{OF_SHIPS}: \[0, 20\] is no span .*"),
        (ENTRY + "section = [{ start = 9 }, { start = 9 }]", rf"{OF_SHIPS}: \[9, 9\] is no span .*"),
        (
            ENTRY + "section = [{ start = 5, heading = [0, 5] }]",
            rf"{OF_SHIPS}: the heading \[0, 5\) is outside its section \[5, {LENGTH}\); mend it",
        ),
        (
            ENTRY + "section = [{ start = 0, end = 9, byline = [8, 12] }]",
            rf"{OF_SHIPS}: the byline \[8, 12\) is outside its section \[0, 9\); mend it",
        ),
        (ENTRY + "section = [{ start = 0, date = '18' }]", f"{OF_SHIPS}: date must be like .*, not '18'"),
    ],
)
def test_a_catalogue_that_is_wrong_is_named_with_the_remedy(folder: Path, catalogue: str, message: str) -> None:
    (folder / "sources.toml").write_text(catalogue, encoding="utf-8")
    found = problem(folder)
    assert re.fullmatch(message, found), found


def test_a_catalogue_that_is_not_utf8_is_named(folder: Path) -> None:
    (folder / "sources.toml").write_bytes(b'[[source]]\nfile = "\xff"')
    assert problem(folder).startswith("cannot parse FOLDER/sources.toml: 'utf-8' codec can't decode byte 0xff")


def test_the_state_of_a_file_is_told_by_its_bytes(folder: Path) -> None:
    _, ships = corpus.load(folder)
    assert corpus.state(folder, ships) is State.FRESH
    (folder / "ships.txt").write_bytes(SHIPS.replace("\n", "\r\n").encode())
    assert corpus.state(folder, ships) is State.CHANGED
    (folder / "ships.txt").unlink()
    assert corpus.state(folder, ships) is State.MISSING
    (folder / "ships.txt").write_bytes(SHIPS.encode())
    assert corpus.state(folder, ships) is State.FRESH


def test_the_articles_are_read_with_their_sections_and_without_their_furniture() -> None:
    sources = {s.id: s for s in corpus.load(Path(__file__).parents[1] / "corpus")}
    assert {id_: (s.date, len(s.sections), len(s.furniture)) for id_, s in sources.items()} == {
        "beijing-review": ("2018", 1, 0),
        "future-of-the-sco": ("2025", 4, 1),
        "news-portal": (None, 10, 13),
        "reference-page": ("2018-06-20", 1, 3),
        "stanleys-blog": ("2010", 3, 3),
    }
    portal = sources["news-portal"]
    assert {portal.slice(f) for f in portal.furniture[3:]} == {"READ MORE"}
    assert [portal.slice(s.byline) for s in portal.sections if s.byline is not None] == [
        "By Sman Erol",
        "By Roger McDermott",
        "By Dmitri A Titoff",
        "By Naveed Ahmad",
        "By Fyodor Lukyanov",
        "By Pavel Felgenhauer",
    ]


@pytest.mark.parametrize("name", ["x" * 9_999, "../ships.txt", "a\\u0000b"])
def test_an_entry_for_what_cannot_be_a_file_is_named(folder: Path, name: str) -> None:
    (folder / "sources.toml").write_text(f'[[source]]\nfile = "{name}"\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"which is not in .*; add it or drop the entry$"):
        corpus.load(folder)
