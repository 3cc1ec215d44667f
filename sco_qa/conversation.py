"""Follow-ups: how a question is read after the questions before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Words that stand for something said before, and openings that only go on from something said before.
_REFERRING = re.compile(
    r"\b(it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|then|former|latter)\b",
    re.IGNORECASE,
)
_GOING_ON = re.compile(r"^(and|but|so|or|also|what about|how about|what else|who else|where else)\b", re.IGNORECASE)
_BARE = re.compile(
    r"^(why|when|where|who|whom|how|which|since when|how many|how much|how so|why not|by whom)\W*$", re.I
)


def read_as(question: str, history: Sequence[str]) -> str | None:
    """Give the question together with the one it goes on from, or None where it stands by itself.

    The topic is the latest earlier question that stood by itself.
    """
    if not history or not depends(question):
        return None
    topic = next((earlier for earlier in reversed(history) if not depends(earlier)), history[0])
    return f"{topic} {question}"


def depends(question: str) -> bool:
    """Tell whether a question can only be understood after another one."""
    return any(pattern.search(question) is not None for pattern in (_REFERRING, _GOING_ON, _BARE))
