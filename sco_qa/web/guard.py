"""The guard: every request passes it, to our pages, the programs' interface and Gradio's alike."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# A kept conversation is posted with each question: 30 turns of about 10 kB.
_MOST_BYTES = 4_000_000

# What Gradio offers that the page has no use for: it takes files from anybody and hands out files and other servers'
# pages. Nothing outside the corpus can be read, and nothing can be left here, if nobody gets that far.
_CLOSED = (
    "gradio_api/file",
    "gradio_api/proxy",
    "gradio_api/upload",
    "gradio_api/stream",
    "gradio_api/component_server",
    "gradio_api/custom_component",
    "gradio_api/process_recording",
    "gradio_api/vibe",
    "gradio_api/deep_link",
    "monitoring",
    "custom_component",
)

# Gradio's page makes functions of text when it starts and writes styles and scripts into itself; ours do not.
_GRADIO = "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
_OURS = "script-src 'self'; style-src 'self'"
_REPORT = "script-src 'none'; style-src 'unsafe-inline'"
_EVERYWHERE = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class Guard:
    """Asks for user and password if there are any, closes what nobody needs, and forbids loading from elsewhere."""

    def __init__(self, app: App, *, base: str = "", user: str = "", password: str = "") -> None:
        self._app = app
        self._base = base
        self._expected = base64.b64encode(f"{user}:{password}".encode()) if password else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        # Anything else (a web socket) is nothing that we serve; not answering closes it.

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        path = scope["path"].removeprefix(self._base).lstrip("/")
        if not self._knows(headers.get(b"authorization", b"")):
            challenge = (b"www-authenticate", b'Basic realm="SCO QA", charset="UTF-8"')
            await refuse(send, 401, "Give user and password.", challenge)
        elif path.startswith(_CLOSED):
            await refuse(send, 404, "There is nothing here.")
        elif not headers.get(b"content-length", b"0").isdigit() or int(headers.get(b"content-length", 0)) > _MOST_BYTES:
            await refuse(send, 413, "That is more than a question.")
        else:
            own = _OURS if path.startswith(("source/", "web/")) else _REPORT if path == "scores" else _GRADIO
            await self._app(scope, _limited(receive), _hardened(send, f"{_EVERYWHERE}; {own}".encode()))

    def _knows(self, authorization: bytes) -> bool:
        if self._expected is None:
            return True
        scheme, _, given = authorization.partition(b" ")
        return scheme.lower() == b"basic" and secrets.compare_digest(given.strip(), self._expected)


def _limited(receive: Receive) -> Receive:
    """Stop reading a body that does not say how long it is once it is too long."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        return {"type": "http.disconnect"} if read > _MOST_BYTES else message

    return limited


def _hardened(send: Send, policy: bytes) -> Send:
    added = (
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    )

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return hardened


async def refuse(
    send: Send, status: int, text: str, *more: tuple[bytes, bytes], media: str = "text/plain; charset=utf-8"
) -> None:
    """Answer a request with one line, and do no more with it."""
    headers = [(b"content-type", media.encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})
