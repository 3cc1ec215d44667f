"""Assistants over collections that are made in memory, for measuring and fitting; nothing is kept on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from sco_qa.assistant import Assistant
from sco_qa.confidence import Confidence
from sco_qa.encoder import OnnxEncoder, PassageEncoder
from sco_qa.index import FaissIndex
from sco_qa.reader import SpanReader
from sco_qa.settings import Settings
from sco_qa.terms import Terms
from sco_qa.types import Source


class Workbench:
    """One encoder and one reader, as they are shipped, shared by as many assistants as are made."""

    def __init__(self, settings: Settings, *, int8: bool = True) -> None:
        """Load and export the encoder; ``int8`` is how questions are encoded."""
        self.settings = settings
        with tempfile.TemporaryDirectory() as folder:
            self._passages = PassageEncoder.load(settings.encoder, Path(folder) / "exports", threads=settings.threads)
            self._passages.encode([])  # opens it while it is there
            questions = Path(folder) / "questions" if int8 else self._passages.folder
            if int8:
                self._passages.export(questions)
            self._questions = OnnxEncoder.load(questions, threads=settings.threads)
        self._reader = SpanReader.load(threads=settings.threads)

    @property
    def encoder(self) -> OnnxEncoder:
        """The encoder of questions."""
        return self._questions

    def assistant(
        self, sources: Sequence[Source], *, settings: Settings | None = None, confidence: Confidence | None = None
    ) -> Assistant:
        """Make an assistant over ``sources``; ``settings`` and ``confidence`` replace what would be shipped."""
        settings = self.settings if settings is None else settings
        index = FaissIndex.of(sources, settings, self._passages)
        terms = Terms.learn((f"{s.title}\n{s.text}" for s in sources), is_english=self._reader.knows)
        return Assistant(index, self._questions, self._reader, confidence=confidence, settings=settings, terms=terms)
