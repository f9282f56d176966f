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
#: What stands before and behind the @. Nothing that would need quotes: few mailboxes do, and many attacks.
_NAME: Final = re.compile(r"[^\s\x00-\x20\x7f-\x9f()<>\[\]:;@\\,\"]{1,64}")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def named(text: str) -> Address:
    """A mailbox with a name before it or not: `Payments <payments@shop.example>`; raises as `mailbox`."""
    name, address = parseaddr(text)
    plain = mailbox(address)
    return Address(display_name=_line(name), username=plain.username, domain=plain.domain)


def mailbox(text: str) -> Address:
    """A mailbox as mail servers write it: the domain in ASCII (IDNA), the part before the @ as it is.

    Raises:
        GatewayRefused: it is no address of anybody, or more than one.
    """
    name, _, domain = text.rpartition("@")
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = ""
    if not (_NAME.fullmatch(name) and _DOMAIN.fullmatch(domain)):
        raise GatewayRefused("it is not an address that mail could be sent to")
    return Address(username=name, domain=domain)


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
    # RFC 3834: no answering machine need answer this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if (paper := letter.attachment) is not None:
        message.add_attachment(
            paper.content, maintype=paper.maintype, subtype=paper.subtype, filename=_line(paper.filename)
        )
    message["Content-Language"] = letter.language  # last: content moves into its part with what is said of it
    return message


def _line(text: str) -> str:
    return " ".join(_NOT_IN_HEADERS.sub(" ", text).split())
