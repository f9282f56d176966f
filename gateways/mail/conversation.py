"""One conversation with a mail server, which can be cut off and whose answers are bounded."""

import smtplib
import socket
import ssl
from contextlib import suppress
from typing import Final

from gateways.mail.server import MailServer

#: Lines of one answer, and bytes of one line. An EHLO has some twenty.
_LINES: Final = 100
_LINE: Final = 8192
_SERVICE_READY: Final = 220


class Conversation(smtplib.SMTP):
    """`smtplib`'s, with a line that another thread can cut, and with answers that end."""

    def __init__(self, server: MailServer, *, local_hostname: str, timeout: float) -> None:
        super().__init__(local_hostname=local_hostname, timeout=timeout)
        self._server = server
        self._tls = _tls_for(server)
        self._line: socket.socket | None = None
        self._is_cut = False

    def begin(self) -> None:
        """Connect, encrypt where that is possible, and log in where we have a name.

        Raises:
            SMTPException, OSError: it is away, or does not let us in.
        """
        server = self._server
        code, text = self.connect(server.host, server.port)
        if code != _SERVICE_READY:
            raise smtplib.SMTPConnectError(code, text)
        self.ehlo_or_helo_if_needed()
        encrypted = server.tls
        if not encrypted and self.has_extn("starttls"):
            self._encrypt()
            encrypted = True
        if server.user is None:
            return
        if not encrypted and not server.on_this_machine:
            raise smtplib.SMTPNotSupportedError("it offers no encryption, and a password is not sent in the clear")
        self.login(server.user, server.password or "")

    def cut(self) -> None:
        """Cut the line; whoever waits for an answer gets none. May be called from another thread."""
        self._is_cut = True
        if (line := self._line) is not None:
            with suppress(OSError):  # it was closed already
                # The plain socket's own: TLS would want to say goodbye first.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the line, also one that never got as far as a conversation."""
        super().close()
        if self._line is not None:
            self._line.close()

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer."""
        if self.file is None:
            self.file = self.sock.makefile("rb")  # type: ignore[union-attr]
        said = []
        for _ in range(_LINES):
            line = self._answered()
            said.append(line[4:].strip(b" \t\r\n"))
            if line[3:4] != b"-":
                code = int(line[:3]) if line[:3].isdigit() else -1
                return code, b"\n".join(said)
        self.close()
        raise smtplib.SMTPServerDisconnected("its answer does not end")

    def _answered(self) -> bytes:
        try:
            line = self.file.readline(_LINE + 1)  # type: ignore[union-attr]
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"it does not answer: {error}") from None
        if not line or self._is_cut:
            self.close()
            why = "it took too long" if self._is_cut else "it hung up"
            raise smtplib.SMTPServerDisconnected(why)
        if len(line) > _LINE:
            self.close()
            raise smtplib.SMTPServerDisconnected("a line of its answer is too long")
        return bytes(line)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # smtplib's place for this: its own SMTP_SSL does the same.
        self._line = socket.create_connection((host, port), timeout)
        return self._encrypted(self._line) if self._server.tls else self._line

    def _encrypt(self) -> None:
        """STARTTLS; what was said before counts no more."""
        code, text = self.docmd("STARTTLS")
        if code != _SERVICE_READY:
            raise smtplib.SMTPResponseException(code, text)
        self.sock, self.file = self._encrypted(self.sock), None  # type: ignore[arg-type]
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False
        self.ehlo_or_helo_if_needed()

    def _encrypted(self, line: socket.socket) -> socket.socket:
        # Not in one step: from here on `cut` has something to cut, also while the two greet each other.
        self._line = wrapped = self._tls.wrap_socket(
            line, server_hostname=self._server.host, do_handshake_on_connect=False
        )
        wrapped.do_handshake()
        return wrapped


def _tls_for(server: MailServer) -> ssl.SSLContext:
    """Certificates are verified, but for a server on this machine, which mostly has none of a known issuer."""
    context = ssl.create_default_context()
    if server.on_this_machine:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
