from __future__ import annotations

import pytest

from sco_qa.documents import Document, extract
from sco_qa.errors import DocumentError
from sco_qa.types import Place, Section, Span

NOTES = b"""---
title: "Notes on bears"
author: B. Ruin
date: 2018-06
tags: [x]
---
# Notes on bears

The *brown* [bear](http://x) eats `fish`
and berries.<!-- true? -->

Where they live
---------------

| Name | Home |
|------|------|
| Ann  | ice  |

> quoted
"""


def test_marks_are_rendered_and_front_matter_says_what_the_document_is() -> None:
    text = (
        "Notes on bears\n\nThe brown bear eats fish and berries.\n\nWhere they live\n\n"
        "Name | Home\n\nAnn | ice\n\nquoted\n"
    )
    where = text.index("Where")
    assert extract("notes.md", NOTES) == Document(
        text=text,
        format="markdown",
        title="Notes on bears",
        author="B. Ruin",
        date="2018-06",
        date_basis="the date in its front matter",
        places=(Place(0, heading="Notes on bears"), Place(where, heading="Where they live")),
        sections=(Section(Span(0, where), Span(0, 14)), Section(Span(where, len(text)), Span(where, where + 15))),
    )


@pytest.mark.parametrize(
    "content", [b"Plain.", b"---\nnot closed", b"---\n---\nx", b"\xef\xbb\xbf# T", b">" * 40 + b" x"]
)
def test_whatever_is_text_is_markdown(content: bytes) -> None:
    assert extract("a.markdown", content).text.strip()


@pytest.mark.parametrize("content", [b"---\ntitle: x\n---\n", b"<!-- nothing -->"])
def test_a_document_of_marks_alone_is_named(content: bytes) -> None:
    with pytest.raises(DocumentError, match=r"^a.md holds no text; fill or remove it$"):
        extract("a.md", content)


def test_a_document_that_nests_too_deeply_is_named() -> None:
    with pytest.raises(DocumentError) as caught:
        extract("a.md", b">" * 50_000 + b" x")
    assert str(caught.value) == "a.md nests too deeply to be read (more than 50 blocks); simplify or remove it"


def test_a_large_document_is_read_apart() -> None:
    content = b"# Bears\n\n" + b"The bear eats fish. " * 10_100
    text = "Bears\n\n" + " ".join(["The bear eats fish."] * 10_100) + "\n"
    assert extract("a.md", content).text == text
