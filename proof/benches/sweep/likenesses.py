"""Payments that have come as far as another one, written a thousand at a time: the use cases take minutes for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from domain.ids import AttemptId, SessionId
from domain.messaging import OutgoingEvent
from domain.payment import Note, Payment
from models.mapping import RecordTable
from models.records import AUDIT, OUTBOX
from models.sealing import FieldCipher
from proof.benches.pipeline.street import message
from runtime.app import App

#: What each event says by itself.
_OWN: Final = {"auctionId", "sessionId", "sequence", "version"}
R = TypeVar("R")


def add_likenesses(app: App, of: SessionId, numbers: Sequence[int]) -> None:
    """Add payments that have come as far as this one, each with rows of its own in every table."""
    with app.store.begin() as uow:
        (pattern,) = uow.payments.read([of])
        audited = uow.connection.execute(f"SELECT {AUDIT.selection} FROM audit_entries r WHERE session_id = %s", (of,))  # noqa: S608
        notes = [Note(one.action, one.at, one.actor, one.data) for one in _records(AUDIT, audited, uow.cipher)]
        written = uow.connection.execute(f"SELECT {OUTBOX.selection} FROM outbox r WHERE session_id = %s", (of,))  # noqa: S608
        told = _records(OUTBOX, written, uow.cipher)
        uow.payments.insert_new([_likeness(app, pattern, notes, told, message(number)) for number in numbers])


def _records(table: RecordTable[R], rows: Iterable[Sequence[Any]], cipher: FieldCipher) -> list[R]:
    return [table.load(row, cipher) for row in rows]


def _likeness(
    app: App, pattern: Payment, notes: list[Note], told: list[OutgoingEvent], said: Mapping[str, str]
) -> Payment:
    session = replace(
        pattern.session,
        id=SessionId(app.new_id()),
        auction_id=said["auction_id"],
        buyer_id=said["buyer_id"],
        intake_key=f"likeness:{said['auction_id']}",
        buyer_email=said["buyer_email"],
        audit_seq=0,
        audit_hash=None,
    )
    attempts = [
        replace(
            one,
            id=AttemptId(app.new_id()),
            session_id=session.id,
            idempotency_key=f"likeness:{said['auction_id']}",
            stripe_checkout_id=f"cs_test_{session.id.hex}",
        )
        for one in pattern.attempts
    ]
    payment = Payment(session, attempts, notes=list(notes))
    for one in sorted(told, key=lambda event: event.order_no):
        payment.announce(one.type, one.occurred_at, **{name: one.body[name] for name in one.body.keys() - _OWN})
    return payment
