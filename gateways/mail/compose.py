"""A notice as a mail: subject, plain text and HTML, saying the same."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.notices import NoticeContent
from gateways.mail.colors import DARK, LIGHT
from gateways.mail.scenes import Tone
from gateways.mail.sheet import sheet_of

#: Columns of the plain text: RFC 5322 asks for at most 78.
WIDTH: Final = 78
_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail as it is read."""

    #: `en` or `de`.
    language: str
    #: One line of at most some 100 characters.
    subject: str
    #: What a list of mails shows after the subject. It stands in the HTML already, where nobody sees it.
    preheader: str
    #: At most 78 columns, but for addresses, which are never broken.
    text: str
    #: A page of its own: it needs no picture, script or style sheet from anywhere.
    html: str


def compose(content: NoticeContent) -> Composed:
    """Write the mail that tells a notice. The same notice gives the same mail.

    Titles and names may hold anything: markup, line breaks, text from right to left, ten thousand characters.

    Raises:
        ValueError: the notice is for somebody else than its kind says, or lacks what its words cannot do without (the
            end of a time to pay).
    """
    sheet = sheet_of(content)
    return Composed(
        language=sheet.language,
        subject=sheet.subject,
        preheader=sheet.preheader,
        text=_templates().get_template("mail.txt").render(sheet=sheet, width=WIDTH),
        html=_templates().get_template("mail.html").render(sheet=sheet, light=LIGHT, dark=DARK, tones=Tone),
    )


def wrap(text: str, indent: int = 0) -> str:
    """Text in lines of at most 78 columns; what cannot be broken (an address) is not."""
    margin = " " * indent
    return fill(
        text,
        WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrap"] = wrap
    return environment
