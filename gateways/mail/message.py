"""A letter as a MIME message: what it looks like on the wire."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Final

import idna

from domain.errors import GatewayRefused
from gateways.letters import Letter

#: What could end a header line, or steer a screen: none of it belongs into a header.
_NOT_IN_HEADERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_SUBJECT: Final = 200


def address_of(text: str) -> Address:
    """A mailbox as mail servers write it: the domain in ASCII (IDNA), the part before the @ as it is.

    Raises:
        GatewayRefused: it is no address of anybody.
    """
    name, spec = parseaddr(text)
    mailbox, _, domain = spec.rpartition("@")
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
        return Address(display_name=_line(name), username=mailbox, domain=domain)
    except (ValueError, IndexError):  # IDNAError is a ValueError; the header parser stumbles over what is no address
        raise GatewayRefused("it is not an address that mail could be sent to") from None


def message_id(letter: Letter, domain: str) -> str:
    """The same for each try, so that a repeat is recognisable."""
    return f"<{letter.id.hex}@{domain}>"


def message_of(letter: Letter, *, to: Address, sender: Address, reply_to: Address | None) -> EmailMessage:
    """Put a message together: plain text and HTML, and the paper if there is one.

    It is ASCII throughout, unless an address is not.
    """
    ascii_only = to.addr_spec.isascii() and sender.addr_spec.isascii()
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    message["From"] = sender
    message["To"] = to
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message["Subject"] = _line(letter.subject)[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = message_id(letter, sender.domain)
    message["Content-Language"] = letter.language
    # RFC 3834: no answering machine need answer this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if (paper := letter.attachment) is not None:
        message.add_attachment(
            paper.content, maintype=paper.maintype, subtype=paper.subtype, filename=_line(paper.filename)
        )
    return message


def _line(text: str) -> str:
    return " ".join(_NOT_IN_HEADERS.sub(" ", text).split())
