from __future__ import annotations

import pytest

from sco_qa.documents import Document, apart, extract, pdf, pdfium
from sco_qa.errors import DocumentError
from sco_qa.types import Place, Section, Span
from tests.documents import samples

LEFT = 60
BEARS = [
    [
        (LEFT, 570, 9, "Bears of 2018"),
        (LEFT, 500, 18, "On bears"),
        (LEFT, 470, 10, "The brown bear lives in forests. It eats fish, ber-"),
        (LEFT, 458, 10, "ries and roots; the self-"),
        (LEFT, 446, 10, "taught bear, however, sleeps"),
        (200, 30, 9, "1"),
    ],
    [
        (LEFT, 570, 9, "Bears of 2018"),
        (LEFT, 500, 10, "in a den in winter, self-taught as it is."),
        (LEFT, 470, -10, "Polar bears"),
        (LEFT, 450, 10, "Name"),
        (200, 450, 10, "Weight in kilograms"),
        (LEFT, 438, 10, "Ann"),
        (200, 438, 10, "300"),
        (200, 30, 9, "2"),
    ],
    [],
    [(LEFT, 570, 9, "Bears of 2018"), (LEFT, 500, 10, "It lives on the ice."), (200, 30, 9, "4")],
]
INFO = "/Title (Of bears) /Author (B. Ruin) /CreationDate (D:20180620101500+02'00')"


def test_lines_become_paragraphs_and_places_are_pages() -> None:
    sentence = "berries and roots; the self-taught bear, however, sleeps in a den in winter, self-taught as it is."
    blocks = [
        "Bears of 2018",
        "On bears",
        f"The brown bear lives in forests. It eats fish, {sentence}",
        "1",
        "Bears of 2018",
        "Polar bears",
        "Name | Weight in kilograms",
        "Ann | 300",
        "2",
        "Bears of 2018",
        "It lives on the ice.",
        "4",
    ]
    text = "\n\n".join(blocks) + "\n"
    on, polar, second, third = (text.index(words) for words in ("On bears", "Polar", "in a den", "2\n\nBears"))
    first_foot = text.index("1\n\nBears")
    assert extract("bears.pdf", samples.pdf(BEARS, info=INFO)) == Document(
        text=text,
        format="pdf",
        title="Of bears",
        author="B. Ruin",
        date="2018-06-20",
        date_basis="when the PDF says that it was made",
        furniture=(
            Span(0, 13),
            Span(first_foot, first_foot + 16),
            Span(third, third + 16),
            Span(len(text) - 2, len(text) - 1),
        ),
        places=(Place(0, page=1), Place(second, page=2), Place(third + 3, page=4)),
        sections=(Section(Span(on, polar), Span(on, on + 8)), Section(Span(polar, len(text)), Span(polar, polar + 11))),
    )


def read(pages: list[list[samples.Shown]], **more: str) -> Document:
    """Read a PDF in this process."""
    return pdf.compose("a.pdf", pdfium.inside(samples.pdf(pages, **more), 1))


def test_columns_are_read_one_after_the_other_and_items_stand_alone() -> None:
    left = [(LEFT, 500 - 12 * n, 10, f"left line {n} of it") for n in range(4)]
    right = [(230, 500 - 12 * n, 10, f"right line {n} of it") for n in range(4)]
    items = [(LEFT, 300, 10, "1. The first"), (LEFT, 288, 10, "2. The second")]
    paragraph = " ".join(text for _, _, _, text in [*left, *right])
    assert read([[*left, *right, *items]]).text == f"{paragraph}\n\n1. The first\n\n2. The second\n"


@pytest.mark.parametrize(
    ("title", "read_as"),
    [("(Bears)", "Bears"), ("(Microsoft Word - bears.doc)", None), ("(bears.indd)", None), ("(Untitled-1)", None)],
)
def test_a_title_that_a_program_made_up_is_none(title: str, read_as: str | None) -> None:
    assert read([[(LEFT, 500, 10, "Text.")]], info=f"/Title {title}").title == read_as


@pytest.mark.parametrize(("date", "read_as"), [("(D:2018)", "2018"), ("(D:201806)", "2018-06"), ("(soon)", None)])
def test_a_date_is_as_exact_as_it_is_given(date: str, read_as: str | None) -> None:
    assert read([[(LEFT, 500, 10, "Text.")]], info=f"/CreationDate {date}").date == read_as


LOCKED = f"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'00' * 32}> /U <{'00' * 32}> >>"
WHOLE = samples.pdf([[(LEFT, 500, 10, "Text.")]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (WHOLE[:200], "is broken; save it again or remove it"),
        (b"%PDF-1.4\n", "is broken; save it again or remove it"),
        (samples.pdf([[]], trailer=LOCKED), "is encrypted; save it without a password or remove it"),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, message: str) -> None:
    assert pdfium.inside(content, 1) == {"problem": message}


def test_more_text_than_is_read_is_named() -> None:
    message = "holds more than 0 MB of text; split it, or set SCO_QA_DOCUMENT_MEGABYTES"
    assert pdfium.inside(WHOLE, 0) == {"problem": message}


def test_a_scan_is_named() -> None:
    with pytest.raises(DocumentError) as caught:
        read([[], []])
    assert str(caught.value) == "a.pdf holds no text (is it scanned?); recognise its text (OCR) or remove it"


def test_a_problem_comes_back_from_the_process_apart() -> None:
    with pytest.raises(DocumentError) as caught:
        extract("a.pdf", b"")
    assert str(caught.value) == "a.pdf is broken; save it again or remove it"


def test_a_parser_that_is_killed_takes_nobody_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "__name__", "tests.documents.killed")
    with pytest.raises(DocumentError) as caught:
        apart.inside("any", "a.pdf", b"", 1)
    assert str(caught.value) == (
        "a.pdf is broken, or takes more than 60 s or 2 GB to read; save it again, split or remove it"
    )
