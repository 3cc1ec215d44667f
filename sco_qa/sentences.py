"""Sentences: NLTK's Punkt with parameters of our own, trained once on general text and kept in ``punkt.json``.

Punkt (Kiss & Strunk 2006, "Unsupervised Multilingual Sentence Boundary Detection") learns abbreviations,
collocations and sentence starters from plain text. Because the parameters are fixed, adding a document never moves
another document's sentences; the manifest of an index holds their hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from sco_qa.types import Span

# Punkt knows ASCII quotes only. The copy that it sees has as many characters as the text, so spans stay right.
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": ".", "\u00a0": " "})

# Common English abbreviations that too little training text would miss, in Punkt's form: lower case, no final stop.
_COMMON = frozenset(
    "adm al approx apr assn aug ave brig bros ca capt cf cmdr co col corp cpl dec dept dr ed eds esp est fig figs gen "
    "gov hon inc jan jr jul jun lt ltd maj mar messrs mr mrs ms mt no nos nov oct op pp pres prof rep rev revd sec sen "
    "sept sgt sr st supt treas univ vol vols vs".split()
)


def fingerprint() -> str:
    """Give the SHA-256 of the packaged parameters."""
    return hashlib.sha256(_packaged()).hexdigest()


def split(text: str, span: Span) -> list[Span]:
    """Split one paragraph of ``text`` into its sentences, in order, without the blanks between them."""
    plain = text[span.start : span.end].translate(_PLAIN)
    found = []
    for start, end in _tokenizer().span_tokenize(plain):
        piece = text[span.start + start : span.start + end]
        if piece.strip():
            first = span.start + start + len(piece) - len(piece.lstrip())
            found.append(Span(first, first + len(piece.strip())))
    return found


def train(paragraphs: Iterable[str], *, least: int = 5) -> dict[str, Any]:
    """Train Punkt's parameters on edited English prose.

    Words seen fewer than ``least`` times lend no evidence about their capitals, and abbreviations without an inner
    stop ("luv") are taken only from that count on.
    """
    from nltk.tokenize.punkt import PunktTrainer

    trainer = PunktTrainer()
    for paragraph in paragraphs:
        trainer.train(paragraph.translate(_PLAIN), finalize=False)
    trainer.finalize_training()
    learned = trainer.get_params()
    counts = trainer._type_fdist
    return {
        "abbreviations": sorted(
            _COMMON | {a for a in learned.abbrev_types if a.isascii() and ("." in a or counts[a + "."] >= least)}
        ),
        "collocations": sorted(map(list, learned.collocations)),
        "sentence_starters": sorted(learned.sent_starters),
        "orthography": {word: flags for word, flags in sorted(learned.ortho_context.items()) if counts[word] >= least},
    }


@cache
def _packaged() -> bytes:
    return files("sco_qa").joinpath("punkt.json").read_bytes()


@cache
def _tokenizer() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    stored = json.loads(_packaged())
    parameters = PunktParameters()
    parameters.abbrev_types = set(stored["abbreviations"])
    parameters.collocations = {(first, second) for first, second in stored["collocations"]}
    parameters.sent_starters = set(stored["sentence_starters"])
    parameters.ortho_context.update(stored["orthography"])
    return PunktSentenceTokenizer(parameters)
