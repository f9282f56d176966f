"""An operator ends a hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain.completion import accept
from domain.errors import ActRefused
from domain.holds import AMOUNT_DIFFERS, MONEY_IS_HELD, choices, differs, held_money, is_reviewed, lift
from domain.ids import NewId
from domain.lifecycle import FINAL, PROCESSING
from domain.money import Money
from domain.payment import Payment
from domain.remaining import given_up, is_disputed
from domain.transaction import Transaction

_WENT_BACK: Final = "money of this payment has gone back, or is on its way"


def release(payment: Payment, now: datetime, fee_basis_points: int, new_id: NewId, *, actor: str, reason: str) -> None:
    """End a payment's hold: what was not opened is opened, and money that was held for its risk is kept.

    Raises:
        ActRefused: nothing has changed; `code` is why.
    """
    session = payment.session
    if not reason.strip():
        raise ActRefused("reason_missing", "say why it is released")
    if session.status in FINAL:
        raise ActRefused("payment_is_over", f"the payment is {session.status}")
    if session.reason == AMOUNT_DIFFERS and not _is_asked_alone(payment):
        # Releasing would not say which amount the lot is sold for.
        raise ActRefused(AMOUNT_DIFFERS, "another amount has come than was asked: accept that money, or send it back")
    if session.held_at is None:
        raise ActRefused("not_on_hold", "the payment is not on hold")
    money = _asked_money(payment) if session.reason in MONEY_IS_HELD else None
    if money is not None:
        _check(payment, money)
    payment.note("hold_released", now, actor, hold=session.hold_reason, reason=reason)
    if money is not None:
        accept(payment, money, now, fee_basis_points, new_id, actor=actor)
    else:
        lift(payment, now)


def accept_other_amount(
    payment: Payment, now: datetime, fee_basis_points: int, new_id: NewId, *, actor: str, reason: str
) -> None:
    """Sell the lot for the amount that came, although another was asked.

    Raises:
        ActRefused: nothing has changed; `code` is why.
    """
    if not reason.strip():
        raise ActRefused("reason_missing", "say why it is accepted")
    money = _other_money(payment)
    came = Money(money.currency, money.amount_minor)
    payment.note("other_amount_accepted", now, actor, reason=reason, came=str(came), asked=str(payment.session.amount))
    accept(payment, money, now, fee_basis_points, new_id, actor=actor)


def acceptable(payment: Payment) -> Money:
    """What has come and could be accepted, although another amount was asked.

    Raises:
        ActRefused: there is none; `code` is why.
    """
    money = _other_money(payment)
    return Money(money.currency, money.amount_minor)


def _other_money(payment: Payment) -> Transaction:
    held = held_money(payment) if payment.session.status is PROCESSING else []
    if not any(differs(payment, one) for one in held):
        raise ActRefused("nothing_held", "no money of another amount is held for this payment")
    money = _only(choices(payment))
    if not differs(payment, money):
        raise ActRefused("money_went_back", _WENT_BACK)
    if is_reviewed(payment, money.stripe_payment_intent_id):
        raise ActRefused("under_review", "Stripe holds this money for review: review it there first")
    _check(payment, money)
    return money


def _is_asked_alone(payment: Payment) -> bool:
    """Whether all that the lot could be sold for is one amount that was asked, whatever else is held beside it."""
    chosen = choices(payment)
    return len(chosen) == 1 and not differs(payment, chosen[0])


def _asked_money(payment: Payment) -> Transaction | None:
    """Held money of the amount that was asked, if there is any."""
    if all(differs(payment, one) for one in held_money(payment)):
        return None
    return _only([one for one in choices(payment) if not differs(payment, one)])


def _only(chosen: Sequence[Transaction]) -> Transaction:
    """The one that there is; refuses to choose among several, or to sell for what was sent back, or was to be."""
    if not chosen:
        raise ActRefused("money_went_back", _WENT_BACK)
    if len(chosen) > 1:
        named = ", ".join(f"{Money(one.currency, one.amount_minor)} ({one.stripe_payment_intent_id})" for one in chosen)
        raise ActRefused("more_is_held", f"more than one is held: {named}; send back what is not to pay for the lot")
    return chosen[0]


def _check(payment: Payment, money: Transaction) -> None:
    """Refuse to sell a lot for money of which a part has gone back, or which the buyer's bank has, or may take."""
    if given_up(payment, money):
        raise ActRefused("money_went_back", _WENT_BACK)
    # What is lost for good is decided: the house may sell for it, and bears the loss.
    if is_disputed(payment, money):
        raise ActRefused("disputed", "the buyer's bank has taken this money, or may: wait for what it decides")
