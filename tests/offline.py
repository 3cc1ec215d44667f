"""``python -m tests.offline PLACE``: builds, asks, evaluates and serves where only this machine can be reached.

Python tells an audit hook before it looks up a name or sends anything, whoever asks for it; the hook refuses what leads
elsewhere and writes it down in ``PLACE/refused``. Processes that are started come to it through ``sitecustomize``.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

HOOK = """
import sys

def _refuse(event, arguments, here=("127.0.0.1", "::1", "localhost", "", None, b"127.0.0.1", b"localhost")):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path on this machine, or a connection that is
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    elif event == "socket.getnameinfo":
        host = arguments[0][0]
    else:
        return
    if host not in here:
        with open({refused!r}, "a", encoding="utf-8") as file:
            file.write(f"{{event}} {{host}}\\n")
        raise OSError(f"nothing but this machine can be reached, and {{event}} wants {{host}}")

sys.addaudithook(_refuse)
"""


def environment(place: Path) -> dict[str, str]:
    """Give the environment in which every Python process refuses what leads elsewhere."""
    hook = place / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK.format(refused=str(place / "refused")), encoding="utf-8")
    chosen = {"SCO_QA_CORPUS": "documents", "SCO_QA_INDEX": "index"}
    path = os.pathsep.join([str(hook), *(p for p in sys.path if p)])
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SCO_QA_")}
    return {**plain, **{name: str(place / value) for name, value in chosen.items()}, "PYTHONPATH": path}


def elsewhere() -> list[str]:
    """Try to reach another machine in several ways; give those that were refused."""
    refused = []
    for name, reach in {
        "a name": lambda: socket.getaddrinfo("example.org", 443),
        "an address": lambda: socket.socket().connect(("192.0.2.1", 443)),
        "a datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    }.items():
        with suppress(OSError):
            reach()  # type: ignore[no-untyped-call]
            continue
        refused.append(name)
    return refused


def main(place: Path) -> int:
    """Do all that a user does; each step prints its name when it is done."""
    from sco_qa.cli import main as command

    evaluating = ["eval", "--gold", str(place / "gold.jsonl"), "--save", str(place / "report.json")]
    for arguments in (["build"], ["ask", "Where does the panda live?"], ["check"], evaluating):
        if command(arguments) != 0:
            return 1
        sys.stderr.write(f"done: {arguments[0]}\n")
    _serve()
    sys.stderr.write("done: serve\n")
    return 0


def _serve() -> None:
    import httpx
    import uvicorn

    from sco_qa.assistant import Assistant
    from sco_qa.settings import Settings
    from sco_qa.web import server
    from sco_qa.web.desk import Desk

    settings = Settings.from_environment(port=0)
    with server.listen(settings) as listening:
        app = server.application(Desk(Assistant.load(settings=settings)))
        running = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with httpx.Client(base_url=server.address_of(listening, settings), timeout=60, trust_env=False) as client:
                client.get("").raise_for_status()
                sources = list(Assistant.load(settings=settings).index.sources)
                client.get(f"source/{sources[0]}").raise_for_status()
                call = client.post("gradio_api/call/ask", json={"data": ["Where does the panda live?", []]}).json()
                said = client.get(f"gradio_api/call/ask/{call['event_id']}").text
                reply = json.loads(next(line for line in said.splitlines() if line.startswith("data: "))[6:])[0]
                if reply["schema"] != 1:
                    raise ValueError(said)
        finally:
            running.should_exit = True
            thread.join()


if __name__ == "__main__":
    if sys.argv[1:] == ["--elsewhere"]:
        print(json.dumps(elsewhere()))  # noqa: T201 - what it was asked for
        sys.exit(0)
    sys.exit(main(Path(sys.argv[1])))
