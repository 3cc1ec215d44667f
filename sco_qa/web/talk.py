"""The steps of a conversation. All of it is in the browser: each step is given it and gives it back."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sco_qa import feedback
from sco_qa.errors import ScoQaError
from sco_qa.web import contract, export
from sco_qa.web.contract import Turn
from sco_qa.web.desk import Busy, Desk
from sco_qa.web.markup import render
from sco_qa.web.suggestions import Suggestions

Shown = tuple[list[dict[str, Any]], str, str, str]
"""What every step of a conversation gives: the browser's state, the transcript, a notice, the question's text."""


class Talk:
    """The steps of a conversation. All of it is in the browser: each step is given it and gives it back."""

    def __init__(self, desk: Desk, suggestions: Suggestions) -> None:
        self._desk = desk
        self._suggestions = suggestions

    def shown(self, turns: list[Turn]) -> str:
        """Render a conversation."""
        return render(
            "transcript.html",
            turns=turns,
            base=self._desk.settings.base_path,
            sources=len(self._desk.assistant.index.sources),
            feedback=self._desk.settings.feedback,
        )

    def opened(self, kept: Any) -> Any:
        """Show the conversation that the browser kept."""
        turns = contract.turns(kept)
        return self.shown(turns) if turns else gr.skip()  # somebody may have been quick to ask

    def suggest(self) -> str:
        """Show questions to begin with, when they are found."""
        return render("suggested.html", questions=self._suggestions.found())

    def ask(self, question: str, kept: Any) -> Shown:
        """Answer a question after those before it."""
        turns = contract.turns(kept)
        if not question.strip():
            return self._step(turns)
        return self._asked(turns, len(turns), question, alone=False, typed=question)

    def pressed(self, question: str, kept: Any, event: gr.EventData) -> Shown:
        """Do what the pressed button in the transcript says."""
        turns = contract.turns(kept)
        match event._data:
            case {"action": "ask", "question": str(suggested)}:
                return self._asked(turns, len(turns), suggested, alone=False, typed=question)
            case {"action": "alone" | "together" as how, "turn": str(place)} if _among(place, turns):
                at = int(place)
                return self._asked(turns, at, turns[at].reply.question, alone=how == "alone", typed=question)
            case {"action": "thumb", "turn": str(place), "thumb": "up" | "down" as thumb} if _among(place, turns):
                return self._judged(turns, int(place), thumb, None, question)
            case {"action": "correct", "turn": str(place), "correction": str(words)} if _among(place, turns):
                return self._judged(turns, int(place), "down", words.strip()[:1_000] or None, question)
        return self._step(turns, typed=question)

    def retry(self, question: str, kept: Any) -> Shown:
        """Ask the last question again, as after a rebuild."""
        turns = contract.turns(kept)
        if not turns:
            return self._step(turns, typed=question)
        last = turns[-1]
        return self._asked(turns, len(turns) - 1, last.reply.question, alone=last.alone, typed=question)

    def undo(self, question: str, kept: Any) -> Shown:
        """Take the last question back, to be asked otherwise."""
        turns = contract.turns(kept)
        return self._step(turns[:-1], typed=turns[-1].reply.question if turns else question)

    def clear(self) -> Shown:
        """Begin a new conversation."""
        return self._step([])

    def markdown(self, kept: Any, request: gr.Request) -> str:
        """Export the conversation as Markdown."""
        return export.markdown(contract.turns(kept), self._origin(request))

    def html(self, kept: Any, request: gr.Request) -> str:
        """Export the conversation as one HTML file."""
        return export.html(contract.turns(kept), self._origin(request))

    def _judged(
        self, turns: list[Turn], place: int, thumb: feedback.Thumb, correction: str | None, typed: str
    ) -> Shown:
        """Write down what somebody thinks of a reply, if the settings allow it."""
        if not self._desk.settings.feedback:
            return self._step(turns, typed=typed)
        judged = turns[place]
        history = [] if judged.alone else [turn.reply.question for turn in turns[:place]]
        path = self._desk.settings.feedback_file
        reply = judged.reply.model_dump(mode="json")
        try:
            feedback.append(path, reply, thumb=thumb, correction=correction, history=history)
        except ScoQaError as error:
            return self._step(turns, notice=render("notice.html", text=str(error), busy=False), typed=typed)
        state = "corrected" if correction is not None else thumb
        return self._step(
            [*turns[:place], judged.model_copy(update={"thumb": state}), *turns[place + 1 :]], typed=typed
        )

    def _origin(self, request: gr.Request) -> str:
        """Give what addresses of sources begin with, as the browser knows this server."""
        if request.request is None:
            return self._desk.settings.base_path
        base = request.request.base_url
        return f"{base.scheme}://{base.netloc}{self._desk.settings.base_path}"

    def _asked(self, turns: list[Turn], place: int, question: str, *, alone: bool, typed: str) -> Shown:
        """Ask ``question`` as turn ``place``; if it cannot be asked, ``typed`` stays in its field."""
        history = [] if alone else [turn.reply.question for turn in turns[:place]]
        try:
            reply = self._desk.ask(question, history)
        except ScoQaError as error:
            return self._step(
                turns, notice=render("notice.html", text=str(error), busy=isinstance(error, Busy)), typed=typed
            )
        turn = Turn.of(reply.to_json(), alone=alone)
        new = place == len(turns)
        return self._step([*turns[:place], turn, *turns[place + 1 :]], typed="" if new else typed)

    def _step(self, turns: list[Turn], *, notice: str = "", typed: str = "") -> Shown:
        return contract.keep(turns), self.shown(turns), notice, typed


def _among(place: str, turns: list[Turn]) -> bool:
    return place.isdecimal() and int(place) < len(turns)
