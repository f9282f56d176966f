"""Find payments by what an operator has in hand: an id of ours or of Stripe's, an e-mail address, a name, a state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from domain.clock import Clock
from domain.payment import Payment
from models.unit_of_work import Begin

PAGE: Final = 25
_MOST: Final = 200
#: Of which a longer text is none of ours.
_LONGEST: Final = 255
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
#: On hold, or a refund that a second person must agree to: those come due when they are forgotten.
_WAITING: Final = """
    SELECT id FROM payment_sessions WHERE held_at IS NOT NULL
    UNION SELECT session_id FROM refunds
     WHERE due_at IS NOT NULL AND status = 'requested' AND approval_until IS NOT NULL AND approved_by IS NULL
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which payments somebody wants to see; None: any."""

    #: Any id, an e-mail address, or the name of an auction, a buyer or a maker.
    q: str | None = None
    status: str | None = None
    policy: str | None = None
    currency: str | None = None
    auction: str | None = None
    buyer: str | None = None
    maker: str | None = None
    #: Only those that wait for a person.
    needs_operator: bool = False
    #: Only those whose window ends within this time.
    left_under: timedelta | None = None
    #: The ids of the last row of the page before, or of the first row of the page after.
    after: UUID | None = None
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of payments, newest first."""

    payments: Sequence[Payment]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True, slots=True)
class FindPayments:
    """Reads for the console's list."""

    begin: Begin
    now: Clock

    def __call__(self, wish: Wish, limit: int = PAGE) -> Found:
        """One page. Every condition but a state alone walks along an index; a state alone along the ids."""
        limit = min(limit, _MOST)
        with self.begin() as uow:
            conditions, params = self._conditions(wish, uow.cipher.index)
            backwards = wish.before is not None and wish.after is None
            order = "ASC" if backwards else "DESC"
            where = " AND ".join(conditions) or "true"
            page = f"{where} ORDER BY r.id {order} LIMIT %(limit)s"
            sessions = uow.payments.find(page, limit=limit + 1, **params)
            more, ids = len(sessions) > limit, [one.id for one in sessions[:limit]]
            payments = sorted(uow.payments.read(ids), key=lambda payment: payment.session.id, reverse=True)
        return Found(
            payments,
            has_newer=more if backwards else wish.after is not None,
            has_older=True if backwards else more,
        )

    def _conditions(self, wish: Wish, index: Callable[[str], bytes]) -> tuple[list[str], dict[str, Any]]:
        plain = {
            "status": wish.status,
            "policy": wish.policy,
            "currency": wish.currency,
            "auction_id": wish.auction,
            "buyer_id": wish.buyer,
            "maker_id": wish.maker,
        }
        params: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
        conditions = [f"r.{name} = %({name})s" for name in params]
        if wish.q:
            conditions.append(self._search(wish.q.strip()[:_LONGEST], params, index))
        if wish.needs_operator:
            conditions.append(f"r.id IN ({_WAITING})")
        if wish.left_under is not None:
            conditions.append("r.status IN ('pending', 'failed') AND r.window_expires_at <= %(ends)s")
            params["ends"] = self.now() + wish.left_under
        if wish.after is not None:
            conditions.append("r.id < %(after)s")
            params["after"] = wish.after
        elif wish.before is not None:
            conditions.append("r.id > %(before)s")
            params["before"] = wish.before
        return conditions, params

    def _search(self, text: str, params: dict[str, Any], index: Callable[[str], bytes]) -> str:
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
            return f"r.id IN ({_BY_NAME})"
        return f"r.id IN ({_BY_ID})"
