"""Which mail server, and how it is spoken to."""

import ipaddress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

#: Ports: between servers; for those who log in; encrypted from the first byte.
_RELAY: Final = 25
_SUBMISSION: Final = 587
_TLS: Final = 465


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where it is, and who we are to it."""

    host: str
    port: int
    #: Encrypted from the first byte (`smtps://`); otherwise by STARTTLS where the server offers it.
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def on_this_machine(self) -> bool:
        """Whether nobody can listen on the way."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def mail_server(url: str) -> MailServer:
    """Read `smtp://user:password@host:port` or `smtps://…`. Ports by default: 465 for TLS, 587 with a user, else 25."""
    parts = urlsplit(url)
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    usual = _TLS if tls else _SUBMISSION if user else _RELAY
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or usual,
        tls=tls,
        user=user,
        password=unquote(parts.password) if parts.password is not None else None,
    )
