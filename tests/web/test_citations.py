from __future__ import annotations

import json

import pytest

from sco_qa.reply import Citation
from sco_qa.types import Place, Section, Source, Span
from sco_qa.web import citations
from sco_qa.web.contract import CitationView

AT = "http://127.0.0.1:7860/source/bank?start=4&end=10&sha256=0#cited"


def view(**known: object) -> CitationView:
    text = "The {50%}_bank\nwas blocked."
    source = Source("ba nk", "bank.txt", text, known.pop("title", "Banks & [Trust]"), **known)  # type: ignore[arg-type]
    citation = Citation(source, Span(4, 14), text[4:14], Span(0, len(text)))
    return CitationView.model_validate(citation.to_json())


def test_plain() -> None:
    assert citations.plain(view(author="A. Writer", publisher="Press", date="2018-06"), AT) == (
        f"“{{50%}}_bank” — A. Writer. Banks & [Trust]. Press. 2018-06. bank.txt, characters 4–14. {AT}"
    )
    assert citations.plain(view(), AT) == f"“{{50%}}_bank” — Banks & [Trust]. bank.txt, characters 4–14. {AT}"


def test_section_and_byline_are_named() -> None:
    text = "Heading\nBy Someone\nBody."
    sections = (Section(Span(0, 24), Span(0, 7), Span(8, 18), "2011"),)
    source = Source("s", "s.txt", text, "S", date="2020", sections=sections)
    cited = CitationView.model_validate(Citation(source, Span(19, 23), "Body", Span(19, 24)).to_json())
    assert citations.plain(cited, "x").startswith("“Body” — Someone. S. Heading. 2011. s.txt, characters 19–23.")


def test_the_page_of_the_original_is_named() -> None:
    original = {"file": "s.pdf", "sha256": "0" * 64, "format": "pdf"}
    source = Source("s", "s.pdf.txt", "One. Two.", "S", original=original, places=(Place(0, page=1), Place(5, page=2)))
    cited = CitationView.model_validate(Citation(source, Span(5, 9), "Two.", Span(5, 9)).to_json())
    assert citations.plain(cited, "x") == "“Two.” — S. s.pdf, p. 2, characters 5–9 of its text. x"
    assert cited.place == "p. 2"


def test_markdown_is_text() -> None:
    assert citations.markdown(view(author="*A*", date="2018"), AT) == (
        f"> \\{{50%\\}}\\_bank\n>\n> — \\*A\\*, [Banks \\& \\[Trust\\]](<{AT}>), 2018, bank\\.txt, characters 4–14"
    )


def test_bibtex() -> None:
    assert citations.bibtex(view(author="A. Writer", publisher="Press", date="2018-06-20"), AT) == (
        "@misc{bank-4-14,\n  title = {{Banks \\& [Trust]}},\n  author = {{A. Writer}},\n  publisher = {Press},\n"
        "  year = {2018},\n  month = jun,\n  note = {“\\{50\\%\\}\\_bank”, bank.txt, characters 4–14},\n"
        f"  url = {{{AT}}},\n}}"
    )


@pytest.mark.parametrize(("date", "parts"), [("2018", [[2018]]), ("2018-06-20", [[2018, 6, 20]])])
def test_csl_json(date: str, parts: list[list[int]]) -> None:
    [item] = json.loads(citations.csl_json(view(author="A. Writer", date=date), AT))
    assert item == {
        "id": "bank-4-14",
        "type": "article",
        "title": "Banks & [Trust]",
        "author": [{"literal": "A. Writer"}],
        "issued": {"date-parts": parts},
        "URL": AT,
        "note": "“{50%}_bank”, bank.txt, characters 4–14",
    }
