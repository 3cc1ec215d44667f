from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.documents import Document, extract
from sco_qa.errors import DocumentError

GERMAN = "Größe und Länge: die Straße führt über den Fluß, und die Häuser stehen dort schon sehr lange Zeit. "
RUSSIAN = "Полярный медведь живёт на льду и охотится на тюленей, а бурый медведь живёт в лесу и ест ягоды. "


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(lambda t: t.strip("\ufeff \n"))
)
def test_a_text_file_is_its_own_text(text: str) -> None:
    if text.strip() and text.removeprefix("\ufeff").strip():
        assert extract("a.txt", text.encode()) == Document(text, "text")


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (GERMAN, "utf-16", "utf-16"),
        ("Hi", "utf-16", "utf-16"),
        (GERMAN, "latin-1", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8_r"),
    ],
)
def test_other_encodings_are_told(text: str, encoding: str, named: str) -> None:
    assert extract("a.txt", text.encode(encoding)) == Document(text, f"text in {named}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.txt is empty; fill or remove it"),
        (b" \n\t\r\n", "a.txt is empty; fill or remove it"),
        (b"\xef\xbb\xbf \n", "a.txt is empty; fill or remove it"),
        ("Größe".encode("latin-1"), "a.txt is not UTF-8 (byte 2); save it as UTF-8 or remove it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a.txt is not UTF-8 (byte 0); save it as UTF-8 or remove it"),
        (b"a\0b", "a.txt holds NUL bytes, so it is no text; give it its right ending or remove it"),
        (b"\xff\xfea", "a.txt is not UTF-8 (byte 0); save it as UTF-8 or remove it"),
    ],
)
def test_what_is_no_text_is_named_with_the_remedy(content: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        extract("a.txt", content)
    assert str(caught.value) == message
