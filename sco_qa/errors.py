"""Everything that can go wrong and that a user can mend.

    ScoQaError
    ├── UsageError        a question, an option or a file of questions cannot be used
    ├── CorpusError       the folder of documents, a document or sources.toml cannot be used
    │   └── DocumentError     a document cannot be read: why, and what to do
    ├── IndexProblem       the index cannot be used
    │   ├── IndexMissing      there is none
    │   ├── IndexStale        documents or settings changed after it was built
    │   ├── IndexOutdated     another version of this program built it, in another format
    │   └── IndexDamaged      its files are not those that were written
    ├── ModelError        an encoder or a reader cannot be loaded or exported
    ├── CitationError     a quote is not what its source says at that place
    └── GoldError         a set of gold questions is not valid

Each message says what was wrong and what to do, in one line; the command line prints it and exits with 2.
"""

_NAMED = 8
"""Changes that a message names; there may be thousands."""


class ScoQaError(Exception):
    """A problem that the message tells the user how to mend."""


class UsageError(ScoQaError):
    """A question, an option or a file of questions cannot be used."""


class CorpusError(ScoQaError):
    """The folder of documents, one of the documents or ``sources.toml`` cannot be used."""


class DocumentError(CorpusError):
    """A document cannot be read."""


class IndexProblem(ScoQaError):  # noqa: N818 - the family of states below
    """The index cannot be used."""


class IndexMissing(IndexProblem):
    """No index has been built yet."""


class IndexStale(IndexProblem):
    """Documents or settings changed after the index was built; ``changes`` names them."""

    def __init__(self, changes: tuple[str, ...]) -> None:
        self.changes = changes
        more = f"; and {len(changes) - _NAMED:,} more changes" if len(changes) > _NAMED else ""
        self.summary = "; ".join(changes[:_NAMED]) + more
        super().__init__(f"the index is stale: {self.summary}; run: sco-qa build")


class IndexOutdated(IndexProblem):
    """The index is whole, but of a format that this version does not read."""


class IndexDamaged(IndexProblem):
    """A file of the index is not the one that was written."""


class ModelError(ScoQaError):
    """An encoder or a reader cannot be loaded or exported."""


class CitationError(ScoQaError):
    """A quote is not what its source says at that place."""


class GoldError(ScoQaError):
    """A set of gold questions is not valid; the message names the line."""
