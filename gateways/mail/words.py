"""What mails say: each language is one value, and none may lack a word that another has."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateways.mail.scenes import Scene


@dataclass(frozen=True, slots=True)
class Letter:
    """The words of one mail. Names in braces are filled in from `gateways/mail/facts.py`."""

    subject: str
    #: What a list of mails shows after the subject: the next fact.
    preheader: str
    heading: str
    lead: str
    #: What happens if the reader does nothing: how that begins, and how it goes on.
    rest: tuple[str, str]
    #: The line under the amount.
    note: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class MailWords:
    """All mails in one language, and the parts that their sentences are built from."""

    letters: Mapping[Scene, Letter]
    phrases: Mapping[str, str]
    #: Small numbers at the beginning of a sentence or within it.
    numbers: tuple[str, ...]
