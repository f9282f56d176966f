"""Payments that somebody looks for, as conditions on `payment_sessions r`; nearly all walk along an index."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final
from uuid import UUID

from domain.ids import uuid7
from domain.money import CURRENCIES, THREE_DECIMAL, ZERO_DECIMAL, exponent_of
from models.needs import ASKED_IN_VAIN, HELD, UNAPPROVED
from models.remaining import OWED

#: Of which a longer text is none of ours.
_LONGEST: Final = 255
#: The newest of one amount that are found.
_SAME_AMOUNT: Final = 1_000
#: What a payment's id and its time of creation may differ by.
_MADE_WITHIN: Final = timedelta(minutes=5)
#: As on a bank statement: 1,240.00 or 1240, perhaps with its currency.
_AMOUNT: Final = re.compile(
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d{1,12})(?P<rest>\.\d{1,3})?(?: ?(?P<currency>[A-Z]{3}))?", re.ASCII
)
#: The last eight digits of a payment's id: what its buyer reads out from a mail, the page or a receipt.
_REFERENCE: Final = re.compile(r"[0-9a-f]{8}", re.ASCII | re.IGNORECASE)
#: What begins so is Stripe's, and stands there.
_STRIPE: Final = {
    "cs_": "SELECT session_id FROM checkout_attempts WHERE stripe_checkout_id = %(q)s",
    "pi_": (
        "SELECT session_id FROM checkout_attempts WHERE stripe_payment_intent_id = %(q)s"
        " UNION SELECT session_id FROM transactions WHERE stripe_payment_intent_id = %(q)s"
    ),
    "ch_": "SELECT session_id FROM transactions WHERE stripe_charge_id = %(q)s",
    "py_": "SELECT session_id FROM transactions WHERE stripe_charge_id = %(q)s",
    "re_": "SELECT session_id FROM refunds WHERE stripe_refund_id = %(q)s",
    "evt_": "SELECT session_id FROM webhook_events WHERE stripe_event_id = %(q)s",
}
_BY_ID: Final = """
    SELECT %(id)s::uuid UNION SELECT session_id FROM checkout_attempts WHERE id = %(id)s
    UNION SELECT session_id FROM transactions WHERE id = %(id)s UNION SELECT session_id FROM refunds WHERE id = %(id)s
    UNION SELECT session_id FROM receipts WHERE id = %(id)s UNION SELECT session_id FROM outbox WHERE id = %(id)s
    UNION SELECT session_id FROM webhook_events WHERE id = %(id)s
"""
#: Unions, not alternatives: each part walks along an index of its own.
_BY_NAME: Final = """
    SELECT id FROM payment_sessions WHERE auction_id = %(q)s
    UNION SELECT id FROM payment_sessions WHERE buyer_id = %(q)s
    UNION SELECT session_id FROM receipts WHERE number = upper(%(q)s)
"""
#: Walks along all ids, and reads no row. It is asked for once in a telephone call; an index would cost each payment.
_BY_REFERENCE: Final = "SELECT id FROM payment_sessions WHERE substr(uuid_send(id), 13) = %(reference)s"
#: On hold, or money that should go back and does not: a second person must agree, or Stripe does not carry it out.
_WAITING: Final = f"""
    {HELD}
    UNION SELECT session_id FROM refunds r WHERE {UNAPPROVED}
    UNION SELECT session_id FROM refunds r WHERE {ASKED_IN_VAIN}
    UNION SELECT session_id FROM ({OWED}) o
"""  # noqa: S608
_UNWANTED: Final = "SELECT session_id FROM transactions WHERE disposition IN ('late', 'duplicate')"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which payments somebody wants to see; None: any."""

    #: Any id, a payment's reference, an e-mail address, an amount, or the name of an auction, a buyer or a maker.
    q: str | None = None
    status: str | None = None
    policy: str | None = None
    currency: str | None = None
    auction: str | None = None
    buyer: str | None = None
    maker: str | None = None
    #: Only those that wait for a person.
    needs_operator: bool = False
    #: Only those to which money came too late, or twice.
    unwanted_money: bool = False
    #: Only those that are open, and whose window ends after so long at the soonest, and sooner than that.
    left_from: timedelta | None = None
    left_under: timedelta | None = None
    #: What was asked, in major units of whatever currency: at least, and at most.
    least: Decimal | None = None
    most: Decimal | None = None
    #: When it began: from, and before.
    since: datetime | None = None
    until: datetime | None = None
    #: The ids of the last row of the page before, or of the first row of the page after.
    after: UUID | None = None
    before: UUID | None = None


def conditions(wish: Wish, now: datetime, index: Callable[[str], bytes]) -> tuple[str, dict[str, Any]]:
    """The condition, and what stands in it. `index` makes the keyed hash by which an e-mail address is found."""
    plain = {
        "status": wish.status,
        "policy": wish.policy,
        "currency": wish.currency,
        "auction_id": wish.auction,
        "buyer_id": wish.buyer,
        "maker_id": wish.maker,
    }
    params: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    found = [f"r.{name} = %({name})s" for name in params]
    if wish.q:
        found.append(_search(wish.q.strip()[:_LONGEST], params, index))
    if wish.needs_operator:
        found.append(f"r.id IN ({_WAITING})")
    if wish.unwanted_money:
        found.append(f"r.id IN ({_UNWANTED})")
    found += _spans(wish, now, params)
    for name, sign, bound in (("least", ">=", wish.least), ("most", "<=", wish.most)):
        if bound is not None:
            found.append(_amount(name, sign, bound, wish.currency, params))
    if wish.after is not None:
        found.append("r.id < %(after)s")
        params["after"] = wish.after
    elif wish.before is not None:
        found.append("r.id > %(before)s")
        params["before"] = wish.before
    return " AND ".join(found) or "true", params


def _spans(wish: Wish, now: datetime, params: dict[str, Any]) -> list[str]:
    found = []
    if wish.left_from is not None or wish.left_under is not None:
        found.append("r.status IN ('pending', 'failed')")
    if wish.left_from is not None:
        found.append("r.window_expires_at > %(ends_after)s")
        params["ends_after"] = now + wish.left_from
    if wish.left_under is not None:
        found.append("r.window_expires_at <= %(ends)s")
        params["ends"] = now + wish.left_under
    if wish.since is not None:
        # Ids begin with the time: so the walk along them ends where the span does.
        found.append("r.created_at >= %(since)s AND r.id >= %(oldest)s")
        params |= {"since": wish.since, "oldest": _lowest_id(wish.since - _MADE_WITHIN)}
    if wish.until is not None:
        found.append("r.created_at < %(until)s AND r.id < %(newest)s")
        params |= {"until": wish.until, "newest": _lowest_id(wish.until + _MADE_WITHIN)}
    return found


def _search(text: str, params: dict[str, Any], index: Callable[[str], bytes]) -> str:
    params["q"] = text
    for prefix, ids in _STRIPE.items():
        if text.startswith(prefix):
            return f"r.id IN ({ids})"
    if "@" in text:
        params["email"] = index(text)
        return "r.buyer_email_index = %(email)s"
    try:
        params["id"] = UUID(text)
    except ValueError:
        pass
    else:
        return f"r.id IN ({_BY_ID})"
    named = _BY_NAME
    if _REFERENCE.fullmatch(text):
        params["reference"] = bytes.fromhex(text)
        named = f"{_BY_NAME} UNION {_BY_REFERENCE}"
    amount = _AMOUNT.fullmatch(text)
    if amount is None:
        return f"r.id IN ({named})"
    major = Decimal(amount["digits"].replace(",", "") + (amount["rest"] or ""))
    same = _amount("asked", "=", major, amount["currency"], params)
    newest = f"(SELECT r.id FROM payment_sessions r WHERE {same} ORDER BY r.id DESC LIMIT {_SAME_AMOUNT})"  # noqa: S608
    return f"r.id IN ({named} UNION {newest})"


def _amount(name: str, sign: str, major: Decimal, currency: str | None, params: dict[str, Any]) -> str:
    """Amounts of currencies that have different numbers of decimal places, without adding or comparing any."""
    if currency is not None:
        params[name], params[f"{name}_in"] = _minor(sign, major, _places(currency)), currency
        return f"(r.amount_minor {sign} %({name})s AND r.currency = %({name}_in)s)"
    params |= {f"{name}_{places}": _minor(sign, major, places) for places in (0, 2, 3)}
    params |= {"whole": sorted(ZERO_DECIMAL), "thousandths": sorted(THREE_DECIMAL)}
    return (
        f"(r.amount_minor {sign} %({name}_2)s AND r.currency <> ALL(%(whole)s) AND r.currency <> ALL(%(thousandths)s)"
        f" OR r.amount_minor {sign} %({name}_0)s AND r.currency = ANY(%(whole)s)"
        f" OR r.amount_minor {sign} %({name}_3)s AND r.currency = ANY(%(thousandths)s))"
    )


def _minor(sign: str, major: Decimal, places: int) -> int:
    """The bound in minor units. An amount that is finer than those equals none."""
    minor = major.scaleb(places)
    if sign == "=":
        return int(minor) if minor == minor.to_integral_value() else -1
    return int(minor.to_integral_value(ROUND_CEILING if sign == ">=" else ROUND_FLOOR))


def _places(currency: str) -> int:
    return exponent_of(currency) if currency in CURRENCIES else 2


def _lowest_id(at: datetime) -> UUID:
    """Lower than every id made then or later."""
    return uuid7(at, lambda _bits: 0)
