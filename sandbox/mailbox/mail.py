"""One mail, as it came and as it is read."""

import email
import email.policy
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from functools import cached_property


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail; `content_id` is how its HTML refers to it, or empty."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True)
class Mail:
    """A mail with its envelope. `sender` and `recipients` are the envelope's, which the headers need not agree with."""

    id: int
    received_at: datetime
    sender: str
    recipients: Sequence[str]
    raw: bytes

    @property
    def subject(self) -> str:
        """The subject, decoded; empty where there is none."""
        return self.header("Subject")

    @property
    def text(self) -> str:
        """The plain text, or empty."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML as it was sent, or empty."""
        return self._body("html")

    def header(self, name: str) -> str:
        """Return a header, decoded; empty where there is none."""
        return str(self._message.get(name, ""))

    @cached_property
    def attachments(self) -> Sequence[Attachment]:
        """The files: what is named or marked as one, pictures inside the HTML included."""
        return list(self._find_attachments())

    def html_with_pictures(self) -> str:
        """Return the HTML with its own pictures inside, so that it needs nothing from anywhere."""
        html = self.html
        for file in self.attachments:
            if file.content_id:
                data = f"data:{file.content_type};base64,{b64encode(file.content).decode()}"
                html = html.replace(f"cid:{file.content_id}", data)
        return html

    @cached_property
    def _message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    def _body(self, kind: str) -> str:
        part = self._message.get_body((kind,))
        return _text_of(part) if part else ""

    def _find_attachments(self) -> Iterator[Attachment]:
        for part in self._message.walk():
            content_id = str(part.get("Content-ID", "")).strip("<> ")
            if part.is_multipart() or not (part.get_filename() or part.is_attachment() or content_id):
                continue
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            yield Attachment(part.get_filename() or "unnamed", part.get_content_type(), content, content_id)


def _text_of(part: MIMEPart) -> str:
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        payload = part.get_payload(decode=True)
        text = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    return text.replace("\r\n", "\n")
