from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.documents import extract, furniture
from sco_qa.types import Span

PROSE = "The brown bear lives in forests.\n\nIt eats fish and berries, and sleeps in a den.\n\n"
MORE = "The polar bear lives on the ice.\n\nIt hunts seals, and it swims far.\n\n"


def found(text: str) -> list[tuple[str, str]]:
    return [(text[piece.span.start : piece.span.end], piece.what) for piece in furniture.find(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Home\n\nNews\n\nAbout us\n\n" + PROSE, [("Home", "link"), ("News", "navigation"), ("About us", "link")]),
        ("Home | Politics | World\n" + PROSE, [("Home | Politics | World", "navigation")]),
        (PROSE + "Share this on Facebook\n" + MORE, [("Share this on Facebook", "link")]),
        (PROSE + "Sign up for our newsletter!\n" + MORE, [("Sign up for our newsletter!", "link")]),
        (PROSE + "© 2018 Some Press. All rights reserved.\n", [("© 2018 Some Press. All rights reserved.", "link")]),
        (PROSE + "A headline goes here.\u00a0 READ MORE »\n\n" + MORE, [("READ MORE »", "link")]),
        (PROSE + "The best jobs for bears – Join now\n", [("The best jobs for bears – Join now", "advertisement")]),
        (
            PROSE + "Bears . . . . . . . . 12\nSeals ........ 14\n",
            [("Bears . . . . . . . . 12\nSeals ........ 14", "table of contents")],
        ),
        ("The Den\n\n" + PROSE + MORE + PROSE + "The Den\n", [("The Den", "header and footer")] * 2),
        ("A mark\n\n" + PROSE + "A mark\n\n" + MORE + PROSE + "A mark\n\nThe end.", [("A mark", "repeated")] * 3),
        (PROSE + "Медведь живёт в лесу и спит.\n\n" + MORE, [("Медведь живёт в лесу и спит.", "another script")]),
        (
            PROSE + MORE + "最近の投稿\n- もっと高く、そして遠くへ\n- Up, up and away\n",
            [("最近の投稿\n- もっと高く、そして遠くへ\n- Up, up and away", "another script")],
        ),
        (
            PROSE + MORE + "Related posts\n\nWhat wolves eat\n\nHow the lynx hunts\n",
            [("Related posts", "link"), ("What wolves eat\n\nHow the lynx hunts", "list of other posts")],
        ),
    ],
)
def test_furniture_is_found_by_its_shape(text: str, pieces: list[tuple[str, str]]) -> None:
    assert found(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "Bears\n\n" + PROSE,
        PROSE + "Members:\n\nChina\n\nRussia\n\nTajikistan\n",
        PROSE + "Register offices were closed.\n\n" + MORE,
        PROSE + "Politics\n\n" + MORE,
        PROSE + "He shouted: “Read more!”\n",
        "Ann | Moscow | 1901\n\n" + PROSE,
        PROSE + "The word медведь means honey-eater.\n",
        PROSE + "x\n\nx\n\nx\n\nx\n",
        "Home",
        "Home\n\nNews\n",
        "",
    ],
)
def test_what_is_in_doubt_is_text(text: str) -> None:
    assert found(text) == []


def test_labels_that_several_documents_have_in_common_are_found() -> None:
    texts = [f"The Bear Times\n\nNumber {n}\n\n{PROSE}{MORE}" for n in range(3)]
    same = (furniture.Found(Span(0, 14), "stands in several documents"),)
    assert furniture.across(texts) == [same, same, same]
    assert furniture.across(texts[:2]) == [(), ()]


def test_what_was_found_is_the_documents_furniture() -> None:
    assert extract("a.txt", f"{PROSE}READ MORE\n\n{MORE}".encode()).furniture == (Span(len(PROSE), len(PROSE) + 9),)
    page = f"<nav>Bears</nav><p>{PROSE}<p>Read more<p>{MORE}"
    document = extract("a.html", page.encode())
    assert [document.text[f.start : f.end] for f in document.furniture] == ["Bears", "Read more"]


LINES = st.lists(st.text() | st.sampled_from(["Home", "READ MORE", "- もっと高く", "A mark", "Text. Read more"]))


@given(LINES, st.sampled_from(["\n", "\n\n", "\r\n", "\r"]))
def test_whatever_the_text_pieces_are_in_order_and_of_it(lines: list[str], ending: str) -> None:
    text = ending.join(lines)
    spans = [piece.span for piece in furniture.find(text)]
    assert furniture.merged(spans) == tuple(spans)
    assert all(span.end <= len(text) and text[span.start : span.end].strip() for span in spans)


def test_spans_that_overlap_are_put_together() -> None:
    assert furniture.merged([Span(5, 9), Span(0, 3), Span(3, 4), Span(6, 12)]) == (Span(0, 3), Span(3, 4), Span(5, 12))


@pytest.mark.parametrize("line", ["." * 50_000, "share" + " " * 50_000 + "x", "a : " * 20_000, ". Read" * 20_000])
def test_endless_lines_take_no_time(line: str) -> None:
    begun = time.process_time()
    assert furniture.find(f"{PROSE}{line}\n{MORE}") == ()
    assert time.process_time() - begun < 5
