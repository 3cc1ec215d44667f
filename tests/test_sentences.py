from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa import sentences
from sco_qa.types import Span

PARAGRAPHS = st.lists(
    st.sampled_from(
        [
            "The U.S. ", "Dr. Lee ", "No. 5 ", "went. ", "“Why?” ", "he said. ", "e.g. ", "SCO’s ", "(Yes!) ", "…",
            " ", "\u00a0", "\ufeff", "👩‍👩‍👧 ", "e\u0301 ", ". ", "? ", "”", "\t", "\n", "\u2028", "J. R. ", "3.5 ",
        ]
    )
    | st.text(max_size=4),
    max_size=25,
).map("".join)  # fmt: skip


def of(text: str) -> list[str]:
    """Split a whole text, as one paragraph, into its sentences' words."""
    return [text[s.start : s.end] for s in sentences.split(text, Span(0, len(text)))]


@given(PARAGRAPHS.filter(bool), st.text(max_size=5), st.text(max_size=5))
def test_sentences_are_in_order_inside_their_paragraph_and_cover_it(text: str, before: str, after: str) -> None:
    paragraph = Span(len(before), len(before) + len(text))
    whole = before + text + after
    found = sentences.split(whole, paragraph)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(paragraph.holds(sentence) for sentence in found)
    covered = {i for sentence in found for i in range(sentence.start, sentence.end)}
    assert [i for i in range(paragraph.start, paragraph.end) if not whole[i].isspace() and i not in covered] == []
    assert [s for s in found if whole[s.start : s.end] != whole[s.start : s.end].strip()] == []


@given(PARAGRAPHS.filter(bool), st.text(max_size=5))
def test_what_stands_around_a_paragraph_moves_no_sentence(text: str, before: str) -> None:
    shifted = sentences.split(before + text, Span(len(before), len(before) + len(text)))
    assert [Span(s.start - len(before), s.end - len(before)) for s in shifted] == sentences.split(
        text, Span(0, len(text))
    )


@pytest.mark.parametrize(
    "expected",
    [
        ["The U.S. military left Manas.", "It was asked to."],
        ["By Dmitri A Titoff"],
        ["Roger N. McDermott wrote it.", "He knew."],
        ["It is No. 5 of eight.", "No. 6 is missing."],
        ["Mr. Putin met Dr. Lee in St. Petersburg.", "They talked."],
        ["“The summit was a success.”", "So said Xinhua."],
        ["He called it an ‘Eastern NATO.’", "Others did not."],
        ["Is it a NATO of the East?", "No!", "It is not."],
        ["It grew by 3.5 percent.", "That is little."],
        ["They met in the capital (Astana.)", "Then they left."],
        ["The treaty (signed in Jan. 2001) holds.", "It was renewed."],
        ["Goods, e.g. cotton and gas, are traded."],
        ["Shanghai Cooperation Organization (SCO)"],
        ["It waited …", "Then it moved."],
        ["One.\u00a0", "Two."],
    ],
)
def test_a_sentence_ends_where_a_reader_says_it_does(expected: list[str]) -> None:
    assert of(" ".join(expected)) == [sentence.strip() for sentence in expected]


def test_the_fingerprint_is_the_hash_of_the_packaged_parameters() -> None:
    packaged = Path(sentences.__file__).with_name("punkt.json").read_bytes()
    assert sentences.fingerprint() == hashlib.sha256(packaged).hexdigest()


def test_training_gives_sorted_parameters_and_the_same_ones_again() -> None:
    paragraphs = ["Gen. Lee met Adm. Ray. They talked.", "The Gen. left. It was late, said Gen. Roe."] * 4
    trained = sentences.train(paragraphs)
    assert trained == sentences.train(paragraphs)
    assert sorted(trained) == ["abbreviations", "collocations", "orthography", "sentence_starters"]
    assert trained["abbreviations"] == sorted(set(trained["abbreviations"]))
    assert {"gen", "no", "dr"} <= set(trained["abbreviations"])
