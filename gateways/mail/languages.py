"""The languages that mails are written in."""

from collections.abc import Mapping
from typing import Final

from gateways.mail.english import ENGLISH
from gateways.mail.german import GERMAN
from gateways.mail.words import MailWords

WORDS: Final[Mapping[str, MailWords]] = {"en": ENGLISH, "de": GERMAN}


def language_of(wanted: str) -> str:
    """The language to write in: the wanted one (`de`, `de-AT`), or English where we have no words of it."""
    found = wanted[:2].lower()
    return found if found in WORDS else "en"
