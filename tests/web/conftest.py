"""One browser, and two servers in this process: over the real articles, and over texts that mean harm."""

from __future__ import annotations

import dataclasses
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sco_qa import corpus
from sco_qa.assistant import Assistant
from sco_qa.confidence import Confidence, Features
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.web import server
from sco_qa.web.desk import Desk
from tests.conftest import write_corpus

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
).split()

SCRIPT = "<script>window.harmed = 1</script>"
IMAGE = "<img src=x onerror='window.harmed = 1'>"
LINK = "[a prize](javascript:window.harmed=1)"
TEMPLATE = "${window.harmed = 1} {{constructor.constructor('window.harmed = 1')()}}"
TURNED = "\u202egnp.exe\u2066"
HOSTILE = f"Harm\n\nThe script is {SCRIPT} and so on. The image is {IMAGE} here. The link is {LINK} there.\n\n" + (
    f"The template is {TEMPLATE} too. The name is {TURNED} as shown.\n"
)
EMOJI = "Smiles 😀👩‍👩‍👧\r\n\r\nThe first 😀 smile costs 5 €.\r\nThe second 🏳️‍🌈 smile is the wanted one, it says.\r\n"
FOUND = {SCRIPT: 9.0, "wanted one": 6.0, IMAGE: 5.0, LINK: 4.0, TEMPLATE: 3.5, TURNED: 3.0}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Gradio 6.31 set an option that pandas 3 calls deprecated, whenever its queue has served something."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"))


@pytest.fixture(scope="session", autouse=True)
def only_this_machine() -> Iterator[None]:
    """Nothing that runs here may connect to another machine."""
    connect = socket.socket.connect

    def local(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"somebody connects to {address}")
        connect(self, address)

    socket.socket.connect = local  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    """Serve in a thread of this process; give the address, without the last slash."""
    import uvicorn

    with server.listen(dataclasses.replace(desk.settings, port=0)) as listening:
        with ThreadPoolExecutor() as elsewhere:  # Playwright keeps a loop running in this thread
            app = elsewhere.submit(server.application, desk).result()
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield server.address_of(listening, desk.settings).rstrip("/")
        finally:
            running.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def real_desk(real_index: Settings, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    # how sure it must be is what the evaluation looks at; here it answers, and says that sources differ, when it can
    feedback = tmp_path_factory.mktemp("real-feedback") / "feedback.jsonl"
    return Desk(
        Assistant.load(
            settings=dataclasses.replace(real_index, threshold=0.01, disagreement_threshold=0.0, feedback_file=feedback)
        )
    )


@pytest.fixture(scope="session")
def address(real_desk: Desk) -> Iterator[str]:
    """Where the page over the real articles is."""
    with serving(real_desk) as address:
        yield address


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(
        tmp_path_factory.mktemp("hostile") / "documents",
        {
            "harm.txt": HOSTILE,
            "smiles.txt": EMOJI,
            "sources.toml": (
                f"[[source]]\nfile = 'harm.txt'\ntitle = '''{SCRIPT}{IMAGE}'''\nauthor = '''\"><b>{TURNED}'''\n"
                "publisher = '''{{7*7}}`${7*7}`'''\ndate = '2020-01-31'\n"
                "[[source]]\nfile = 'smiles.txt'\nid = 'smiles & co/\"é'\n"
            ),
        },
    )


def fake_desk(folder: Path, answers: dict[str, float] = FOUND, **chosen: Any) -> Desk:
    """A desk over ``folder`` that loads no model and finds what it is told to find."""
    settings = Settings(corpus=folder, index=folder / "none", threshold=0.0, **chosen)
    encoder = FakeEncoder()
    index = FaissIndex.of(corpus.load(folder), settings, encoder)
    by_reader = Confidence(0.0, {name: float(name == "read") for name in Features.__slots__}, {})
    return Desk(Assistant(index, encoder, FakeReader(answers), confidence=by_reader, settings=settings))


@pytest.fixture(scope="session")
def hostile_desk(hostile_folder: Path) -> Desk:
    return fake_desk(hostile_folder, feedback_file=hostile_folder / "feedback.jsonl")


@pytest.fixture(scope="session")
def hostile_address(hostile_desk: Desk) -> Iterator[str]:
    with serving(hostile_desk) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"there is no {CHROMIUM}; install it: apt-get install chromium")
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Open a page of its own profile; at the end no request has left the machine and no script has failed."""
    contexts: list[BrowserContext] = []
    left: list[str] = []
    failed: list[str] = []

    def open_(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        context.on("request", lambda r: None if _is_here(r.url) else left.append(r.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert (left, failed) == ([], [])


def _is_here(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))


def ask(page: Page, question: str) -> None:
    """Type a question, press Enter, and wait for the turn that it becomes."""
    turns = page.locator(".turn")
    before = turns.count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    turns.nth(before).wait_for()
