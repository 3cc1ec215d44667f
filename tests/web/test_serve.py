from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sco_qa.settings import Settings
from sco_qa.web import server
from tests.conftest import REPOSITORY, run


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield holder.getsockname()[1]


def test_a_port_in_use(place: Path, taken: int) -> None:
    assert run("serve", "--port", str(taken)).problem == (
        f"sco-qa: cannot serve on 127.0.0.1 port {taken} (Address already in use); choose another with --host or --port"
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--port", "99999"], "the setting port must be between 0 and 65535, not 99999"),
        (["--host", "nowhere.invalid"], "cannot serve on nowhere.invalid port 7860"),
        (["--base-path", "docs/"], "the setting base_path must be like"),
    ],
)
def test_options_that_cannot_be(place: Path, options: list[str], problem: str) -> None:
    assert problem in run("serve", *options).problem


def test_user_without_password(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCO_QA_USER", "ann")
    assert "give both SCO_QA_USER (without a colon) and SCO_QA_PASSWORD" in run("serve", "--port", "0").problem


def test_an_answer_does_not_wait_for_the_one_before_to_be_acknowledged() -> None:
    listening = server.listen(Settings(port=0))
    with listening, socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_app_serves_its_first_page(real_index: object) -> None:
    environment = {**os.environ, "SCO_QA_INDEX": str(real_index.index), "SCO_QA_PORT": "0"}  # type: ignore[attr-defined]
    with subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as app:
        try:
            assert app.stdout is not None
            said = app.stdout.readline()
            found = re.fullmatch(r"The page is at (http://127\.0\.0\.1:\d+/)\n", said)
            assert found is not None, said
            page = httpx.get(found[1])
            assert page.status_code == 200
            assert "<title>" in page.text or "SCO QA" in page.text
        finally:
            app.send_signal(2)
            out, err = app.communicate(timeout=20)
    assert (app.returncode, out, err) == (0, "", "")
