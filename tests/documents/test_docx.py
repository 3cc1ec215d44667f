from __future__ import annotations

import pytest

from sco_qa.documents import Document, docx, extract
from sco_qa.types import Place, Section, Span
from tests.documents import samples
from tests.documents.samples import paragraph

BODY = (
    paragraph("On bears", "H1")
    + paragraph("They eat  fish.")
    + paragraph("2.1 Polar bears", "H2")
    + f"<w:sdt><w:sdtContent>{paragraph('In a control.')}</w:sdtContent></w:sdt>"
    + "<w:p><w:ins><w:r><w:t>New.</w:t></w:r></w:ins><w:del><w:r><w:delText>Old.</w:delText></w:r></w:del></w:p>"
    + f"<w:tbl><w:tr><w:tc>{paragraph('Name')}</w:tc><w:tc>{paragraph('Home')}</w:tc></w:tr></w:tbl>"
)


def test_a_document_is_read_as_word_shows_it() -> None:
    text = "On bears\n\nThey eat fish.\n\n2.1 Polar bears\n\nIn a control.\n\nNew.\n\nName | Home\n"
    polar = text.index("2.1")
    assert extract("bears.docx", samples.docx(BODY, samples.CORE)) == Document(
        text=text,
        format="docx",
        title="On bears",
        author="B. Ruin",
        date="2018-06-20",
        date_basis="when its properties say that it was made",
        places=(Place(0, heading="On bears"), Place(polar, heading="2.1 Polar bears")),
        sections=(Section(Span(0, polar), Span(0, 8)), Section(Span(polar, len(text)), Span(polar, polar + 15))),
    )


def test_properties_are_not_required() -> None:
    assert docx.inside(samples.docx(paragraph("Text.")), 1) == {"said": {}, "html": "<p>Text.</p>"}
    assert docx.inside(samples.docx(paragraph("Text."), "<broken"), 1) == {"said": {}, "html": "<p>Text.</p>"}


BROKEN = "is no DOCX that can be read (an older .doc, encrypted or broken?); save it again as DOCX"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", BROKEN),
        (b"\xd0\xcf\x11\xe0 an older .doc, or an encrypted one", BROKEN),
        (samples.zipped({"word/document.xml": "<x/>"}), BROKEN),
        (samples.docx("<w:p>"), BROKEN),
        (samples.docx("<w:p>" * 20_000 + "</w:p>" * 20_000), BROKEN),
        (
            samples.docx(paragraph(" " * 1_000_001)),
            f"cannot be read: a part is refused ({samples.BOMB})",
        ),
        (
            samples.zipped({f"{n}.xml": b"x" * 900_000 for n in range(2)}),
            "is larger than 1 MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES",
        ),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, message: str) -> None:
    assert docx.inside(content, 1) == {"problem": message}
