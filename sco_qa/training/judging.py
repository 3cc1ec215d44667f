"""What counts as a right answer to a question of a training collection."""

from __future__ import annotations

from sco_qa.evaluation.gold import Evidence, Question
from sco_qa.evaluation.metrics import f1
from sco_qa.evaluation.run import RIGHT_F1
from sco_qa.types import Candidate


def cited(question: Question, candidate: Candidate) -> list[Evidence]:
    """Give the places that state what is expected and lie in the sentence or sentences that hold the candidate."""
    passage = candidate.hit.passage
    sentence = passage.sentences_around(candidate.span)
    return [place for place in question.evidence if place.source == passage.source and sentence.overlap(place.span)]


def right(question: Question, candidate: Candidate) -> bool:
    """Tell whether the candidate stands in a sentence that states the answer, in acceptable words."""
    return bool(cited(question, candidate)) and f1(candidate.text, question.answers) >= RIGHT_F1
