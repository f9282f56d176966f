"""Mail by SMTP: encrypted where the server can, bounded in time, one connection for many letters."""

import smtplib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from typing import Final

from domain.errors import GatewayRefused, GatewayUnavailable
from gateways.letters import CarrierAway, Letter
from gateways.mail.conversation import Conversation
from gateways.mail.message import mailbox, message_of, named
from gateways.mail.server import MailServer

#: Seconds that a server may be silent for.
SILENCE: Final = 10.0
#: Seconds for the greeting and the way in, and for one letter; dripping does not prolong them.
WHOLE: Final = 20.0
_PERMANENT: Final = 500
#: Classes of enhanced codes (RFC 3463) that speak of us or the server, not of this mailbox or letter.
_NOT_THE_LETTER: Final = ("5.3.", "5.4.", "5.7.")
#: Answers of a server that takes nothing from us: not now, not without a password, not from this sender.
_TAKES_NOTHING: Final = frozenset({421, 530, 534, 535, 538})


class Smtp:
    """Hands letters to a mail server. Any thread may use it; each keeps a conversation of its own until `finish`."""

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        reply_to: str | None = None,
        silence: float = SILENCE,
        whole: float = WHOLE,
    ) -> None:
        self._server = server
        self._sender = named(sender)
        self._reply_to = named(reply_to) if reply_to else None
        self._silence = silence
        self._whole = whole
        self._mine = threading.local()

    def send(self, letter: Letter) -> str:
        """Hand a letter over; answers its Message-ID. The server has it then, and says so itself if it fails later."""
        to = mailbox(letter.to)
        message = message_of(letter, to=to, sender=self._sender, reply_to=self._reply_to)
        smtp = self._conversation()
        options = self._options(smtp, to)
        try:
            with _within(smtp, self._whole):
                _expect(smtp.mail(self._sender.addr_spec, options), CarrierAway)
                _expect(smtp.rcpt(to.addr_spec), GatewayUnavailable)
                _expect(smtp.data(message.as_bytes()), GatewayUnavailable)
        except smtplib.SMTPResponseException as answer:  # to DATA itself
            self._reset(smtp)
            raise _failure(answer.smtp_code, answer.smtp_error, GatewayUnavailable) from None
        except (smtplib.SMTPException, OSError) as error:
            self.finish()
            raise CarrierAway(f"the mail server broke off: {_words(error)}") from None
        except GatewayRefused:
            self._reset(smtp)
            raise
        except CarrierAway:
            self.finish()
            raise
        except GatewayUnavailable:
            self._reset(smtp)
            raise
        return str(message["Message-ID"])

    def finish(self) -> None:
        """Hang up."""
        smtp: Conversation | None = getattr(self._mine, "smtp", None)
        self._mine.smtp = None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError, ValueError), _within(smtp, self._silence):
                smtp.quit()
            smtp.close()

    def _conversation(self) -> Conversation:
        smtp: Conversation | None = getattr(self._mine, "smtp", None)
        if smtp is None:
            smtp = self._mine.smtp = self._connect()
        return smtp

    def _connect(self) -> Conversation:
        server = self._server
        smtp = Conversation(server, local_hostname=self._sender.domain, timeout=self._silence)
        try:
            with _within(smtp, self._whole):
                smtp.begin()
        except ssl.SSLCertVerificationError as error:
            smtp.close()
            raise CarrierAway(f"the mail server's certificate is not to be trusted: {error.verify_message}") from None
        except smtplib.SMTPAuthenticationError as error:
            smtp.close()
            raise CarrierAway(f"the mail server does not let us in ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            smtp.close()
            raise CarrierAway(f"the mail server is away: {_words(error)}") from None
        return smtp

    def _options(self, smtp: Conversation, to: Address) -> list[str]:
        if to.addr_spec.isascii() and self._sender.addr_spec.isascii():
            return []
        if not smtp.has_extn("smtputf8"):
            raise GatewayRefused("the mail server takes no address in other letters than ASCII (SMTPUTF8)")
        return ["SMTPUTF8", "BODY=8BITMIME"]

    def _reset(self, smtp: Conversation) -> None:
        """Forget a letter that was not taken; hang up if even that does not work."""
        try:
            with _within(smtp, self._silence):
                smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.finish()


@contextmanager
def _within(smtp: Conversation, seconds: float) -> Iterator[None]:
    """Cut the line when it takes longer in all: a server that answers byte by byte is never silent."""
    timer = threading.Timer(seconds, smtp.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _expect(answer: tuple[int, bytes], otherwise: type[GatewayUnavailable]) -> None:
    code, text = answer
    if code >= 400:  # noqa: PLR2004 - SMTP's refusals, for now or for good
        raise _failure(code, text, otherwise)


def _failure(code: int, text: bytes | str, otherwise: type[GatewayUnavailable]) -> GatewayRefused | GatewayUnavailable:
    """What a refusal means: for good for this letter, for now, or nothing about the letter at all."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    sentence = f"{code} {' '.join(words.split())[:200]}"
    if code in _TAKES_NOTHING:
        return CarrierAway(sentence)
    if code >= _PERMANENT and otherwise is GatewayUnavailable and not words.startswith(_NOT_THE_LETTER):
        return GatewayRefused(sentence, provider_code=str(code))
    return otherwise(sentence)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    return " ".join(str(error).split())[:200] or type(error).__name__
