"""Refunds that a person asks for: how much can go back, and when a second person must agree."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from domain import connect, ledger, refunds
from domain.errors import ActRefused, InvalidMoney
from domain.money import THREE_DECIMAL, Money
from domain.payment import Payment
from domain.refunds import NOBODY, add_refund
from domain.remaining import Owed, given_up, is_disputed, left_of, lost_of, owed, unreturned
from domain.transaction import Disposition, Refund, RefundStatus, Transaction

#: How long a refund waits for the second person: a whole weekend and a Monday.
CONSENT: Final = timedelta(hours=72)
#: The threshold is in US dollars. Elsewhere the same number of units counts, a quarter of it for the dinars, which are
#: the only ones worth much more than a dollar: this errs towards asking two people.
_DEAR: Final = 4
#: Kinds of characters that are not seen: controls, formats, spaces.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What a refund will do."""

    transaction: Transaction
    amount: Money
    #: What stays after it, once everything that is under way has gone back.
    left: Money
    #: Who bears it. Unwanted money is nobody's but the buyer's.
    from_maker: Money
    from_platform: Money
    #: Stripe takes the maker's part back from their own account.
    reverses_transfer: bool
    #: It waits until a second person has agreed.
    needs_second: bool
    #: Nothing is left of the sale: the order is canceled, and the auction is free again.
    takes_sale_back: bool


def plan_refund(
    payment: Payment, amount: str | None, payment_intent: str | None, two_people_above: Decimal
) -> RefundPlan:
    """Plan what a person asks for.

    Args:
        payment: whose money it is.
        amount: a decimal string in major units, or None for all that is left.
        payment_intent: which money, where the payment has more than one.
        two_people_above: from more than this on, in US dollars, two people decide.

    Raises:
        ActRefused: it cannot be done; the code and the sentence say why.
    """
    transaction = _transaction(payment, payment_intent)
    left = left_of(payment, transaction)
    if is_disputed(payment, transaction) or (left.minor < 1 and lost_of(payment, transaction)):
        raise ActRefused("disputed", "the buyer's bank has taken this money, or may; answer the dispute instead")
    asked = left if amount is None else _read(amount, left.currency)
    if left.minor < 1:
        raise ActRefused("nothing_left", "all of this money is back with its buyer, or is on its way")
    if not 1 <= asked.minor <= left.minor:
        raise ActRefused("amount_out_of_range", f"between {Money(left.currency, 1)} and {left} can go back")
    in_vain = connect.taken_back_in_vain(payment.refunds, transaction)
    if 0 < in_vain < asked.minor:
        most = Money(left.currency, in_vain)
        raise ActRefused("in_two_parts", f"the maker has given {most} back for a refund that failed; refund that first")
    kept = transaction.disposition is Disposition.KEPT
    gone = given_up(payment, transaction) - transaction.settled_minor
    before, after = ledger.shares(transaction, gone), ledger.shares(transaction, gone + asked.minor)
    nothing = Money(asked.currency, 0)
    return RefundPlan(
        transaction=transaction,
        amount=asked,
        left=Money(left.currency, left.minor - asked.minor),
        from_maker=Money(asked.currency, after[0].minor - before[0].minor) if kept else nothing,
        from_platform=Money(asked.currency, after[1].minor - before[1].minor) if kept else nothing,
        reverses_transfer=transaction.transferred_minor > 0 and not in_vain,
        needs_second=_needs_second(payment, transaction, asked, two_people_above),
        takes_sale_back=kept and gone + asked.minor == transaction.amount_minor and not payment.session.fully_refunded,
    )


def request(
    payment: Payment, plan: RefundPlan, reason: str, actor: str, *, now: datetime, new_id: Callable[[], UUID]
) -> Refund:
    """Ask for it: a worker sends it at once, or after a second person has agreed."""
    refund = add_refund(payment, plan.transaction, plan.amount, reason, now=now, new_id=new_id)
    refund.requested_by = actor
    if plan.needs_second:
        # It comes due when it is forgotten, and is called off then.
        refund.approval_until = refund.due_at = now + CONSENT
    payment.note(
        "refund_requested",
        now,
        actor,
        refund=str(refund.id),
        reason=reason,
        amount_minor=refund.amount_minor,
        payment_intent=plan.transaction.stripe_payment_intent_id,
        approval_until=refund.approval_until.isoformat() if refund.approval_until else None,
    )
    return refund


def approve(payment: Payment, refund_id: UUID, reason: str, actor: str, now: datetime) -> Refund:
    """A second person agrees: it is sent now.

    Raises:
        ActRefused: nobody waits for that, they asked themselves or may have, it is too late, or the money is disputed
            or back with its buyer by now.
    """
    refund = _awaiting(payment, refund_id)
    if _spelled(actor) == _spelled(refund.requested_by):
        raise ActRefused("same_person", "whoever asked for a refund cannot agree to it")
    if _named_by(actor) != _named_by(refund.requested_by):
        raise ActRefused(
            "cannot_tell_apart",
            "names of people who sign in and of this machine's accounts cannot be compared, and may be one person's;"
            " agree where it was asked for",
        )
    if refund.approval_until is not None and now >= refund.approval_until:
        raise ActRefused("approval_expired", f"it waited until {refund.approval_until:%Y-%m-%d %H:%M} UTC; ask again")
    money = payment.transaction(refund.transaction_id)
    still = unreturned(payment, money)
    if is_disputed(payment, money) or still < refund.amount_minor <= still + lost_of(payment, money):
        raise ActRefused("disputed", "the buyer's bank has taken this money, or may; answer the dispute instead")
    if refund.amount_minor > still:
        rest = Money(money.currency, still)
        raise ActRefused("amount_out_of_range", f"only {rest} of this money is not back with its buyer; decline it")
    refund.approved_by, refund.due_at, refund.updated_at = actor, now, now
    payment.note("refund_approved", now, actor, refund=str(refund.id), reason=reason, amount_minor=refund.amount_minor)
    return refund


def decline(payment: Payment, refund_id: UUID, reason: str, actor: str, now: datetime) -> Refund:
    """A second person says no, or the first one takes it back.

    Raises:
        ActRefused: nobody waits for that.
    """
    refund = _awaiting(payment, refund_id)
    _call_off(refund, "declined", now)
    payment.note("refund_declined", now, actor, refund=str(refund.id), reason=reason, amount_minor=refund.amount_minor)
    return refund


def settle(
    payment: Payment, payment_intent: str | None, reason: str, actor: str, now: datetime, *, amount: str | None = None
) -> Money:
    """What is owed of one payment's money has reached its buyer another way: it is theirs for good.

    Args:
        payment: whose money it is.
        payment_intent: which money, where more than one is owed.
        reason: how, for the record.
        actor: who says so.
        now: the time.
        amount: how much they say that it is, a decimal string in major units; None: whatever it is.

    Returns:
        How much that is.

    Raises:
        ActRefused: nothing is owed, or another amount, or it must be said of which money; `code` is which.
    """
    one = to_settle(payment, payment_intent, amount)
    refunds.settle(payment, one, now)
    payment.note(
        "refund_settled",
        now,
        actor,
        refunds=len(one.refunds),
        amount_minor=one.amount.minor,
        payment_intent=one.transaction.stripe_payment_intent_id,
        reason=reason,
    )
    return one.amount


def to_settle(payment: Payment, payment_intent: str | None, amount: str | None = None) -> Owed:
    """What settling would be about.

    Raises:
        ActRefused: as `settle`.
    """
    found = owed(payment)
    if payment_intent is not None:
        money = _transaction(payment, payment_intent)
        found = [one for one in found if one.transaction is money]
    if not found:
        raise ActRefused("nothing_owed", "nothing is owed back of this money, or it is on its way")
    if len(found) > 1:
        named = ", ".join(f"{one.amount} ({one.transaction.stripe_payment_intent_id})" for one in found)
        raise ActRefused("which_money", f"more than one is owed: {named}; name the one that was paid back another way")
    one = found[0]
    if amount is not None and _read(amount, one.amount.currency) != one.amount:
        raise ActRefused("not_what_is_owed", f"{one.amount} is owed of this money; nothing has changed")
    return one


def void(payment: Payment, refund: Refund, now: datetime) -> None:
    """Call off a refund that nobody has agreed to in time. One that somebody has just agreed to is sent."""
    if refund.status is RefundStatus.REQUESTED and refund.approved_by is not None:
        refund.due_at = now
    if not refund.awaits_approval or refund.approval_until is None:
        return
    if now < refund.approval_until:
        refund.due_at = refund.approval_until
        return
    _call_off(refund, "approval_expired", now)
    payment.note("refund_voided", now, refund=str(refund.id), amount_minor=refund.amount_minor)


def person_of(actor: str) -> str:
    """Who an actor is, in whichever role."""
    return (actor.partition(":")[2] or actor).casefold()


def _spelled(actor: str) -> str:
    """A person's name without what nobody sees, so that one name is not two."""
    plain = unicodedata.normalize("NFKC", person_of(actor)).casefold()
    return "".join(one for one in plain if unicodedata.category(one) not in _UNSEEN)


def _named_by(actor: str) -> bool:
    """Whether a machine's accounts name them, or else the issuer of tokens."""
    return actor.startswith("cli")


def _transaction(payment: Payment, payment_intent: str | None) -> Transaction:
    if payment_intent is not None:
        for one in payment.transactions:
            if one.stripe_payment_intent_id == payment_intent:
                return one
        raise ActRefused("no_such_money", f"{payment_intent} brought no money for this payment")
    if not payment.transactions:
        raise ActRefused("no_such_money", "no money has come for this payment")
    open_ones = [one for one in payment.transactions if left_of(payment, one).minor > 0]
    if len(open_ones) > 1:
        named = ", ".join(f"{one.stripe_payment_intent_id} ({one.disposition})" for one in open_ones)
        raise ActRefused("which_money", f"this payment has more than one: name {named}")
    return open_ones[0] if open_ones else payment.transactions[0]


def _read(amount: str, currency: str) -> Money:
    try:
        return Money.read(amount, currency).whole()
    except InvalidMoney as problem:
        raise ActRefused("invalid_amount", str(problem)) from problem


def _needs_second(payment: Payment, transaction: Transaction, asked: Money, above: Decimal) -> bool:
    """Whether one person alone would send back too much, in one piece or in several."""
    alone = sum(
        one.amount_minor
        for one in payment.refunds
        if one.transaction_id == transaction.id
        and one.requested_by not in NOBODY
        and one.approved_by is None
        and one.status not in (RefundStatus.FAILED, RefundStatus.CANCELED)
    )
    worth = Money(asked.currency, asked.minor + alone).major * (_DEAR if asked.currency in THREE_DECIMAL else 1)
    return worth > above


def _awaiting(payment: Payment, refund_id: UUID) -> Refund:
    refund = next((one for one in payment.refunds if one.id == refund_id), None)
    if refund is None:
        raise ActRefused("no_such_refund", "this payment has no such refund")
    if not refund.awaits_approval:
        raise ActRefused("not_waiting", f"this refund is {refund.status} and waits for nobody's consent")
    return refund


def _call_off(refund: Refund, why: str, now: datetime) -> None:
    refund.status, refund.failure_reason = RefundStatus.CANCELED, why
    refund.due_at, refund.updated_at = None, now
