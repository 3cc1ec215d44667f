"""What a person does, in a real browser against a real server."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from sco_qa.web.desk import Desk
from tests.web.conftest import EMOJI, HOSTILE, IMAGE, LINK, SCRIPT, TEMPLATE, NewPage, ask

FIRST = "Who blocked the SCO development bank?"


def whole(mark: Locator) -> str:
    """Give the text of all pieces of the marked place, every character of it."""
    return "".join(mark.evaluate_all("marks => marks.map(mark => mark.textContent)"))


def in_view(page: Page, mark: Locator) -> bool:
    box, size = mark.first.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"] and 0 <= box["x"] < size["width"]


def test_first_question_to_its_place(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    ask(page, FIRST)
    expect(page.locator(".turn .words").first).to_contain_text("Russia")
    expect(page.locator(".turn blockquote mark").first).to_have_text("Russia")
    expect(page.get_by_label("Your question")).to_have_value("")

    page.locator(".turn .chip").first.click()
    inside = page.frame_locator('iframe[name="sco-source"]')
    expect(inside.locator("mark.cited")).to_have_text("Russia")
    expect(inside.locator(".standing")).to_contain_text("Unchanged since it was cited")
    assert in_view(page, inside.locator("mark.cited"))
    expect(page.locator(".turn .chip").first).to_contain_class("open")

    page.keyboard.press("Escape")
    expect(page.locator(".pane")).to_be_hidden()
    expect(page.locator(".turn .chip").first).to_be_focused()


def test_other_places_are_reached_and_lighter(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    ask(page, FIRST)
    page.locator(".turn .chip").first.click()
    inside = page.frame_locator('iframe[name="sco-source"]')
    inside.get_by_role("link", name="Next citation").click()
    expect(inside.locator(".count")).to_contain_text("Citation 2 of")
    expect(inside.locator("mark.cited").first).to_be_visible()
    inside.get_by_role("link", name="Previous citation").click()
    expect(inside.locator("mark.cited")).to_have_text("Russia")


def test_conversation_with_a_follow_up(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    ask(page, "What is the SCO?")
    ask(page, "When was it founded?")
    second = page.locator(".turn").nth(1)
    expect(second.locator(".read-as q")).to_contain_text("the SCO")
    second.get_by_role("button", name="Ask it by itself").click()
    expect(second.locator(".read-as")).to_contain_text("Asked by itself")

    page.reload()  # the browser keeps the conversation
    expect(page.locator(".turn")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.get_by_label("Your question")).to_have_value("When was it founded?")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn")).to_have_count(1)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()


def test_abstention(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    ask(page, "Кто основал организацию?")
    expect(page.locator(".turn .words")).to_have_text("The sources do not say.")
    expect(page.locator(".turn .reason")).to_contain_text("ask in English")


def test_disagreement_shows_both_sides_with_dates(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    ask(page, "How many dialogue partners does the SCO have?")
    expect(page.locator(".differ-title")).to_contain_text("The sources differ over time")
    dates = page.locator(".differ .side .side-date").all_inner_texts()
    assert len(dates) >= 2
    assert dates == sorted(dates, reverse=True)  # the newest first
    assert len(set(dates)) > 1
    assert len(set(page.locator(".differ .side .side-words").all_inner_texts())) == len(dates)


def test_suggested_questions_are_answered(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    first = page.locator(".try button").first
    first.wait_for(timeout=30_000)
    question = first.inner_text()
    first.click()
    expect(page.locator(".turn .question")).to_have_text(question)
    expect(page.locator(".turn blockquote mark").first).to_be_visible()


def test_phone(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/", viewport={"width": 375, "height": 720})
    ask(page, FIRST)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.locator(".turn .chip").first.click()
    inside = page.frame_locator('iframe[name="sco-source"]')
    expect(inside.locator("mark.cited")).to_have_text("Russia")
    page.wait_for_timeout(300)  # it slides in
    assert in_view(page, inside.locator("mark.cited"))
    frame = page.locator("iframe").bounding_box()
    assert frame is not None
    assert frame["width"] == 375
    page.get_by_role("button", name="Close the source").click()
    expect(page.locator(".pane")).to_be_hidden()


def test_hostile_source_is_text(hostile_address: str, new_page: NewPage) -> None:
    page = new_page(f"{hostile_address}/")
    ask(page, f"The script is? {SCRIPT} {IMAGE} {TEMPLATE}")
    expect(page.locator(".turn .question")).to_contain_text(SCRIPT)
    expect(page.locator(".turn .words")).to_contain_text(SCRIPT)
    page.locator(".others summary").click()
    for text in (IMAGE, LINK, TEMPLATE):
        expect(page.locator(".turn")).to_contain_text(text)
    page.locator(".turn .chip").first.click()
    inside = page.frame_locator('iframe[name="sco-source"]')
    expect(inside.locator("mark.cited")).to_have_text(SCRIPT)
    expect(inside.locator("h1")).to_have_text(SCRIPT + IMAGE)
    assert whole(inside.locator("#text")) == HOSTILE
    page.reload()  # and so it is when it comes back from the browser's store
    expect(page.locator(".turn .words")).to_contain_text(SCRIPT)
    for frame in page.frames:
        assert frame.evaluate("window.harmed") is None
    assert page.locator(".turn img, .turn script, .turn a:not(.chip)").count() == 0


def test_emoji_and_windows_line_ends_are_marked_by_code_points(
    hostile_address: str, hostile_desk: Desk, new_page: NewPage
) -> None:
    start = EMOJI.index("wanted one")
    source = hostile_desk.assistant.index.sources['smiles & co/"é']
    page = new_page(f"{hostile_address}/")
    ask(page, "Which smile is the second?")
    page.locator(f'.chip[href*="start={start}&"]').first.evaluate("chip => chip.click()")
    inside = page.frame_locator('iframe[name="sco-source"]')
    expect(inside.locator("mark.cited")).to_have_text("wanted one")
    assert whole(inside.locator("#text")) == source.text == EMOJI
    assert in_view(page, inside.locator("mark.cited"))


def test_export_and_copy(address: str, new_page: NewPage) -> None:
    page = new_page(f"{address}/", permissions=["clipboard-read", "clipboard-write"])
    ask(page, FIRST)
    for name, file, expected in (
        ("Export as Markdown", "conversation.md", "1. **Russia**"),
        ("Export as HTML", "conversation.html", "<mark>Russia</mark>"),
    ):
        with page.expect_download() as saved:
            page.get_by_role("button", name=name).click()
        assert saved.value.suggested_filename == file
        content = saved.value.path().read_text(encoding="utf-8")
        assert expected in content
        assert f"{address}/source/" in content

    page.locator(".turn .chip").first.click()
    inside = page.frame_locator('iframe[name="sco-source"]')
    inside.get_by_text("Copy citation").click()
    inside.get_by_role("button", name="Copy as BibTeX").click()
    expect(inside.get_by_role("button", name="Copy as BibTeX")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("@misc{")


def test_feedback_collection_and_scores(address: str, real_desk: Desk, new_page: NewPage) -> None:
    page = new_page(f"{address}/")
    ask(page, FIRST)
    page.get_by_role("button", name="This is wrong").click()
    page.get_by_label("What would have been right?").fill("China")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".turn")).to_contain_text("it is written down")
    assert '"correction": "China"' in real_desk.settings.feedback_file.read_text(encoding="utf-8")
    page.get_by_role("tab", name="Collection").click()
    expect(page.locator(".collection tbody tr")).to_have_count(len(real_desk.assistant.index.sources))
    page.get_by_role("tab", name="Scores").click()
    expect(page.locator("iframe.scores, .collection code").last).to_be_visible()
