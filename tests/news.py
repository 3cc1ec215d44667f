"""A page of news with furniture, a section and letters of several code points, for tests of what is cited."""

from __future__ import annotations

from sco_qa.types import Section, Source, Span

TEXT = "News\n\nA headline\n\nBy Ann Lee\n\nIt rained. The \u201criver\u201d rose, 👩‍👩‍👧 fled.\n"
HEADLINE = Span(6, 16)
BYLINE = Span(18, 28)
SOURCE = Source(
    id="news",
    file="news.txt",
    text=TEXT,
    title="All the news",
    author="The desk",
    publisher="A Press",
    date="2018",
    date_basis="the last line",
    furniture=(Span(0, 4),),
    sections=(Section(Span(6, len(TEXT)), HEADLINE, BYLINE, "2019-06"),),
)
