"""DOCX: read through mammoth as Word shows it, changes accepted, and then as the page of HTML that it makes.

Other readers give the runs of a paragraph and leave out what stands in content controls, footnotes and tracked
changes; mammoth gives them all, and knows headings by the names of their styles.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from sco_qa.documents import apart, archive, xmltree
from sco_qa.documents.document import Document, Writing, iso_date
from sco_qa.documents.webpage import parse, write
from sco_qa.errors import DocumentError

_TITLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => h2:fresh"
_BACK = re.compile(r'<a href="#(?:foot|end)note-ref[^>]*>↑</a>')


def read(name: str, content: bytes, megabytes: int) -> Document:
    """Read a document of Word or of whatever else writes DOCX."""
    found = apart.inside(__name__, name, content, megabytes)
    writing = Writing()
    if found["html"].strip():
        write(parse(name, found["html"]), writing)
    said = found["said"]
    return writing.document(
        "docx",
        title=said.get("title"),
        author=said.get("creator"),
        date=iso_date(said.get("created")),
        date_basis="when its properties say that it was made",
    )


def inside(content: bytes, megabytes: int) -> dict[str, Any]:
    """Read a DOCX: ``{"said": {…}, "html": "…"}``, or ``{"problem": "…"}``."""
    import mammoth

    try:
        with archive.opened("it", io.BytesIO(content)) as opened:
            marked = [entry for entry in opened.infolist() if entry.filename.endswith((".xml", ".rels"))]
            if reason := next(filter(None, map(archive.hostile, marked)), None):
                return {"problem": f"cannot be read: a part is refused ({reason})"}
            if sum(entry.file_size for entry in marked) > megabytes * 1_000_000:
                return {"problem": f"is larger than {megabytes} MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES"}
            said = _properties(opened)
        html = mammoth.convert_to_html(
            io.BytesIO(content),
            style_map=_TITLES,
            include_embedded_style_map=False,
            convert_image=lambda _: [],
            external_file_access=False,
        ).value
    except Exception:  # whatever a parser makes of a file that nobody vouches for
        return {"problem": "is no DOCX that can be read (an older .doc, encrypted or broken?); save it again as DOCX"}
    return {"said": said, "html": _BACK.sub("", html)}


def _properties(opened: zipfile.ZipFile) -> dict[str, str]:
    try:
        tree = xmltree.parse(opened.read("docProps/core.xml"))
    except (KeyError, DocumentError):  # nothing requires them
        return {}
    said = {key: xmltree.first(tree, key) for key in ("title", "creator", "created")}
    return {key: text for key, text in said.items() if text is not None}
