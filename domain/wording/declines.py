"""What a buyer is told of a decline: the same words on the page and in the mail."""

from collections.abc import Mapping
from typing import Final

from domain.wording.english import DECLINES_IN_ENGLISH
from domain.wording.german import DECLINES_IN_GERMAN
from domain.wording.reasons import Declined, Reason, reason_of

#: By language.
DECLINES: Final[Mapping[str, Mapping[Reason, Declined]]] = {"en": DECLINES_IN_ENGLISH, "de": DECLINES_IN_GERMAN}


def explain(code: str | None, language: str) -> Declined:
    """Say why a payment was declined and what to do, in a language (`en` where we have no words of it)."""
    return DECLINES.get(language, DECLINES_IN_ENGLISH)[reason_of(code)]
