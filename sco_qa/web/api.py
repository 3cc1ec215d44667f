"""The interface for other programs: named endpoints over HTTP, and the same as tools over MCP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial, wraps
from importlib.util import find_spec
from typing import Any

import gradio as gr
from anyio import to_thread
from fastapi import FastAPI
from gradio.context import LocalContext
from gradio.events import api as endpoint_of

from sco_qa.errors import ScoQaError, UsageError
from sco_qa.reply import Citation
from sco_qa.types import Source, Span
from sco_qa.web.desk import Desk, Seat
from sco_qa.web.turnstile import seat_in

Endpoint = Callable[..., Any]


def endpoints(desk: Desk, seat: Callable[[], Seat | None] = lambda: None) -> tuple[Endpoint, ...]:
    """Make what other programs call; the descriptions are what they are shown.

    ``seat`` gives the seat at the desk that was taken for the present call, if one was.
    """

    def ask(question: str, history: list[str] | None = None) -> dict[str, Any]:
        """Ask the documents a question.

        The reply holds the exact words that answer it, ranked, each with the place where they stand and the sentence
        around them; or its status is "no_answer": the documents do not say.

        Args:
            question: The question, in English.
            history: Earlier questions of the conversation, oldest first, that this one may refer to.

        """
        earlier = [] if history is None else history
        if (
            not isinstance(question, str)
            or not isinstance(earlier, list)
            or not all(isinstance(q, str) for q in earlier)
        ):
            raise UsageError('give "question" as text and "history" as a list of texts')
        return desk.ask(question, earlier, seat=seat()).to_json()

    def open_source(source: str, start: int | None = None, end: int | None = None) -> dict[str, Any]:
        """Read a document as it was indexed: all of it, or the characters from start to end, as a citation names them.

        Args:
            source: The id of the document, as replies and list_sources give it.
            start: The first character, counted from 0 in Unicode code points.
            end: The character behind the last one.

        """
        found = desk.source(source) if isinstance(source, str) else None
        if found is None:
            raise UsageError(f"no source has the id {source!r}; list_sources gives them")
        if start is None and end is None:
            return {**_described(desk, found), "text": found.text}
        if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(found.text):
            raise UsageError(f"give 0 <= start < end <= {len(found.text)}")
        span = Span(start, end)
        return Citation(found, span, found.text[start:end], span, desk.state(found)).to_json()

    def list_sources() -> list[dict[str, Any]]:
        """List the documents that questions are answered from."""
        return [_described(desk, source) for source in desk.assistant.index.sources.values()]

    return ask, open_source, list_sources


def offer(desk: Desk) -> None:
    """Add the endpoints to the Gradio page that is being built."""
    for endpoint in endpoints(desk, _seat):
        endpoint_of(_for_gradio(endpoint, desk), api_name=endpoint.__name__, concurrency_limit=None)  # the desk counts


def offer_tools(desk: Desk) -> FastAPI:
    """Make an application that offers the endpoints at ``/mcp`` too, where the ``mcp`` package is installed."""
    if find_spec("mcp") is None:
        return FastAPI(**_BARE)
    from mcp.server.fastmcp import FastMCP

    # Gradio's own server answers with Python's notation for a dict, and calls itself over HTTP to do so.
    server = FastMCP(
        "SCO QA",
        stateless_http=True,
        json_response=True,
        log_level="WARNING",
        host=desk.settings.host,
        streamable_http_path=f"{desk.settings.base_path}/mcp",
    )
    for endpoint in endpoints(desk):
        server.add_tool(_in_thread(endpoint))
    routes = server.streamable_http_app().routes

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    app = FastAPI(lifespan=running, **_BARE)
    app.router.routes.extend(routes)
    return app


_BARE: dict[str, Any] = {"title": "SCO QA", "openapi_url": None, "docs_url": None, "redoc_url": None}


def leave_seat(desk: Desk) -> None:
    """Leave the seat that was taken for the present call: there is no question in it, or it was answered."""
    seat = _seat()
    if seat is not None:
        desk.leave(seat)


def _seat() -> Seat | None:
    request = LocalContext.request.get(None)
    return None if request is None or request.request is None else seat_in(request.request.scope)


def _for_gradio(endpoint: Endpoint, desk: Desk) -> Endpoint:
    """Turn what a caller can mend into an error that Gradio's clients show."""

    @wraps(endpoint)
    def called(*values: Any) -> Any:
        try:
            return endpoint(*values)
        except ScoQaError as error:
            raise gr.Error(str(error), print_exception=False) from None
        finally:
            leave_seat(desk)

    return called


def _in_thread(endpoint: Endpoint) -> Endpoint:
    """Leave the loop that serves everybody free while an endpoint works or waits."""

    @wraps(endpoint)
    async def called(**values: Any) -> Any:
        return await to_thread.run_sync(partial(endpoint, **values))

    return called


def _described(desk: Desk, source: Source) -> dict[str, Any]:
    return {
        "source": source.id,
        "file": source.file,
        "sha256": source.sha256,
        "title": source.title,
        "author": source.author,
        "publisher": source.publisher,
        "date": source.date,
        "characters": len(source.text),
        "state": desk.state(source).value,
    }
