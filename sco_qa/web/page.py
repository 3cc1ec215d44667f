"""The page: a conversation, the source beside it, the collection, and the scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from sco_qa.web import api, collection
from sco_qa.web.desk import Desk
from sco_qa.web.markup import render
from sco_qa.web.suggestions import Suggestions
from sco_qa.web.talk import Talk

_TITLE = "SCO QA"
# Whatever in the transcript has a data-action tells Python what was pressed; nothing else in it does anything.
_ON_LOAD = """
element.addEventListener("click", event => {
  const pressed = event.target.closest("[data-action]");
  if (!pressed) return;
  const field = element.querySelector(`[data-correction="${pressed.dataset.turn}"]`);
  trigger("select", { ...pressed.dataset, correction: field ? field.value : "" });
});
watch("value", () => window.scoQa && window.scoQa.answered(element));
"""

# Short answers need no queue; how many are answered at once is counted by the desk, for the page and other programs
# together.
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}


def theme() -> gr.themes.Base:
    """Give a theme that loads no font from anywhere; ``page.css`` does the rest."""
    return gr.themes.Base(
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
    )


def head(base: str) -> str:
    """Name our style sheets and the script."""
    sheets = "".join(f'<link rel="stylesheet" href="{base}/web/{name}.css">' for name in ("look", "page"))
    return f'{sheets}<script src="{base}/web/page.js"></script>'


def build(desk: Desk) -> gr.Blocks:
    """Lay the page out and say what happens when."""
    page = gr.Blocks(title=_TITLE, analytics_enabled=False, fill_width=True)
    with page:
        api.offer(desk)  # first: it is what gives an endpoint its name
        gr.HTML(render("header.html", title=_TITLE), elem_id="masthead", apply_default_css=False)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Ask"):
                _conversation(desk, page)
            with gr.Tab("Collection", elem_id="collection") as tab:
                _collection(desk, page, tab)
            with gr.Tab("Scores", elem_id="scores") as tab:
                scores = gr.HTML("", apply_default_css=False)
                tab.select(lambda: _scores(desk), None, [scores], **_QUIET)
    return page


def _conversation(desk: Desk, page: gr.Blocks) -> None:
    talk = Talk(desk, Suggestions(desk))
    # The key only keeps the text out of plain sight in the browser's storage; it need not be secret, and it must stay
    # the same for a conversation to be found again.
    kept = gr.BrowserState([], storage_key=f"sco-qa{desk.settings.base_path}", secret=_TITLE)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            transcript = gr.HTML(talk.shown([]), js_on_load=_ON_LOAD, elem_id="transcript", apply_default_css=False)
            suggested = gr.HTML("", js_on_load=_ON_LOAD, elem_id="suggested", apply_default_css=False)
            notice = gr.HTML("", elem_id="notice", apply_default_css=False)
            with gr.Row(elem_id="composer"):
                question = gr.Textbox(
                    label="Your question",
                    placeholder="Ask the sources…",
                    show_label=False,
                    container=False,
                    autofocus=True,
                    max_length=desk.settings.max_question,
                    elem_id="question",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                ask = gr.Button("Ask", variant="primary", elem_id="ask")
            with gr.Row(elem_id="tools"):
                retry, undo, clear, markdown, html = (
                    gr.Button(name, size="sm")
                    for name in ("Ask again", "Undo", "Clear", "Export as Markdown", "Export as HTML")
                )
        gr.HTML(render("pane.html"), elem_id="evidence", apply_default_css=False)
    exported = gr.Textbox(visible=False)

    state = [kept, transcript, notice, question]
    gr.on([question.submit, ask.click], talk.ask, [question, kept], state, **_QUIET)
    gr.on([transcript.select, suggested.select], talk.pressed, [question, kept], state, **_QUIET)
    retry.click(talk.retry, [question, kept], state, **_QUIET)
    undo.click(talk.undo, [question, kept], state, **_QUIET)
    clear.click(talk.clear, None, state, **_QUIET)
    for button, export, name in ((markdown, talk.markdown, "conversation.md"), (html, talk.html, "conversation.html")):
        button.click(export, [kept], [exported], **_QUIET).then(
            None, [exported], None, js=f"text => window.scoQa.save(text, '{name}')"
        )
    page.load(talk.opened, [kept], [transcript], **_QUIET)
    page.load(talk.suggest, None, [suggested], **_QUIET)


def _collection(desk: Desk, page: gr.Blocks, tab: gr.Tab) -> None:
    table = gr.HTML("", apply_default_css=False)

    def shown() -> str:
        return collection.table(desk)

    gr.on([page.load, tab.select], shown, None, [table], **_QUIET)
    if not desk.settings.rebuild:
        return
    button = gr.Button("Rebuild the index", size="sm", elem_id="rebuild")
    progress = gr.HTML("", apply_default_css=False)

    def rebuild() -> Iterator[str]:
        api.leave_seat(desk)
        yield from collection.rebuild(desk)

    button.click(
        rebuild, None, [progress], show_progress="hidden", api_visibility="private", concurrency_limit=None
    ).then(shown, None, [table], **_QUIET)


def _scores(desk: Desk) -> str:
    return render("scores.html", there=desk.settings.report.is_file(), base=desk.settings.base_path)
