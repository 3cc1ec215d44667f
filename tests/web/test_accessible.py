"""Keyboard, screen reader, contrast: axe-core finds nothing serious, in either light and at phone width."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import NewPage, ask

PHONE = {"width": 375, "height": 720}
DESK = {"width": 1280, "height": 860}


def serious(page: Page) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found: list[dict[str, Any]] = axe.run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(("light", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_nothing_serious(address: str, new_page: NewPage, light: str, size: dict[str, int]) -> None:
    page = new_page(f"{address}/", color_scheme=light, viewport=size)
    page.locator(".try button").first.wait_for(timeout=30_000)
    assert serious(page) == []
    ask(page, "What is the SCO?")
    ask(page, "How many dialogue partners does the SCO have?")
    page.locator(".others summary").last.click()
    page.locator(".thumbs button").last.click()
    page.locator(".correct input").wait_for()
    page.locator(".turn .chip").last.click()  # what was unfolded still is
    page.frame_locator("iframe").locator("mark.cited").first.wait_for()
    page.wait_for_timeout(300)  # it slides in on a phone
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Collection").click()
    page.locator(".collection table").wait_for()
    assert serious(page) == []


@pytest.mark.parametrize("light", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_source(address: str, new_page: NewPage, light: str) -> None:
    page = new_page(f"{address}/source/news-portal?start=11&end=40", color_scheme=light)
    page.get_by_text("Copy citation").click()
    assert serious(page) == []


def test_the_keyboard_is_enough(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    ask(page, "What is the SCO?")
    expect(page.get_by_label("Your question")).to_be_focused()
    chip = page.locator(".turn .chip").first
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if chip.evaluate("chip => chip === document.activeElement"):
            break
    expect(chip).to_be_focused()
    page.keyboard.press("Enter")
    page.frame_locator("iframe").locator("mark.cited").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator(".pane")).to_be_hidden()
    expect(chip).to_be_focused()


def test_an_answer_is_announced(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    announced = page.locator("#announced[role=status][aria-live=polite]")
    expect(announced).to_have_text("")
    ask(page, "Who blocked the SCO development bank?")
    expect(announced).to_have_text(re.compile("^Answer: Russia, .* sure, from What Is the Future"))
    ask(page, "Кто основал организацию?")
    expect(announced).to_have_text("The sources do not say: the collection is read in English; ask in English.")
    page.get_by_role("button", name="Clear").click()
    expect(announced).to_have_text("")
