"""Errors where a person asked for a page: in every language, for whose page it was is not known."""

from typing import Final

from fastapi import Response

from console.pages.english import ENGLISH_WORDS
from console.pages.german import GERMAN_WORDS
from console.pages.rendering import html
from console.problems import Problem

_WORDS: Final = {"en": ENGLISH_WORDS, "de": GERMAN_WORDS}
#: Not found, and gone.
_LOST: Final = frozenset({404, 410})


def page(problem: Problem) -> Response:
    """The page for a problem."""
    lost = problem.status in _LOST
    said = [(tag, words.lost_link if lost else words.broken) for tag, words in _WORDS.items()]
    return html("failure.html", problem.status, problem.headers, language="en", said=said, reference=problem.reference)
