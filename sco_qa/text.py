"""Small, shared ways to look at text. None of them changes what is quoted: they work on copies."""

from __future__ import annotations

import re
import string
import unicodedata

YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")

_ARTICLES = re.compile(r"\b(a|an|the)\b")
# The official SQuAD script drops ASCII punctuation; the quotation marks and dashes of print are the same to a reader.
_PUNCTUATION = str.maketrans("", "", string.punctuation + "‘’“”„«»–—…")


def clean(text: str) -> str:
    """Drop what a person cannot have meant to type: control and format characters, runs of blanks."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).split())


def normalize_answer(text: str) -> str:
    """Normalise an answer as the official SQuAD script does: lower case, no punctuation, no articles, one blank."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def is_latin(text: str) -> bool:
    """Tell whether at least half of the letters are Latin; a text without letters counts as Latin."""
    letters = [c for c in text if c.isalpha()]
    return sum(unicodedata.name(c, "").startswith("LATIN") for c in letters) * 2 >= len(letters)
