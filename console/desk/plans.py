"""What each act on a payment will do, worked out before anything is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from console.desk.figures import clock, span
from domain import windows
from domain.errors import ActRefused, OfferRefused
from domain.lifecycle import CANCELED, Trigger, permits
from domain.payment import Payment
from domain.releasing import release
from domain.retries import attempts_left, why_not
from runtime.app import App

_LONGEST: Final = 60 * 24 * 365
_NO: Final = {
    "paid": "it is paid",
    "closed": "it is over",
    "payment_in_flight": "money is on its way",
    "window_over": "its time is over",
    "on_hold": "it is on hold",
    "not_declined": "nothing was declined; the buyer’s link works",
    "same_attempt_stays_open": "the buyer can try any card on the page as it is",
    "no_attempts_left": "all its retries are used",
    "buyer_confirms_with_bank": "the buyer is confirming with the bank",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that will happen."""

    icon: str
    text: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen; why it cannot; or what must be said first."""

    button: str
    effects: tuple[Effect, ...] = ()
    refused: str | None = None
    #: What the form still asks.
    question: str | None = None


#: The entry that every act leaves behind.
AUDIT: Final = Effect("i-book", "An entry in the audit trail, with your name and reason.")


def minutes_of(form: Mapping[str, str]) -> int:
    """The time that a form asks for; raises `OfferRefused` where it is none."""
    text = form.get("minutes") or "120"
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _LONGEST:
        raise OfferRefused("not_a_number", "the time must be a whole number of minutes")
    return int(text)


def plan_extend(app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    """Of more time."""
    session, now = payment.session, app.now()
    before, policy = session.window_expires_at, app.require_payments.policies[payment.session.policy]
    try:
        by = timedelta(minutes=minutes_of(form))
        windows.extend(session, policy, by, now)  # this payment is a copy
    except OfferRefused as refused:
        return Plan("Extend", refused=in_words(refused))
    used, most = session.extended_seconds // 60, int(policy.max_extension.total_seconds()) // 60
    if session.max_extension_minutes is not None:
        most = min(most, session.max_extension_minutes)
    return Plan(
        f"Extend by {_length(by)}",
        (
            Effect(
                "i-timer",
                f"The window ends {clock(session.window_expires_at, now)} UTC instead of {clock(before, now)}."
                f" {used:,} of {most:,} minutes will be used.",
            ),
            Effect("i-call", "No call to Stripe now. Where the checkout ends earlier, a fresh one follows it."),
            Effect("i-mail", "A letter to the buyer: there is more time."),
            AUDIT,
            Effect("i-alert", "The maker cannot sell the lot to anyone else in this time.", warns=True),
        ),
    )


def plan_terminate(_app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    """Of an end before its time."""
    session = payment.session
    if not permits(session.status, Trigger.TERMINATED) or session.status is CANCELED:
        return Plan(
            "End it", refused=f"The payment is {session.status}; only one that waits for the buyer can be ended."
        )
    return Plan(
        "End this payment",
        (
            Effect("i-canceled", f"{session.status.capitalize()} → Canceled. This cannot be taken back.", warns=True),
            Effect("i-call", "Stripe is asked to close what the buyer could still pay through."),
            Effect("i-delivery", "The auction is told to reopen the lot. Money that comes all the same is sent back."),
            Effect("i-mail", "Letters to the buyer, who owes nothing, and to the maker."),
            AUDIT,
        ),
    )


def plan_retry(app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    """Of the next attempt at once."""
    session, now = payment.session, app.now()
    policy = app.require_payments.policies[session.policy]
    refused = why_not(payment, policy, now)
    if refused is not None:
        return Plan("Retry", refused=f"A retry cannot be made: {_NO.get(refused, refused)}.")
    newest, left = payment.newest_attempt, attempts_left(session, policy)
    number = newest.attempt_no if newest else 0
    planned = (
        f"This takes the place of the retry planned for {clock(session.next_retry_at, now)} UTC, in"
        f" {span(session.next_retry_at - now)}."
        if session.next_retry_at
        else "No retry was planned."
    )
    after = "" if left is None else f" {left - 1} more can follow it." if left > 1 else " No retry is left after it."
    return Plan(
        f"Open attempt {number + 1} now",
        (
            Effect(
                "i-call",
                f"Stripe closes attempt {number} and opens attempt {number + 1}. If attempt {number} turns out to be"
                " paid, that is recorded and nothing else happens.",
            ),
            Effect("i-timer", planned + after),
            Effect("i-mail", "A letter to the buyer with the fresh link."),
            AUDIT,
        ),
    )


def plan_release(app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    """Of an end of its hold."""
    session, money = payment.session, payment.transactions
    fee = app.settings.money.platform_fee_basis_points
    try:
        release(payment, app.now(), fee, app.new_id, actor="plan", reason="plan")  # this payment is a copy
    except ActRefused as refused:
        return Plan("Release", refused=in_words(refused))
    effect = (
        Effect("i-completed", f"The money that is held is kept: {session.amount}. The lot is sold.")
        if money
        else Effect("i-call", "The checkout is opened at Stripe, and the buyer can pay.")
    )
    return Plan("Release the hold", (effect, Effect("i-mail", "The letters that follow from that."), AUDIT))


def in_words(error: Exception) -> str:
    """What an error says, as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _length(by: timedelta) -> str:
    minutes = int(by.total_seconds()) // 60
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
