"""The addresses of sources, asked for as any program can."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from sco_qa.web.desk import Desk
from sco_qa.web.places import Permalink
from tests.conftest import write_corpus
from tests.web.conftest import EMOJI, HOSTILE, SCRIPT, fake_desk, serving

TEXT = "The bank was blocked by Russia. It was not founded by China.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("sources") / "documents", {"bank.txt": TEXT})


@pytest.fixture(scope="module")
def desk(folder: Path) -> Desk:
    return fake_desk(folder, {"Russia": 5.0}, base_path="/under/here")


@pytest.fixture(scope="module")
def at(desk: Desk) -> object:
    with serving(desk) as address:
        yield address


def test_permalink_marks_the_quote(at: str, desk: Desk) -> None:
    sha256 = desk.assistant.index.sources["bank"].sha256
    page = httpx.get(f"{at}/source/bank?start=24&end=30&sha256={sha256}")
    assert page.status_code == 200
    assert '<mark class="cited" id="cited">Russia</mark>' in page.text
    assert "Unchanged since it was cited" in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "/under/here/web/source.css" in page.text
    assert httpx.get(f"{at}/web/source.css").headers["content-type"].startswith("text/css")


def test_permalink_says_how_the_text_stands(at: str, folder: Path) -> None:
    address = f"{at}/source/bank"
    assert "As it was indexed" in httpx.get(address).text
    assert "does not say which version" in httpx.get(f"{address}?start=24&end=30").text
    other = httpx.get(f"{address}?start=24&end=30&sha256={'0' * 64}").text
    assert "has changed since it was cited" in other
    assert "<mark" not in other
    assert "no such place" in httpx.get(f"{address}?start=24&end=999").text
    file = folder / "bank.txt"
    file.write_text("edited")
    assert "The file has changed since it was indexed" in (edited := httpx.get(f"{address}?start=24&end=30").text)
    assert '<mark class="cited" id="cited">Russia</mark>' in edited
    file.unlink()
    assert "no longer there" in httpx.get(f"{address}?start=24&end=30").text
    file.write_text(TEXT)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("source/none", 404),
        ("source/bank?start=5", 422),
        ("source/bank?start=9&end=3", 422),
        ("source/bank?start=x&end=3", 422),
        ("source/bank?start=-4&end=3", 422),
        ("source/../../etc/passwd", 404),
        ("source/..%2f..%2fetc%2fpasswd", 404),
        ("source/%2fetc%2fpasswd", 404),
        ("web/../server.py", 404),
        ("web/server.py", 404),
        ("web/..%2f..%2fsettings.py", 404),
        ("gradio_api/file=/etc/passwd", 404),
        ("gradio_api/file=corpus/sources.toml", 404),
        ("gradio_api/file/etc/passwd", 404),
        ("gradio_api/proxy=http://127.0.0.1/", 404),
        ("gradio_api/upload", 404),
        ("monitoring", 404),
    ],
)
def test_nothing_else_can_be_read(at: str, path: str, status: int) -> None:
    answer = httpx.get(f"{at}/{path}")
    assert answer.status_code == status
    assert "root:" not in answer.text


def test_nothing_can_be_left(at: str) -> None:
    assert httpx.post(f"{at}/gradio_api/upload", files={"files": b"x"}).status_code == 404
    assert httpx.post(f"{at}/gradio_api/queue/join", content=b"x" * 4_000_001).status_code == 413
    with pytest.raises(httpx.HTTPError):  # a body that does not say how long it is is no longer read
        httpx.post(f"{at}/gradio_api/queue/join", content=(b"x" * 100_000 for _ in range(60))).raise_for_status()


def test_hostile_values_are_escaped(hostile_address: str, hostile_desk: Desk) -> None:
    source = hostile_desk.assistant.index.sources["harm"]
    start = HOSTILE.index(SCRIPT)
    page = httpx.get(f"{hostile_address}/source/harm?start={start}&end={start + len(SCRIPT)}&sha256={source.sha256}")
    assert page.text.count("<script") == 1  # our own
    assert "<img" not in page.text
    assert 'href="javascript:' not in page.text
    assert "<b>" not in page.text


def test_any_name_has_an_address(hostile_address: str, hostile_desk: Desk) -> None:
    [source] = [s for s in hostile_desk.assistant.index.sources.values() if s.text == EMOJI]
    place = Permalink.parse(f"{source.id}~0~6~{source.sha256}")
    assert place is not None
    page = httpx.get(place.address(hostile_address, [place]))
    assert '<mark class="cited" id="cited">Smiles</mark>' in page.text
    assert "&#13;" in page.text
