"""A question as it comes: what of it is read, and what cannot be."""

from __future__ import annotations

from sco_qa.errors import UsageError
from sco_qa.settings import Settings
from sco_qa.text import clean, is_latin

OTHER_SCRIPT = "the collection is read in English; ask in English"
NO_WORDS = "the question holds no words"


def checked(question: str, settings: Settings) -> str:
    """Give the question as it is read: on one line, without control characters.

    Raises:
        UsageError: It is blank or too long.
    """
    if len(question) > settings.max_question:
        raise UsageError(
            f"the question has {len(question):,} characters, at most {settings.max_question:,} are read; shorten it"
        )
    cleaned = clean(question)
    if not cleaned:
        raise UsageError('the question is empty; ask something, for instance: sco-qa ask "Who founded it?"')
    return cleaned


def unread(question: str) -> str | None:
    """Say why a question cannot be read: it is in another script, or holds no words; None if it can be."""
    if not any(c.isalnum() for c in question):
        return NO_WORDS
    return None if is_latin(question) else OTHER_SCRIPT
