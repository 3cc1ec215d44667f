"""Documents of any format: their text, what they say of themselves, and where in them each part of the text stands."""

from sco_qa.documents.document import Document
from sco_qa.documents.extraction import ENDINGS, extract
from sco_qa.documents.members import Member, Refused, members

__all__ = ["ENDINGS", "Document", "Member", "Refused", "extract", "members"]
