"""The turnstile: a question from another program gets its seat at the desk before Gradio queues it, or status 429.

Gradio answers 200 to whatever joins its queue and says later, in a stream of events, that something went wrong; a
program, or a proxy that spreads questions over several servers, has to know at once.
"""

from __future__ import annotations

import json

from sco_qa.web.desk import Busy, Desk, Seat
from sco_qa.web.guard import App, Message, Receive, Scope, Send, refuse

_SEAT = "sco_qa.seat"
# What other programs post a question to, with Gradio's client and without. The page's own steps are answered in place:
# they say "busy" in the conversation.
_JOINED = ("gradio_api/queue/join", "gradio_api/call/", "gradio_api/run/ask", "gradio_api/api/ask")
_AGAIN_AFTER_S = 1


class Turnstile:
    """Takes a seat for each question that passes; it is left when the question is answered."""

    def __init__(self, app: App, desk: Desk, *, base: str = "") -> None:
        self._app = app
        self._desk = desk
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, with a seat if it needs one, or answer it here."""
        if scope["type"] != "http" or scope["method"] != "POST" or not self._joins(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            seat = self._desk.seat()
        except Busy as busy:
            # "detail" is where Gradio's page and its clients look for what to show
            text = json.dumps({"detail": str(busy)})
            await refuse(send, 429, text, (b"retry-after", b"%d" % _AGAIN_AFTER_S), media="application/json")
            return

        async def watched(message: Message) -> None:
            if message.get("status", 200) >= 400:  # it did not join
                self._desk.leave(seat)
            await send(message)

        await self._app({**scope, _SEAT: seat}, receive, watched)

    def _joins(self, path: str) -> bool:
        return path.removeprefix(self._base).lstrip("/").startswith(_JOINED)


def seat_in(scope: Scope | None) -> Seat | None:
    """Give the seat that was taken for a request."""
    return None if scope is None else scope.get(_SEAT)
