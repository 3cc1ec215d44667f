"""``sco-qa serve``."""

from __future__ import annotations

import ipaddress
import signal
import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress

from sco_qa.assistant import Assistant
from sco_qa.cli import common
from sco_qa.settings import Settings


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Open the chat page, for this machine only unless --host says otherwise. SCO_QA_USER and SCO_QA_PASSWORD, set "
        "in the environment, are then asked for by every address."
    )
    parser.epilog = "examples:\n  sco-qa serve\n  sco-qa serve --port 8080 --base-path /documents"
    parser.add_argument("--host", metavar="ADDRESS", help="where to serve (SCO_QA_HOST, 127.0.0.1)")
    parser.add_argument("--port", type=int, metavar="N", help="the port; 0: any free one (SCO_QA_PORT, 7860)")
    parser.add_argument(
        "--base-path", metavar="/PATH", help="what addresses begin with, behind a proxy (SCO_QA_BASE_PATH, none)"
    )
    parser.add_argument(
        "--threshold", type=float, metavar="P", help=f"confidence needed to answer (default {Settings().threshold})"
    )
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Serve until interrupted."""
    from sco_qa.web import server
    from sco_qa.web.desk import Desk

    settings = common.settings(
        chosen, host=chosen.host, port=chosen.port, base_path=chosen.base_path, threshold=chosen.threshold
    )
    with server.listen(settings) as listening:
        common.ensure_index(settings)
        desk = Desk(Assistant.load(settings=settings))
        app = server.application(desk)
        if _is_open(settings):
            print(
                f"sco-qa: whoever reaches {settings.host} can ask and read; set SCO_QA_USER and SCO_QA_PASSWORD",
                file=sys.stderr,
            )
        print(f"The page is at {server.address_of(listening, settings)}", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing is cut off
        try:
            with suppress(KeyboardInterrupt):  # how it is meant to be stopped
                server.serve(app, listening)
        finally:
            desk.close()
    return 0


def _is_open(settings: Settings) -> bool:
    try:
        local = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        local = settings.host == "localhost"
    return not local and not settings.password
