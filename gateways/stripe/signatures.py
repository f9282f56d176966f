"""The signature under a webhook: did Stripe send these bytes, and just now?"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from stripe import SignatureVerificationError, WebhookSignature

from domain.clock import Clock

#: Stripe's own recommendation for how far the two clocks may be apart. Its library looks at the past only; a header
#: dated ahead would stay good for replays until its time has come, so we look both ways.
TOLERANCE_SECONDS: Final = 300
#: Enough for any date up to the year 5138; int() takes far more, and time for it.
_TIMESTAMP_DIGITS: Final = 11


class SignatureProblem(StrEnum):
    """Why a webhook is not taken for Stripe's."""

    #: No Stripe-Signature header, or an empty one.
    MISSING = "missing"
    #: Not exactly one `t` in whole seconds, or no `v1`.
    MALFORMED = "malformed"
    #: None of our secrets signed these bytes.
    WRONG = "wrong"
    #: Signed by Stripe, more than the tolerance ago: a replay, or our clock is ahead.
    TOO_OLD = "too_old"
    #: Signed for a time to come: our clock is behind.
    IN_THE_FUTURE = "in_the_future"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Verifies webhooks under every active secret: while one is being rolled, Stripe may sign with either.

    Raises:
        ValueError: there is no secret, or an empty one.
    """

    secrets: tuple[str, ...] = field(repr=False)
    now: Clock
    tolerance_seconds: int = TOLERANCE_SECONDS

    def __post_init__(self) -> None:
        if not self.secrets or not all(secret.strip() for secret in self.secrets):
            raise ValueError("webhooks need at least one signing secret, and no empty one")

    def problem_with(self, body: bytes, header: str | None) -> SignatureProblem | None:
        """What is wrong with this `Stripe-Signature` over these raw bytes; None if nothing is.

        The time is looked at last, so that "too old" is only ever said of what Stripe did sign.
        """
        if not header:
            return SignatureProblem.MISSING
        signed_at = _signed_at(header)
        if signed_at is None:
            return SignatureProblem.MALFORMED
        if not self._is_signed(body, header):
            return SignatureProblem.WRONG
        age = self.now().timestamp() - signed_at
        if age > self.tolerance_seconds:
            return SignatureProblem.TOO_OLD
        return SignatureProblem.IN_THE_FUTURE if age < -self.tolerance_seconds else None

    def _is_signed(self, body: bytes, header: str) -> bool:
        try:
            payload = body.decode()
        except UnicodeDecodeError:
            return False  # Stripe sends JSON, and JSON is UTF-8
        return any(_verifies(payload, header, secret) for secret in self.secrets)


def _verifies(payload: str, header: str, secret: str) -> bool:
    try:
        # Without a tolerance: the library would take the time from the machine's clock.
        WebhookSignature.verify_header(payload, header, secret, tolerance=None)
    except SignatureVerificationError:  # it holds header and body, so it goes no further than this
        return False
    return True


def _signed_at(header: str) -> int | None:
    """The header's one timestamp; None if the header is not of Stripe's form.

    Stripe's library takes the first of several timestamps. Whatever reads another one would be fooled, so none is
    believed.
    """
    if not header.isascii():  # the library compares signatures as ASCII
        return None
    items = [item.partition("=") for item in header.split(",")]
    timestamps = [value for scheme, _, value in items if scheme.strip() == "t"]
    signed = any(scheme == "v1" and value for scheme, _, value in items)
    if len(timestamps) != 1 or not signed:
        return None
    timestamp = timestamps[0]
    return int(timestamp) if timestamp.isdecimal() and len(timestamp) <= _TIMESTAMP_DIGITS else None
