"""Weigh what is known of new payments' risk, before anything is opened for them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from domain import holds
from domain.payment import Payment
from domain.risk import WEIGHTS, RiskSignal, Seen, Velocity, suspicions
from models.unit_of_work import UnitOfWork
from models.velocity import Who, velocities


def weigh_requests(uow: UnitOfWork, payments: Sequence[Payment], now: datetime) -> None:
    """Score new payments, alert, and hold: with one query for all of them, each counting those before it as well."""
    asked = [Who(one.session.buyer_id, one.session.buyer_email, one.session.device_id) for one in payments]
    known = velocities(uow.connection, uow.cipher, asked, now)
    before: dict[tuple[str, str], Seen] = defaultdict(Seen)
    for payment, who, past in zip(payments, asked, known, strict=True):
        session, this = payment.session, Seen(1, 0, frozenset({who.buyer_id}))
        for name, value in (("buyer", who.buyer_id), ("email", who.email), ("device", who.device_id)):
            if value is not None:
                before[name, value] += this
        velocity = Velocity(
            past.buyer + before["buyer", who.buyer_id],
            past.email + before["email", who.email] if who.email is not None else Seen(),
            past.device + before["device", who.device_id] if who.device_id is not None else Seen(),
        )
        country = session.risk.get("country")
        found = suspicions(velocity, country=country, currency=session.currency, locale=session.locale)
        holds.weigh(
            payment,
            [RiskSignal(session.id, kind, "intake", WEIGHTS[kind].points, now, detail) for kind, detail in found],
            now,
        )
