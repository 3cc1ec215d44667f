"""Small real documents of the formats that are not text, put together byte by byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

Shown = tuple[float, float, float, str]
"""A line of a page: x, y, size and text."""


def pdf(pages: Sequence[Sequence[Shown]], *, info: str = "", trailer: str = "") -> bytes:
    """Make a PDF of lines in Helvetica, in bold where the size is negative."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects += [f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{bold} >>" for bold in ("", "-Bold")]
    objects.append(f"<< {info} >>")
    kids = []
    for page in pages:
        shown = "\n".join(
            f"BT /F{2 if size < 0 else 1} {abs(size)} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, text in page
        )
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 600] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end = (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R {trailer} >>\nstartxref\n{len(written)}\n%%EOF\n"
    )
    return written + (head + end).encode("latin-1")


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Make a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def docx(body: str, core: str | None = None) -> bytes:
    """Make a DOCX with a body of WordprocessingML; its styles are Heading 1 and 2."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="H{n}"><w:name w:val="heading {n}"/></w:style>' for n in (1, 2)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_WORD_TYPE}.document.main+xml"/>'
            f'<Override PartName="/word/styles.xml" ContentType="{_WORD_TYPE}.styles+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>'
        ),
        "word/_rels/document.xml.rels": (
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/styles" '
            'Target="styles.xml"/></Relationships>'
        ),
        "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
    }
    if core is not None:
        parts["docProps/core.xml"] = core
    return zipped(parts)


def epub(chapters: Mapping[str, str | bytes], metadata: str = "", more: Mapping[str, str] | None = None) -> bytes:
    """Make an EPUB of chapters in this order; each name is a path in the folder of the package."""
    items = "".join(
        f'<item id="c{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": (
                '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile '
                'full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
            ),
            "OEBPS/book.opf": (
                '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
                f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
                f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
            ),
            **{f"OEBPS/{name}": content for name, content in chapters.items()},
            **(more or {}),
        }
    )


def paragraph(text: str, style: str | None = None) -> str:
    """Make a paragraph of WordprocessingML."""
    named = "" if style is None else f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>'
    return f'<w:p>{named}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
    "<dc:title>On bears</dc:title><dc:creator>B. Ruin</dc:creator>"
    "<dcterms:created>2018-06-20T10:00:00Z</dcterms:created></cp:coreProperties>"
)

BOMB = "it is packed more than 200 times, as a zip bomb is; unpack it yourself if you trust it"
