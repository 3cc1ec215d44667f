"""Every default of the product, defined here once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from sco_qa.errors import UsageError

_COLLECTION = re.compile(r"[A-Za-z_]\w{0,200}", re.ASCII)
_CORPUS, _OWN_INDEX = Path("corpus"), ".index"
_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be chosen; :meth:`from_environment` reads ``SCO_QA_<NAME>`` for each of them.

    The first group decides what is in the index: changing one makes the index stale.
    """

    encoder: str = "all-MiniLM-L6-v2"
    """The sentence-transformers model: the packaged one by this name, another by hub name, or a folder."""
    passage_words: int = 100
    """A passage ends with the first sentence that brings it to this many words."""
    overlap_words: int = 40
    """At most so many words (whole sentences) are repeated at the start of the next passage."""
    context: bool = True
    """Put title and heading before a passage's text when it is encoded."""

    document_megabytes: int = 64
    """Largest document that is read, in megabytes of its file, and of its text when it is unpacked."""
    corpus: Path = _CORPUS
    """The documents; each folder of documents is a collection of its own."""
    index: Path = Path("index")
    """Where the index lies; if just another corpus is chosen, in a hidden folder inside that."""
    milvus_uri: str = ""
    """The address of a Milvus server, or a file of Milvus Lite: asking uses the index there, building publishes it."""
    milvus_token: str = field(default="", repr=False)
    """What the server asks for, as ``user:password`` or an API key."""
    milvus_collection: str = "sco_qa"
    """What the index is called there: letters, digits and ``_``."""
    retrieved: int = 20
    """Passages that retrieval gives, best first."""
    read: int = 10
    """How many of those are read, which takes most of the time of an answer; more of them answer no more questions
    (docs/retrieval.md)."""
    dense_weight: float = 0.25
    """Share of the dense score in the fused one, the rest is BM25; chosen by ``make fit``."""
    year_weight: float = 0.1
    """What is added to the fused score of a passage that was written in the year that the question names, or names it;
    chosen by ``make fit``."""
    retrieval_weight: float = 80.0
    """What a fused score of 1 adds to a candidate's reader score (logits); chosen by ``make fit``."""
    threshold: float = 0.3
    """Confidence below which the reply is "the sources do not say". ``make fit`` shows what share of questions each
    would answer and refuse; the one that it calls best refuses about half of what the sources do answer."""
    close: float = 0.36
    """Cosine of the question and its nearest passage below which "nothing close was found" is why there is no
    answer; chosen by ``make fit``."""
    disagreement_threshold: float = 1.0
    """Probability from which on answers that differ are said to disagree; 1 never says so. ``make fit`` shows with
    what precision others would."""
    follow_ups: bool = True
    """Read a question that goes on from the ones before it after them."""
    spelling: bool = True
    """Mend slips of the keyboard in words that neither the collection nor English knows."""
    abbreviations: bool = True
    """Search for what the collection abbreviates by its short and its long form."""
    top: int = 5
    """Answers in a reply, at most 5."""
    max_question: int = 1_000
    """Longest question, in characters."""
    repeated: int = 0
    """Replies kept for questions that are asked again, as long as what they cite is unchanged; no figure uses them."""
    threads: int = 0
    """Threads for encoding and reading; 0: one for each core this process may use, at most 4."""
    host: str = "127.0.0.1"
    """Where the page is served: this machine only, unless another address is chosen."""
    port: int = 7860
    """The page's port; 0 takes any that is free."""
    base_path: str = ""
    """What the page's addresses begin with, behind a proxy: ``/documents``."""
    user: str = ""
    """With ``password``, asked for by every address; from the environment only, where other users cannot see it."""
    password: str = field(default="", repr=False)
    requests: int = 16
    """Questions that the server has in hand at once; whoever comes then is told that it is busy."""
    feedback: bool = True
    """Offer thumbs and corrections under each reply."""
    feedback_file: Path = Path("feedback.jsonl")
    """Where they are appended."""
    rebuild: bool = True
    """Offer to rebuild the index on the page."""
    report: Path = Path("reports/eval.html")
    """The evaluation that the page shows."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("passage_words", 10, 2_000),
            ("overlap_words", 0, self.passage_words - 1),
            ("document_megabytes", 1, 4_096),
            ("retrieved", 1, 100),
            ("read", 1, 100),
            ("dense_weight", 0.0, 1.0),
            ("year_weight", 0.0, 1.0),
            ("retrieval_weight", 0.0, 1_000.0),
            ("threshold", 0.0, 1.0),
            ("close", -1.0, 1.0),
            ("disagreement_threshold", 0.0, 1.0),
            ("top", 1, 5),
            ("max_question", 1, 1_000_000),
            ("repeated", 0, 100_000),
            ("threads", 0, 1_024),
            ("port", 0, 65_535),
            ("requests", 1, 10_000),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"the setting {name} must be between {low} and {high}, not {value}")
        if not _BASE_PATH.fullmatch(self.base_path):
            raise UsageError(f'the setting base_path must be like "/documents", not {self.base_path!r}')
        if not _COLLECTION.fullmatch(self.milvus_collection):
            raise UsageError(f'the setting milvus_collection must be like "my_index", not {self.milvus_collection!r}')
        if bool(self.user) != bool(self.password) or ":" in self.user:
            raise UsageError("give both SCO_QA_USER (without a colon) and SCO_QA_PASSWORD, or neither")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **chosen: Any) -> Self:
        """Take ``chosen`` options first (those that are not None), then ``SCO_QA_*`` variables, then the defaults."""
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for entry in fields(cls):
            text = environment.get(f"SCO_QA_{entry.name.upper()}")
            if text:
                values[entry.name] = _convert(entry.name, type(entry.default), text)
        values.update({name: value for name, value in chosen.items() if value is not None})
        if values.get("corpus", _CORPUS) != _CORPUS:
            values.setdefault("index", values["corpus"] / _OWN_INDEX)
        return cls(**values)

    def environment(self) -> dict[str, str]:
        """Give the variables that make another process choose the same."""
        return {f"SCO_QA_{entry.name.upper()}": str(getattr(self, entry.name)) for entry in fields(self)}

    def for_index(self) -> dict[str, Any]:
        """Give the settings that decide what is in the index."""
        return {name: getattr(self, name) for name in ("encoder", "passage_words", "overlap_words", "context")}

    def for_ranking(self) -> dict[str, Any]:
        """Give the settings that decide which answers come first, those of the index included."""
        names = ("retrieved", "read", "dense_weight", "year_weight", "retrieval_weight")
        return self.for_index() | {name: getattr(self, name) for name in names}


def _convert(name: str, kind: type, text: str) -> Any:
    if kind is bool:
        if text.lower() not in {"0", "1", "false", "true", "no", "yes"}:
            raise UsageError(f"SCO_QA_{name.upper()} must be 0 or 1, not {text!r}")
        return text.lower() in {"1", "true", "yes"}
    if issubclass(kind, Path):
        return Path(text)
    try:
        return int(text) if kind is int else float(text) if kind is float else text
    except ValueError:
        raise UsageError(f"SCO_QA_{name.upper()} must be a number, not {text!r}") from None
