from __future__ import annotations

from pathlib import Path

import pytest

from sco_qa.documents import review
from sco_qa.documents.furniture import Found
from sco_qa.documents.review import Overlap, Reviewed
from sco_qa.errors import CorpusError
from sco_qa.types import Span
from tests.conftest import REPOSITORY, run, write_corpus

ONE = "Home\n\nThe brown bear lives in forests.\n\nREAD MORE\n"
TWO = "The polar bear lives on the ice. Read more\n"
CATALOGUE = """# what we know
[[source]]
file = "one.txt"  # the first
title = "One"

[[source.section]]
start = 0
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    files = {"one.txt": ONE, "two.txt": TWO, "broken.pdf": "no PDF", "plain.txt": "A fish swims.\n"}
    return write_corpus(tmp_path / "x", {**files, "sources.toml": CATALOGUE})


def test_what_was_found_is_listed_as_entries(place: Path) -> None:
    assert run("furniture", "--corpus", str(place)).out == (
        '[[source]]\nfile = "one.txt"\nfurniture = [\n'
        '    { start = 0, end = 4, what = "link" },  # Home\n'
        '    { start = 40, end = 49, what = "link" },  # READ MORE\n'
        "]\n\n"
        '[[source]]\nfile = "two.txt"\nfurniture = [\n'
        '    { start = 33, end = 42, what = "link" },  # Read more\n'
        "]\n\n"
    )


def test_what_was_found_is_written_down_and_all_else_is_left_as_it_is(place: Path) -> None:
    written = run("furniture", "--corpus", str(place), "--write")
    assert written.out == f"2 entries of {place / 'sources.toml'} now list furniture; look them over\n"
    assert (place / "sources.toml").read_text() == (
        "# what we know\n"
        '[[source]]\nfile = "one.txt"  # the first\ntitle = "One"\n'
        "furniture = [\n"
        '    {start = 0, end = 4, what = "link"},\n'
        '    {start = 40, end = 49, what = "link"},\n'
        "]\n"
        "\n[[source.section]]\nstart = 0\n"
        '[[source]]\nfile = "two.txt"\n'
        "furniture = [\n"
        '    {start = 33, end = 42, what = "link"},\n'
        "]\n"
    )
    assert sorted(path.name for path in place.iterdir() if path.name.startswith(".")) == []
    again = run("furniture", "--corpus", str(place))
    assert again.out == "nothing was found that sources.toml does not speak of\n"
    assert run("furniture", "--corpus", str(place), "--compare").out == (
        "precision 1.00, recall 1.00 of characters: 22 found, 22 marked in 2 documents, 22 both\n"
    )


def test_a_folder_without_a_catalogue_gets_one(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "x", {"two.txt": TWO})
    assert review.write(folder, review.review(folder)) == 1
    assert review.review(folder) == [Reviewed("two.txt", TWO, (Found(Span(33, 42), "link"),), (Span(33, 42),))]


def test_a_catalogue_that_cannot_be_read_is_named(place: Path) -> None:
    (place / "sources.toml").write_bytes(b"[[source")
    with pytest.raises(CorpusError, match=r"^cannot parse .*sources.toml: .*; mend that line$"):
        review.review(place)


def test_precision_and_recall_count_characters() -> None:
    one = Reviewed("a", "x" * 20, (Found(Span(0, 4), "link"), Found(Span(6, 8), "link")), (Span(2, 6),))
    assert review.compare([one, Reviewed("b", "x", (Found(Span(0, 1), "link"),), None)]) == Overlap(6, 4, 2)
    assert (Overlap(6, 4, 2).precision, Overlap(6, 4, 2).recall) == (1 / 3, 1 / 2)
    assert (Overlap(0, 0, 0).precision, Overlap(0, 0, 0).recall) == (1.0, 1.0)


def test_nothing_that_the_articles_say_is_taken_for_furniture() -> None:
    overlap = review.compare(review.review(REPOSITORY / "corpus"))
    assert overlap.precision == 1.0
    assert overlap.recall > 0.8
