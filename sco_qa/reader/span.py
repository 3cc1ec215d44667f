"""The span reader: a small transformer that scores every token as an answer's first and last.

Span scores are logits relative to the passage's own "no answer" (start = end = the first token, as in Devlin et al.
2019 for SQuAD 2.0, and a verifier that has read question and passage, as in Hu et al. 2019), without a softmax over
the passage, so that they compare across passages (Clark & Gardner 2018; Wang et al. 2019). A span that crosses from
one sentence into the next, as from a byline into the text, is no answer: spans are looked for within sentences, or the
best ones that cross could leave a passage without any.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import onnx, processor
from sco_qa.reader.base import Reading
from sco_qa.types import Passage, Span

MAX_TOKENS = 384
"""Question and passage together; a longer passage is read in overlapping windows."""
MAX_QUESTION_TOKENS = 128
"""A longer question is cut, so that a window holds more of the passage than neighbouring windows share."""
STRIDE = 128
"""Tokens that neighbouring windows share, so that no answer is cut at a window's end."""
MAX_ANSWER_TOKENS = 48
"""Hardly any answer in the training data is longer."""
READINGS = 8
"""Readings kept of each passage."""


class SpanReader:
    """Reads with an exported model, one passage a thread.

    Passages never share a batch: the int8 graph takes the range of its activations from the whole batch, so a reading
    would depend on its neighbours; and single passages need no padding.
    """

    def __init__(self, session: onnx.Session, tokenizer: Any, *, threads: int = 1) -> None:
        """Take a session that uses one thread a run, and the number of passages to read at once."""
        self._session = session
        self._tokenizer = tokenizer
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int = 0) -> Self:
        """Open the packaged weights, or a folder with ``model.onnx`` and ``tokenizer.json``.

        Raises:
            ModelError: The model cannot be loaded.
        """
        with as_file(files("sco_qa.reader") / "weights") as packaged:
            folder = packaged if folder is None else folder
            tokenizer = onnx.tokenizer(folder / "tokenizer.json")
            session = onnx.Session(folder / "model.onnx", threads=1)
        tokenizer.enable_truncation(MAX_TOKENS, stride=STRIDE, strategy="only_second")
        tokenizer.no_padding()
        return cls(session, tokenizer, threads=processor.number_of_threads(threads))

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Reading]]:
        """Give for each passage its best readings, best first."""
        question = self._shortened(question)
        # the longest first, so that all threads end together
        longest_first = sorted(range(len(passages)), key=lambda i: -len(passages[i].text))
        read = self._pool.map(lambda i: self._read(question, passages[i]), longest_first)
        readings = dict(zip(longest_first, read, strict=True))
        return [readings[i] for i in range(len(passages))]

    def knows(self, word: str) -> bool:
        """Tell whether a word, without case and accents, is one that the reader's vocabulary holds whole."""
        return self._tokenizer.token_to_id(word) is not None

    def _read(self, question: str, passage: Passage) -> list[Reading]:
        encoded = self._tokenizer.encode(question, passage.text)
        begin = passage.span.start
        sentences = [Span(s.start - begin, s.end - begin) for s in passage.sentences]
        best: dict[Span, float] = {}
        for window in (encoded, *encoded.overflowing):
            start, end, null = self._session.run(
                input_ids=np.array([window.ids], np.int64),
                attention_mask=np.array([window.attention_mask], np.int64),
                token_type_ids=np.array([window.type_ids], np.int64),
            )
            for found, score in decode(start[0], end[0], null[0], window, sentences):
                span = _with_marks(found, passage.text, sentences)
                best[span] = max(score, best.get(span, score))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:READINGS]
        return [Reading(Span(begin + span.start, begin + span.end), score) for span, score in ranked]

    def _shortened(self, question: str) -> str:
        """Cut a question that would leave no room for the passage (the tokenizer shortens only what comes second)."""
        ends = [end for _, end in self._tokenizer.encode("", question).offsets if end]
        return question if len(ends) <= MAX_QUESTION_TOKENS else question[: ends[MAX_QUESTION_TOKENS - 1]]


def _with_marks(span: Span, text: str, sentences: Sequence[Span]) -> Span:
    """Take along the marks on a span's last letter, which the tokenizer drops with all other accents."""
    end, last = span.end, next(sentence.end for sentence in sentences if sentence.holds(span))
    while end < last and unicodedata.category(text[end]).startswith("M"):
        end += 1
    return Span(span.start, end)


def decode(
    start: NDArray[np.float32], end: NDArray[np.float32], null: np.float32, window: Any, sentences: Sequence[Span]
) -> list[tuple[Span, float]]:
    """Find the best spans of one window of a passage.

    Args:
        start: Logits of being the answer's first token, ``(seq_len,)``.
        end: Logits of being its last token, ``(seq_len,)``.
        null: The logit of "no answer here", which a span's two are compared with.
        window: The encoding of question and passage: which tokens are the passage's, and where they stand in it.
        sentences: The passage's sentences, in order; positions count from the passage's beginning.

    Returns:
        At most ``READINGS`` spans of the passage with their scores, best first. A span lies within one sentence,
        begins where a word begins, ends where one ends, and holds at most ``MAX_ANSWER_TOKENS`` tokens.
    """
    words = window.word_ids
    inside = np.array([i for i, sequence in enumerate(window.sequence_ids) if sequence == 1], np.int64)
    if not inside.size or not sentences:
        return []
    first, last = int(inside[0]), int(inside[-1])
    begins = np.array([i == first or words[i] != words[i - 1] for i in inside])
    finishes = np.array([i == last or words[i] != words[i + 1] for i in inside])
    at, to = np.array([window.offsets[i] for i in inside]).T
    sentence = np.searchsorted([s.start for s in sentences], at, side="right") - 1
    within = (sentence >= 0) & (to <= np.array([s.end for s in sentences])[sentence])
    places = np.arange(inside.size)
    length = places[None, :] - places[:, None]
    allowed = (begins & within)[:, None] & (finishes & within)[None, :] & (sentence[:, None] == sentence[None, :])
    allowed &= (length >= 0) & (length < MAX_ANSWER_TOKENS)
    spans = np.flatnonzero(allowed)
    scores = (start[inside, None] + end[None, inside] - null).ravel()[spans]
    if spans.size > READINGS:  # sorting all of them would take longer than tokenising the passage
        good = scores >= np.partition(scores, -READINGS)[-READINGS]
        spans, scores = spans[good], scores[good]
    found = []
    for best in np.argsort(-scores, kind="stable")[:READINGS]:
        left, right = divmod(int(spans[best]), inside.size)
        found.append((Span(int(at[left]), int(to[right])), float(scores[best])))
    return found
