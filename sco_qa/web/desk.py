"""The desk: takes questions from the page and from other programs, and turns them away when there are too many."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from sco_qa import corpus
from sco_qa.assistant import Assistant
from sco_qa.errors import ScoQaError
from sco_qa.index import Progress
from sco_qa.reply import Reply
from sco_qa.settings import Settings
from sco_qa.types import Source, State
from sco_qa.web.builder import Builder

# Encoder and reader already use every core for one question: a second one fills the gaps between their stages, more
# would only slow one another down (20 users on 2 cores: docs/web.md).
_WORKING = 2
# A seat that was taken for a question that never came (it was malformed, or its asker is gone) is free after this.
_ABANDONED_S = 2.0


class Busy(ScoQaError):  # noqa: N818 - what the desk is, not what went wrong
    """More questions are waiting than the settings allow."""


class Seat:
    """Room for one question at the desk."""

    def __init__(self) -> None:
        self.taken = time.monotonic()
        self.used = False


class Desk:
    """Holds the one assistant that everybody asks. At most ``settings.requests`` questions are inside at once."""

    def __init__(self, assistant: Assistant, *, builder: Builder | None = None) -> None:
        self._assistant = assistant
        self._builder = Builder() if builder is None else builder
        self._seats: set[Seat] = set()
        self._counting = threading.Lock()
        self._working = threading.Semaphore(_WORKING)
        self._rebuilding = threading.Lock()
        self._closed = False

    @property
    def assistant(self) -> Assistant:
        """The assistant as it is now; a rebuild replaces it."""
        return self._assistant

    @property
    def settings(self) -> Settings:
        """The settings that the assistant was loaded with."""
        return self._assistant.settings

    def seat(self) -> Seat:
        """Take a seat, for a question that is on its way.

        Raises:
            Busy: There is none.

        """
        with self._counting:
            waited = time.monotonic() - _ABANDONED_S
            self._seats = {seat for seat in self._seats if seat.used or seat.taken > waited}
            if len(self._seats) >= self.settings.requests:
                raise Busy(
                    f"busy: {self.settings.requests} questions are being answered already; try again in a moment"
                )
            seat = Seat()
            self._seats.add(seat)
            return seat

    def leave(self, seat: Seat) -> None:
        """Give a seat back; once more is once."""
        with self._counting:
            self._seats.discard(seat)

    def ask(self, question: str, history: Sequence[str] = (), *, seat: Seat | None = None) -> Reply:
        """Answer a question when its turn comes; ``seat`` is one that was taken for it, and is left.

        Raises:
            Busy: Too many are waiting already, or the desk is closed.
            UsageError: The question is blank or too long.

        """
        seat = self.seat() if seat is None else seat
        seat.used = True
        try:
            with self._working:
                if self._closed:
                    raise Busy("the page is being closed; ask again when it is open")
                return self._assistant.ask(question, history)
        finally:
            self.leave(seat)

    def close(self) -> None:
        """Answer nothing more, wait for what is being answered, and end a rebuild: the index stays the old one."""
        self._closed = True
        self._builder.stop()
        self._assistant.close()

    def source(self, id_: str) -> Source | None:
        """Find a source of the index by its id; there is no other way from an address to a text."""
        return self._assistant.index.sources.get(id_)

    def state(self, source: Source) -> State:
        """Tell whether the file of ``source`` still is what was indexed."""
        return corpus.state(self.settings.corpus, source)

    def rebuild(self, progress: Progress) -> tuple[str, ...]:
        """Build the index anew and answer from it; questions are answered from the old one meanwhile.

        Returns:
            Why documents were skipped, a line each.

        Raises:
            Busy: Somebody else is rebuilding.
            IndexProblem: What hindered it.

        """
        if not self._rebuilding.acquire(blocking=False):
            raise Busy("the index is being rebuilt already; wait for it")
        try:
            skipped = self._builder.build(self.settings, progress)
            self._assistant = Assistant.load(settings=self.settings)
        finally:
            self._rebuilding.release()
        return skipped
