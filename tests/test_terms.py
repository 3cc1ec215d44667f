from __future__ import annotations

import json
from pathlib import Path

import pytest

from sco_qa.terms import Abbreviation, Terms

TEXTS = [
    "The Regional Anti-Terrorist Structure (RATS) sits in Tashkent. The Harbour League of Riga (HLR) does not.",
    "WHO (World Health Organization) came. The Regional Anti-Terrorist Structure (RATS) stayed (see below). In 2001 "
    "(June) Avlékoué (a port) opened its third terminal, and the harbour authority paid 5 million (USD) in tariffs.",
]
ENGLISH = {"who", "blocked", "the", "what", "cost", "open", "hatch"}


@pytest.fixture
def terms() -> Terms:
    return Terms.learn(TEXTS, is_english=ENGLISH.__contains__)


def test_abbreviations_are_learned_where_they_are_explained(terms: Terms) -> None:
    assert terms.abbreviations == (
        Abbreviation("HLR", "Harbour League of Riga"),
        Abbreviation("RATS", "Regional Anti-Terrorist Structure"),
        Abbreviation("WHO", "World Health Organization"),
    )


def test_the_commonest_meaning_of_an_abbreviation_is_kept() -> None:
    texts = ["the Blue Boat (BB) sank", "a Big Bank (BB) broke", "the Big Bank (BB) broke"]
    assert Terms.learn(texts).abbreviations == (Abbreviation("BB", "Big Bank"),)


@pytest.mark.parametrize(
    ("question", "reworded"),
    [
        ("Where is RATS?", "Where is Regional Anti-Terrorist Structure?"),
        ("wat is rats hq", "wat is Regional Anti-Terrorist Structure hq"),
        ("Where is the regional anti terrorist structure?", "Where is the RATS?"),
        ("Is RATS the Regional Anti-Terrorist Structure?", None),
        ("Where is the Regional Structure?", None),
        ("?", None),
    ],
)
def test_a_question_is_worded_with_the_other_form(terms: Terms, question: str, reworded: str | None) -> None:
    assert terms.reworded(question) == reworded


@pytest.mark.parametrize(
    ("question", "mended"),
    [
        ("who blocked the haarbour", "who blocked the harbour"),
        ("third termnial tarifs", "third terminal tariffs"),
        ("What did Tashknet cost?", "What did Tashkent cost?"),
        ("avlekoue terminal", "avlékoué terminal"),
        ("HARBUOR", "HARBUOR"),  # written like an abbreviation
        ("Harbours", "Harbours"),  # another form of a word
        ("hatch opened", "hatch opened"),  # English
        ("larbour", "larbour"),  # the first letter
        ("Oper", "Oper"),  # a name, and no name is near
        ("prot", "port"),
        ("por", "por"),  # too short to tell
        ("haarbouur", "haarbouur"),  # two slips
    ],
)
def test_slips_are_mended_towards_the_collections_words(terms: Terms, question: str, mended: str) -> None:
    assert terms.corrected(question) == mended


def test_terms_are_the_same_after_they_were_stored(terms: Terms, tmp_path: Path) -> None:
    terms.save(tmp_path / "terms.json")
    again = Terms.load(tmp_path / "terms.json", is_english=ENGLISH.__contains__)
    assert (again.abbreviations, again.words) == (terms.abbreviations, terms.words)
    assert again.corrected("haarbour") == "harbour"
    assert sorted(json.loads((tmp_path / "terms.json").read_text())) == ["abbreviations", "words"]


def test_nothing_is_known_of_no_collection() -> None:
    assert Terms().reworded("Where is RATS?") is None
    assert Terms().corrected("wat is rats hq") == "wat is rats hq"
