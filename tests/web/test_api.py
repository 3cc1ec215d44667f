"""Other programs: the HTTP interface with Gradio's own client, the tools with a client of the protocol."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from sco_qa.web.desk import Desk
from tests.conftest import REPOSITORY

QUESTION = "Who blocked the SCO development bank?"


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


def test_named_endpoints_are_all_there_is(client: Client) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/ask", "/open_source", "/list_sources"}


def test_ask(client: Client, real_desk: Desk) -> None:
    reply = client.predict(question=QUESTION, api_name="/ask")
    expected = real_desk.ask(QUESTION).to_json()
    assert {**reply, "timings_ms": None} == {**expected, "timings_ms": None}
    assert reply["answers"][0]["text"] == "Russia"


def test_ask_with_history(client: Client, real_desk: Desk) -> None:
    reply = client.predict("When was it founded?", ["What is the SCO?"], api_name="/ask")
    assert reply["read_as"] == real_desk.ask("When was it founded?", ["What is the SCO?"]).read_as is not None


@pytest.mark.parametrize("page", ["README.md", "docs/web.md"])
def test_the_example_of_the_docs(page: str, address: str) -> None:
    """What the pages show for Gradio's client runs as it stands, but for the port."""
    shown = re.findall(r"```python\n(.*?)```", (REPOSITORY / page).read_text(encoding="utf-8"), re.DOTALL)
    (example,) = [code for code in shown if "gradio_client" in code]
    assert "http://127.0.0.1:7860" in example
    names: dict[str, Any] = {}
    exec(example.replace("http://127.0.0.1:7860", address), names)  # noqa: S102 - our own docs
    assert names["reply"]["schema"] == 1
    assert names["reply"]["answers"][0]["citation"]["quote"] == names["reply"]["answers"][0]["text"]


def test_what_cannot_be_asked(client: Client) -> None:
    for wrong, problem in ((" ", "empty"), ("x" * 1_001, "at most 1,000")):
        with pytest.raises(AppError, match=problem):
            client.predict(question=wrong, api_name="/ask")


def test_who_comes_when_all_places_are_taken(client: Client, address: str, real_desk: Desk) -> None:
    taken = [real_desk.seat() for _ in range(real_desk.settings.requests)]
    for place in taken:
        place.used = True
    try:
        with pytest.raises(httpx.HTTPStatusError, match="429 Too Many Requests"):
            client.predict(question=QUESTION, api_name="/ask")
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        said = httpx.post(
            f"{address}/mcp",
            json={**call, "params": {"name": "ask", "arguments": {"question": QUESTION}}},
            headers={"accept": "application/json, text/event-stream"},
        ).json()["result"]
        assert said["isError"]
        assert "busy: 16 questions are being answered already" in said["content"][0]["text"]
    finally:
        for place in taken:
            real_desk.leave(place)
    assert client.predict(question=QUESTION, api_name="/ask")["answers"][0]["text"] == "Russia"


def test_sources(client: Client, real_desk: Desk) -> None:
    listed = client.predict(api_name="/list_sources")
    assert [s["source"] for s in listed] == list(real_desk.assistant.index.sources)
    source = real_desk.assistant.index.sources[listed[0]["source"]]
    assert client.predict(source.id, None, None, api_name="/open_source")["text"] == source.text
    assert client.predict(source.id, 10, 20, api_name="/open_source")["quote"] == source.text[10:20]
    for id_, start, end in (("../../etc/passwd", None, None), (source.id, 5, 5), (source.id, 0, 10**9)):
        with pytest.raises(AppError):
            client.predict(id_, start, end, api_name="/open_source")


def test_tools(address: str, real_desk: Desk) -> None:
    pytest.importorskip("mcp")

    async def talk() -> tuple[set[str], Any, Any, Any]:
        from mcp import ClientSession
        from mcp.client.streamable_http import streamable_http_client

        async with (
            streamable_http_client(f"{address}/mcp") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = {tool.name for tool in (await session.list_tools()).tools}
            asked = await session.call_tool("ask", {"question": QUESTION})
            listed = await session.call_tool("list_sources", {})
            return tools, asked, listed, await session.call_tool("open_source", {"source": "../x"})

    with ThreadPoolExecutor() as elsewhere:  # Playwright keeps a loop running in this thread
        tools, asked, listed, wrong = elsewhere.submit(asyncio.run, talk()).result()
    assert tools == {"ask", "open_source", "list_sources"}
    assert json.loads(asked.content[0].text)["answers"][0]["text"] == "Russia"
    assert [json.loads(item.text)["source"] for item in listed.content] == list(real_desk.assistant.index.sources)
    assert wrong.isError
    assert "no source has the id" in wrong.content[0].text
