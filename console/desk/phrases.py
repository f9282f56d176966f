"""Entries of the audit chain as sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.messaging import AuditEntry


@dataclass(frozen=True, slots=True)
class Phrase:
    """How an entry reads."""

    text: str
    icon: str = "i-timer"
    tint: str = ""


_STATE, _CALL, _HOLD, _BOOK = "i-timer", "i-call", "i-hold", "i-receipt"
#: `{name}` stands for what the entry says; what it does not say is left blank.
_PHRASES: Final[Mapping[str, Phrase]] = {
    "payment_required": Phrase("The auction asked for {amount} {currency}", "i-message", "good"),
    "checkout_created": Phrase("Stripe opened attempt {attempt}", _CALL),
    "checkout_closed": Phrase("Stripe closed attempt {attempt}", _CALL),
    "checkout_refused": Phrase("Stripe will not open attempt {attempt}: {error}", _CALL, "bad"),
    "checkout_vanished": Phrase("Attempt {attempt} never existed at Stripe", _CALL, "warn"),
    "checkout_held": Phrase("Opening was stopped after {attempts} failures: {error}", _HOLD, "bad"),
    "checkout_completed": Phrase("Paid: {amount}", "i-completed", "good"),
    "payment_processing": Phrase("Stripe is checking with the buyer’s bank, attempt {attempt}", "i-processing"),
    "payment_declined": Phrase("Declined: {code}, attempt {attempt}", "i-failed", "warn"),
    "payment_held": Phrase("Money is held ({reason}): {received} came, {asked} was asked", _HOLD, "bad"),
    "payment_late": Phrase("{amount} came after the end", "i-alert", "warn"),
    "payment_duplicate": Phrase("Paid twice: {amount} more came", "i-alert", "warn"),
    "payment_expired": Phrase("The window closed unpaid; the auction is told to reopen the lot", "i-expired"),
    "payment_canceled": Phrase("Canceled; the auction is told to reopen the lot", "i-canceled"),
    "authentication_requested": Phrase("The buyer’s bank asks for a confirmation", "i-lock"),
    "authentication_result": Phrase("The buyer’s bank answered the confirmation", "i-lock"),
    "authentication_failed": Phrase("The confirmation with the buyer’s bank failed or was left", "i-lock", "warn"),
    "window_extended": Phrase("extended the window by {minutes} minutes"),
    "extension_refused": Phrase("asked for {minutes} minutes more and was refused: {why}", _STATE, "warn"),
    "termination_refused": Phrase("asked to end it and was refused: the payment is {why}", _STATE, "warn"),
    "retry_requested": Phrase("asked for a retry at once"),
    "retry_refused": Phrase("asked for a retry and was refused: {reason}", _STATE, "warn"),
    "retry_initiated": Phrase("Retry {retry} begins: attempt {attempt} opens", _STATE),
    "hold_released": Phrase("released the hold"),
    "hold_release_refused": Phrase("asked to release the hold and was refused: {why}", _HOLD, "warn"),
    "risk_hold": Phrase("Held: risk {score} of 100", _HOLD, "bad"),
    "risk_alert": Phrase("Risk {score} of 100: {kind}", "i-shield", "warn"),
    "refund_requested": Phrase("asked for a refund", "i-refund"),
    "refund_approved": Phrase("agreed to the refund", "i-refund"),
    "refund_declined": Phrase("declined the refund", "i-refund"),
    "refund_voided": Phrase("The refund was called off: nobody agreed in time", "i-refund"),
    "refund_request_refused": Phrase("asked for a refund and was refused: {why}", "i-refund", "warn"),
    "refund_approval_refused": Phrase("agreed to a refund and was refused: {why}", "i-refund", "warn"),
    "refund_refused": Phrase("Stripe refused the refund", "i-refund", "bad"),
    "refund_pending": Phrase("The refund is on its way", "i-refund"),
    "refund_succeeded": Phrase("The refund arrived", "i-refund", "good"),
    "refund_settled": Phrase("said that it was paid back another way", "i-refund"),
    "refund_settlement_refused": Phrase(
        "said that it was paid back another way, and was refused: {why}", "i-refund", "warn"
    ),
    "paid_back_twice": Phrase("It went back twice: another way, and by Stripe", "i-refund", "bad"),
    "refund_failed": Phrase("The refund did not arrive", "i-refund", "bad"),
    "receipt_issued": Phrase("Receipt {number} is out", _BOOK, "good"),
    "receipt_stuck": Phrase("A receipt cannot be printed: {error}", _BOOK, "bad"),
    "receipt_reissued": Phrase("had receipt {number} printed again", _BOOK),
    "receipt_reissue_refused": Phrase("asked to print receipt {number} again and was refused: {why}", _BOOK, "warn"),
    "fee_recorded": Phrase("Stripe told its fee", "i-scale"),
    "fee_not_found": Phrase("Stripe has not told its fee", "i-scale", "warn"),
    "dispute_opened": Phrase("The buyer’s bank disputes the payment", "i-dispute", "bad"),
    "dispute_changed": Phrase("The dispute is {status}", "i-dispute", "warn"),
    "notice_resent": Phrase("sent a notice again", "i-mail"),
    "event_resent": Phrase("sent an event again", "i-delivery"),
    "event_dropped": Phrase("dropped an event", "i-delivery"),
    "reconciled": Phrase("Compared with Stripe, and caught up", "i-scale"),
}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def of_entry(entry: AuditEntry) -> Phrase:
    """How one entry reads. One that we have no words for is read by its name."""
    known = _PHRASES.get(entry.action)
    if known is None:
        text = entry.action.replace("_", " ")
        return Phrase(text[:1].upper() + text[1:])
    return Phrase(
        known.text.format_map(_Blank({name: short(value) for name, value in entry.data.items()})).strip(" :"),
        known.icon,
        known.tint,
    )


def short(value: Any) -> Any:
    """A number without decimals that say nothing."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
