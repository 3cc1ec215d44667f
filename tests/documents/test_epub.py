from __future__ import annotations

import pytest

from sco_qa.documents import Document, extract
from sco_qa.errors import DocumentError
from sco_qa.types import Place, Section, Span
from tests.documents import samples

ONE = (
    '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
    "<body><h1>One</h1><p>Größe.</p></body></html>"
)
TWO = "<html><body><h1>Two</h1><h2>Deep</h2><p>End.</p></body></html>"
METADATA = "<dc:title>On bears</dc:title><dc:creator>B. Ruin</dc:creator><dc:date>2018-06</dc:date>"
FONTS = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
    '<e:EncryptedData><e:CipherData><e:CipherReference URI="{}"/></e:CipherData></e:EncryptedData></encryption>'
)


def test_a_book_is_read_in_its_order() -> None:
    chapters = {"text/one%20.xhtml": ONE, "empty.xhtml": " ", "2.xhtml": TWO}
    more = {"OEBPS/text/one .xhtml": ONE, "META-INF/encryption.xml": FONTS.format("OEBPS/font.otf")}
    text = "One\n\nGröße.\n\nTwo\n\nDeep\n\nEnd.\n"
    assert extract("bears.epub", samples.epub(chapters, METADATA, more)) == Document(
        text=text,
        format="epub",
        title="On bears",
        author="B. Ruin",
        date="2018-06",
        date_basis="the date of the book's metadata",
        places=(Place(0, heading="One"), Place(13, heading="Two"), Place(18, heading="Two › Deep")),
        sections=(
            Section(Span(0, 13), Span(0, 3)),
            Section(Span(13, 18), Span(13, 16)),
            Section(Span(18, 29), Span(18, 22)),
        ),
    )


CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.epub is broken (File is not a zip file); save it again or remove it"),
        (samples.zipped({}), "a.epub is broken (META-INF/container.xml is missing); save it again or remove it"),
        (
            samples.zipped({"META-INF/container.xml": "<container/>"}),
            "a.epub is broken (its package is missing); save it again or remove it",
        ),
        (
            samples.zipped({"META-INF/container.xml": CONTAINER.format("a.opf"), "a.opf": "<package>"}),
            "a.epub is broken (a.opf: its XML is broken: Premature end of data in tag package line 1, line 1, column "
            "10 (<string>, line 1)); save it again or remove it",
        ),
        (
            samples.zipped({"META-INF/container.xml": CONTAINER.format("a.opf"), "a.opf": "<package/>"}),
            "a.epub holds no text; fill or remove it",
        ),
        (
            samples.epub({"1.xhtml": ONE}, more={"META-INF/encryption.xml": FONTS.format("OEBPS/1.xhtml")}),
            "a.epub is encrypted; get it without copy protection or remove it",
        ),
        (
            samples.epub({"1.xhtml": ONE, "2.xhtml": " " * 1_000_001}),
            f"a.epub is broken (OEBPS/2.xhtml: {samples.BOMB}); save it again or remove it",
        ),
        (
            samples.epub({f"{n}.xhtml": "<p>" + "x" * 600_000 for n in range(2)}),
            "a.epub holds more than 1 MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES",
        ),
        (
            samples.epub({"1.xhtml": "<div>" * 300}),
            "a.epub nests too deeply to be read (more than 256 elements); simplify or remove it",
        ),
    ],
)
def test_books_that_cannot_be_read_are_named_with_the_remedy(content: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        extract("a.epub", content, megabytes=1)
    assert str(caught.value) == message
