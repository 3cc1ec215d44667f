"""Replies kept for questions that are asked again, each only as long as all that it cites is as it was."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from sco_qa.reply import Citation, Reply
from sco_qa.types import Source, State


class Replies:
    """The replies given last. One index alone may be behind them: a reply is not looked up in it again."""

    def __init__(self, most: int, state: Callable[[Source], State]) -> None:
        """Keep at most ``most``; ``state`` tells whether a source's file still is what was indexed."""
        self._most = most
        self._state = state
        self._kept: OrderedDict[tuple[str, ...], Reply] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, question: str, history: Sequence[str]) -> Reply | None:
        """Give the reply to the same question after the same others, with timings of 0; None if there is none."""
        key = (question, *history)
        with self._lock:
            reply = self._kept.get(key)
            if reply is not None:
                self._kept.move_to_end(key)
        if reply is None:
            return None
        sources = {citation.source.id: (citation.source, citation.state) for citation in _cited(reply)}
        if any(self._state(source) is not state for source, state in sources.values()):
            return None
        return replace(reply, timings_ms=dict.fromkeys(reply.timings_ms, 0.0))

    def keep(self, question: str, history: Sequence[str], reply: Reply) -> None:
        """Keep a reply, and drop the one that was given longest ago if there are too many."""
        with self._lock:
            self._kept[(question, *history)] = reply
            self._kept.move_to_end((question, *history))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def _cited(reply: Reply) -> list[Citation]:
    answers = [citation for answer in reply.answers for citation in (answer.citation, *answer.also_in)]
    return [*answers, *reply.nearest]
