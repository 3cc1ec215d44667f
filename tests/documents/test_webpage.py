from __future__ import annotations

import time

import pytest

from sco_qa.documents import Document, extract
from sco_qa.errors import DocumentError
from sco_qa.types import Place, Section, Span

PAGE = """<!DOCTYPE html>
<html><head><title>Bears of
 the North</title><meta name="Author" content="B. Ruin"><meta name="author" content="Second">
<meta property="article:published_time" content="2018-06-20T10:00:00Z">
<script>track("me")</script><style>p { color: red }</style></head>
<body><nav><ul><li><a href="/">Home</a><li><a href="/about">About</a></ul></nav>
<main><article><header><h1>Bears of the North</h1></header>
<p>The brown <b>bear</b> eats
fish&nbsp;and ber&shy;ries.<!-- true? --> In winter<br>it sleeps.</p>
<h2>3.2 Methods</h2><p hidden>Never seen</p>
<ul><li>We walked<li>We <i>looked</i></ul>
<table><tr><th>Name</th><th>Born</th></tr><tr><td><p>Ann</p></td><td>1901</td></tr></table>
<pre>
one
  two
</pre></article></main>
<table><tr><td><h2>More</h2><p>Read on</p></td><td>Here</td></tr></table>
<footer>© 2018 Some Press</footer></body></html>"""


def test_a_page_becomes_blocks_without_what_is_not_text() -> None:
    document = extract("bears.html", PAGE.encode())
    blocks = [
        "Home",
        "About",
        "Bears of the North",
        "The brown bear eats fish and berries. In winter\nit sleeps.",
        "3.2 Methods",
        "We walked",
        "We looked",
        "Name | Born",
        "Ann | 1901",
        "one\n  two",
        "More",
        "Read on",
        "Here",
        "© 2018 Some Press",
    ]
    text = "\n\n".join(blocks) + "\n"
    title, methods, more, foot = (text.index(words) for words in ("Bears of", "3.2", "More", "©"))
    assert document == Document(
        text=text,
        format="html",
        title="Bears of the North",
        author="B. Ruin",
        date="2018-06-20",
        date_basis="the page's article:published_time",
        furniture=(Span(0, 11), Span(foot, foot + 17)),
        places=(
            Place(title, heading="Bears of the North"),
            Place(methods, heading="3.2 Methods"),
            Place(more, heading="More"),
        ),
        sections=(
            Section(Span(title, methods), Span(title, title + 18)),
            Section(Span(methods, more), Span(methods, methods + 11)),
            Section(Span(more, len(text)), Span(more, more + 4)),
        ),
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"<p>a<p>b", "a\n\nb\n"),
        (b"no mark at all", "no mark at all\n"),
        (b"<p>1 < 2 &amp; 3 &bogus; &#0; x", "1 < 2 & 3 &bogus; \ufffd x\n"),
        (b"<div>a<div>b</div>c</div>d", "a\n\nb\n\nc\n\nd\n"),
        (b"<header>Site</header><p>x", "Site\n\nx\n"),
        ("<p>Größe".encode("utf-16"), "Größe\n"),
        ('<meta charset="latin-1"><p>Größe'.encode("cp1252"), "Größe\n"),
        ('<?xml version="1.0" encoding="koi8-r"?><p>Медведь'.encode("koi8-r"), "Медведь\n"),
        ('<meta charset="nonsense"><p>Größe'.encode(), "Größe\n"),
        (b"<svg><text>drawn</text></svg><p>x</p><textarea>typed</textarea>", "x\n"),
        (b"<table><tr><td>a<table><tr><td>b<td>c</table></table>", "a\n\nb | c\n"),
    ],
)
def test_pages_are_read_as_browsers_show_them(content: bytes, text: str) -> None:
    assert extract("a.htm", content).text == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.html is empty; fill or remove it"),
        (b"<html></html>", "a.html holds no text; fill or remove it"),
        (b"<!-- nothing -->", "a.html holds no text; fill or remove it"),
        (b"<p>a\0b", "a.html holds NUL bytes, so it is no text; give it its right ending or remove it"),
        (
            b"<div>" * 100_000 + b"deep",
            "a.html nests too deeply to be read (more than 256 elements); simplify or remove it",
        ),
    ],
)
def test_pages_that_cannot_be_read_are_named_with_the_remedy(content: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        extract("a.html", content)
    assert str(caught.value) == message


def test_a_row_of_endless_empty_cells_takes_no_time() -> None:
    begun = time.process_time()
    assert extract("a.html", b"<table><tr>" + b"<td>" * 50_000 + b"x").text == "x\n"
    assert time.process_time() - begun < 5
