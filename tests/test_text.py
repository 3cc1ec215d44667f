from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.text import clean, is_latin, normalize_answer


def official(s: str) -> str:
    """Normalise as the evaluation script of SQuAD does, word for word."""

    def remove_articles(text: str) -> str:
        return re.sub(r"\b(a|an|the)\b", " ", text)

    def white_space_fix(text: str) -> str:
        return " ".join(text.split())

    def remove_punc(text: str) -> str:
        exclude = set(string.punctuation)
        return "".join(ch for ch in text if ch not in exclude)

    return white_space_fix(remove_articles(remove_punc(s.lower())))


ASCII = st.text(st.characters(max_codepoint=127))
PHRASES = st.lists(st.sampled_from(["a", "An", "THE", "theory", "o'the", "-", " ", "x.y", "\t", "an."])).map("".join)


@given(ASCII | PHRASES)
def test_normalisation_is_the_official_one(text: str) -> None:
    assert normalize_answer(text) == official(text)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The \u201cShanghai Spirit\u201d", "shanghai spirit"),
        ("“Eastern NATO”…", "eastern nato"),
        ("SCO’s", "scos"),
        ("1996–2001", "19962001"),
        ("Zürich", "zürich"),
        ("the", ""),
    ],
)
def test_the_punctuation_of_print_counts_as_punctuation(text: str, normal: str) -> None:
    assert normalize_answer(text) == normal


@given(st.text())
def test_cleaning_twice_changes_no_more(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert cleaned == " ".join(cleaned.split())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Who\x00 block\x07ed it?\n", "Who blocked it?"),
        ("\ufeffWho\u200b\u00a0 did\tit?", "Who did it?"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\udcff who?", "who?"),
        ("\u202eevil", "evil"),
        ("e\u0301té 👍", "e\u0301té 👍"),
        (" \n\x00", ""),
    ],
)
def test_what_nobody_means_to_type_is_dropped(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("Who blocked the bank?", True),
        ("Où est l’été?", True),
        ("Кто заблокировал банк?", False),
        ("谁阻止了开发银行?", False),
        ("من منع البنك؟", False),
        ("SCO 上", True),
        ("What is 上海?", True),
        ("1996?", True),
        ("", True),
    ],
)
def test_half_of_the_letters_decide_on_the_script(text: str, *, latin: bool) -> None:
    assert is_latin(text) is latin
