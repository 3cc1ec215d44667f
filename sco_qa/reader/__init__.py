"""Reading: from a question and passages to the exact words that answer it."""

from sco_qa.reader.base import Reader, Reading
from sco_qa.reader.span import SpanReader

__all__ = ["Reader", "Reading", "SpanReader"]
