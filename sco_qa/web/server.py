"""The server: one application of our own pages and Gradio's, behind the guard."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

from sco_qa.errors import UsageError
from sco_qa.settings import Settings
from sco_qa.web.guard import App, Guard

if TYPE_CHECKING:
    from sco_qa.web.desk import Desk

# An open page holds a connection for as long as it is open; stopping does not wait for it.
_PATIENCE_S = 1


def listen(settings: Settings) -> socket.socket:
    """Take the port before anything slow is done, so that a port in use is known at once.

    Raises:
        UsageError: It is in use, or cannot be had.

    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except OSError as error:
        # what socket adds to the reason names the address, which we name ourselves; a name that is not known has none
        why = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else error.strerror
        raise UsageError(
            f"cannot serve on {settings.host} port {settings.port} ({why}); choose another with --host or --port"
        ) from None
    # Its connections inherit this, and asyncio, which sets it for its own sockets, does not for one that it is given.
    # Without it the second part of a reply waits 40 ms for the first to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address_of(listening: socket.socket, settings: Settings) -> str:
    """Give the address that a browser on this machine opens."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}{settings.base_path}/"


def application(desk: Desk) -> App:
    """Put our pages, the programs' interface and Gradio's page together."""
    # Gradio asks its makers for news and reports its use to them unless it is told not to before it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import gradio as gr
    from fastapi import FastAPI

    from sco_qa.web import api, page, routes
    from sco_qa.web.turnstile import Turnstile

    settings = desk.settings

    async def assembled() -> FastAPI:
        app = api.offer_tools(desk)
        app.include_router(routes.router(desk), prefix=settings.base_path)
        gr.mount_gradio_app(
            app,
            page.build(desk),
            path=settings.base_path or "/",
            server_name=settings.host,
            server_port=settings.port,
            footer_links=[],
            run_history=False,
            show_error=True,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=page.theme(),
            head=page.head(settings.base_path),
        )
        return app

    # Outside a running loop, Gradio opens one for each of its locks and never closes it.
    app = asyncio.run(assembled())
    return Guard(
        Turnstile(app, desk, base=settings.base_path),
        base=settings.base_path,
        user=settings.user,
        password=settings.password,
    )


def serve(app: App, listening: socket.socket) -> None:
    """Serve until interrupted."""
    import uvicorn

    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=_PATIENCE_S, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])
