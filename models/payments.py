"""Payments in the database: locked, loaded whole, and written back as far as they changed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg import Connection, Cursor

from domain import lookups, notifying
from domain.attempt import CheckoutAttempt
from domain.bells import ISSUE_RECEIPTS, OPEN_CHECKOUTS, SEND_NOTICES, SEND_REFUNDS
from domain.payment import Note, Payment
from domain.session import PaymentSession
from domain.transaction import Refund, Transaction
from domain.window_mirror import Window, window_of
from models import audit, methods, notices, outbox, reopening
from models.arrays import packed
from models.mapping import RecordTable
from models.parts import WHOLE, Extent, Overtaken
from models.records import ATTEMPTS, AUDIT, DISPUTES, RECEIPTS, REFUNDS, RISK_SIGNALS, SESSIONS, TRANSACTIONS
from models.sealing import FieldCipher

R = TypeVar("R")

#: Of the sessions in hand.
_THEIRS: Final = "r.session_id = ANY(%(ids)b::uuid[])"


@dataclass(slots=True)
class Payments:
    """The payments that one unit of work has in hand.

    Locks are taken in one order everywhere, so that nobody waits in a circle: sessions by id, their attempts,
    then auctions by id.
    """

    connection: Connection[Any]
    cipher: FieldCipher
    endpoints: outbox.Endpoints
    telling: notifying.Telling
    #: Rings for work that a write makes due.
    ring: Callable[[str, int], None]
    #: Everything noted about payments in this transaction, for those who watch.
    noted: list[tuple[PaymentSession, Note]] = field(default_factory=list)
    #: The windows that this transaction has begun, changed or ended, for the mirror.
    windows: list[Window] = field(default_factory=list)
    _held: dict[UUID, Payment] = field(default_factory=dict)
    _extent: Extent = WHOLE
    _seen: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    _seen_windows: dict[int, Window] = field(default_factory=dict)

    def lock(self, session_ids: Iterable[UUID], *, waits: bool = True) -> dict[UUID, Payment]:
        """Lock and load these payments, as far as they exist. Waits for whoever holds one, or passes it by."""
        ids = sorted(set(session_ids) - self._held.keys())
        if ids:
            condition = "r.id = ANY(%(ids)s) ORDER BY r.id FOR UPDATE"
            self._load(self._select(SESSIONS, condition if waits else f"{condition} SKIP LOCKED", ids=ids))
        return self._held

    def lock_one(self, session_id: UUID) -> Payment | None:
        """Lock and load one payment, or None if there is none."""
        return self.lock([session_id]).get(session_id)

    def lock_due(self, condition: str, limit: int, *, extent: Extent = WHOLE, **params: Any) -> list[Payment]:
        """Lock and load payments that meet a condition on `payment_sessions r`; ones that others hold are passed by.

        Who has few of their fields to do with loads only those: that spares much of what loading and writing cost.
        """
        tail = f"{condition} LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
        sessions = self._select(extent.sessions, tail, limit=limit, **params)
        self._load(sessions, extent)
        return [self._held[session.id] for session in sessions]

    def read(self, session_ids: Sequence[UUID]) -> list[Payment]:
        """Load payments without locking them. They are not written back."""
        sessions = self._select(SESSIONS, "r.id = ANY(%(ids)s)", ids=list(session_ids))
        return self._assemble(sessions, WHOLE, lock="")

    def find(self, condition: str, **params: Any) -> list[PaymentSession]:
        """Load sessions alone, by a condition on `payment_sessions r`, without locking them."""
        return self._select(SESSIONS, condition, **params)

    def find_attempts(self, condition: str, **params: Any) -> list[CheckoutAttempt]:
        """Load attempts alone, by a condition on `checkout_attempts r`, without locking them."""
        return self._select(ATTEMPTS, condition, **params)

    def transaction_of(self, refund: Refund) -> Transaction:
        """The money that a refund gives back, as it stands now."""
        return self._select(TRANSACTIONS, "r.id = %(id)s", id=refund.transaction_id)[0]

    def fees_not_listed(self, before: datetime, limit: int, after: UUID | None = None) -> list[Transaction]:
        """Money recorded before then that Stripe has booked, and whose fee is unknown all the same; not locked.

        Those behind `after` come first, then the others from the beginning: so all have their turn.
        """
        missing = """r.stripe_fee_minor IS NULL AND r.stripe_balance_transaction_id IS NOT NULL
                     AND r.created_at < %(before)s ORDER BY r.id <= %(after)s::uuid, r.id LIMIT %(limit)s"""
        return self._select(TRANSACTIONS, missing, before=before, limit=limit, after=after)

    def want_look_ups(self, session_id: UUID, now: datetime) -> None:
        """Have all that Stripe knows of a payment, and that is not paid, looked up at once."""
        self.connection.execute(
            """
            UPDATE checkout_attempts SET look_up_at = %(now)s
             WHERE session_id = %(id)s AND status IN ('open', 'closed') AND due_at IS NULL
               AND coalesce(stripe_checkout_id, stripe_payment_intent_id) IS NOT NULL
            """,
            {"id": session_id, "now": now},
        )

    def insert_new(self, payments: Sequence[Payment]) -> list[Payment]:
        """Insert payments whose request and auction are free; returns those that were inserted.

        The others lost against a session that is there already: a unique constraint decides, on any number of workers.
        """
        # All workers insert in one order, for each may wait for another's uncommitted row.
        ordered = sorted(payments, key=lambda payment: payment.session.intake_key)
        links = {payment.session.id: audit.link(payment) for payment in ordered}
        sessions = [payment.session for payment in ordered]
        tail = "ON CONFLICT DO NOTHING RETURNING id"
        inserted = {row[0] for row in SESSIONS.insert_all(self.connection, sessions, self.cipher, tail)}
        new = [payment for payment in ordered if payment.session.id in inserted]
        if new:
            self._insert(ATTEMPTS, [attempt for payment in new for attempt in payment.attempts])
            self._insert(RISK_SIGNALS, [signal for payment in new for signal in payment.signals])
            self._insert(AUDIT, [entry for payment in new for entry in links[payment.session.id]])
            self.noted += [(payment.session, note) for payment in new for note in payment.notes]
            self.windows += [window_of(payment.session) for payment in new]
            self.ring(OPEN_CHECKOUTS, len(new))
            self._announce(new)
        return new

    def flush(self) -> None:
        """Write what has changed in all payments in hand: one statement per table."""
        if not self._held:
            return
        payments = list(self._held.values())
        for payment in payments:
            lookups.plan(payment)
            notifying.plan(payment, self.telling)
        links = [entry for payment in payments for entry in audit.link(payment)]
        self.noted += [(payment.session, note) for payment in payments for note in payment.notes]
        windows = [(window_of(payment.session), self._seen_windows.get(id(payment.session))) for payment in payments]
        self.windows += [window for window, seen in windows if window != seen]
        self._write(self._extent.sessions, [payment.session for payment in payments])
        attempts = self._write(self._extent.attempts, [attempt for payment in payments for attempt in payment.attempts])
        self.ring(OPEN_CHECKOUTS, sum(attempt.due_at is not None for attempt in attempts))
        self._write(TRANSACTIONS, [one for payment in payments for one in payment.transactions])
        refunds = self._write(REFUNDS, [refund for payment in payments for refund in payment.refunds])
        self.ring(SEND_REFUNDS, sum(refund.due_at is not None for refund in refunds))
        self._write(DISPUTES, [dispute for payment in payments for dispute in payment.disputes])
        self._write(RISK_SIGNALS, [signal for payment in payments for signal in payment.signals])
        wanted = [receipt for payment in payments for receipt in payment.receipts]
        self._insert(RECEIPTS, wanted)
        # Either may be what the other waits for: a receipt, and how its money came.
        self.ring(ISSUE_RECEIPTS, len(wanted) or sum(bool(payment.methods) for payment in payments))
        self._insert(AUDIT, links)
        outbox.write_ledger(self.connection, payments)
        methods.upsert(self.connection, self.cipher, [one for payment in payments for one in payment.methods])
        self._announce(payments)
        self.ring(SEND_NOTICES, notices.write(self.connection, self.cipher, payments))
        self._held.clear()
        self._seen.clear()
        self._seen_windows.clear()

    def _select(self, table: RecordTable[R], condition: str, **params: Any) -> list[R]:
        return self._records(table, self._ask(table, condition, **params))

    def _ask(self, table: RecordTable[R], condition: str, **params: Any) -> Cursor[Any]:
        sql = f"SELECT {table.selection} FROM {table.table.name} r WHERE {condition}"  # noqa: S608 - our own words
        # In binary form neither side has to write or read times, ids and what is sealed as text.
        return self.connection.execute(sql, params, binary=True)

    def _records(self, table: RecordTable[R], asked: Cursor[Any]) -> list[R]:
        return [table.load(row, self.cipher) for row in asked.fetchall()]

    def _load(self, sessions: Sequence[PaymentSession], extent: Extent = WHOLE) -> None:
        if not self._held:
            self._extent = extent
        elif extent is not self._extent:
            raise ValueError("a unit of work loads as much of one payment as of another")
        for payment in self._assemble(sessions, extent, lock="FOR UPDATE"):
            self.remember(payment)
            self._held[payment.session.id] = payment

    def _assemble(self, sessions: Sequence[PaymentSession], extent: Extent, *, lock: str) -> list[Payment]:
        if not sessions:
            return []
        payments = {
            session.id: Payment(session, withdraw_reopening=partial(reopening.withdraw, self.connection, session.id))
            for session in sessions
        }
        mine = f"{_THEIRS} ORDER BY r.id {lock}"
        ids = packed("uuid[]", list(payments))
        attempts_too = mine if extent.locks_attempts else _THEIRS
        # All is asked before anything is read: a connection that can do so asks it in one round trip.
        asked = self._ask(extent.attempts, attempts_too, ids=ids), self._ask(TRANSACTIONS, mine, ids=ids)
        signals = self._ask(RISK_SIGNALS, f"{_THEIRS} ORDER BY r.at, r.kind, r.source", ids=ids)
        attempts = self._records(extent.attempts, asked[0])
        for attempt in sorted(attempts, key=attrgetter("attempt_no")):
            payments[attempt.session_id].attempts.append(attempt)
        for transaction in self._records(TRANSACTIONS, asked[1]):
            payments[transaction.session_id].transactions.append(transaction)
        for signal in self._records(RISK_SIGNALS, signals):
            payments[signal.session_id].signals.append(signal)
        if any(payment.transactions for payment in payments.values()):  # most work is done before money comes
            given_back, disputed = self._ask(REFUNDS, mine, ids=ids), self._ask(DISPUTES, mine, ids=ids)
            for refund in self._records(REFUNDS, given_back):
                payments[refund.session_id].refunds.append(refund)
            for dispute in self._records(DISPUTES, disputed):
                payments[dispute.session_id].disputes.append(dispute)
        return list(payments.values())

    def remember(self, payment: Payment) -> None:
        """Take the payment's present state as the one in the database."""
        self._seen_windows[id(payment.session)] = window_of(payment.session)
        self._see(self._extent.sessions, [payment.session])
        self._see(self._extent.attempts, payment.attempts)
        self._see(TRANSACTIONS, payment.transactions)
        self._see(REFUNDS, payment.refunds)
        self._see(DISPUTES, payment.disputes)
        self._see(RISK_SIGNALS, payment.signals)

    def _see(self, table: RecordTable[R], records: Sequence[R]) -> None:
        for record in records:
            self._seen[id(record)] = table.snapshot(record)

    def _write(self, table: RecordTable[R], records: Sequence[R]) -> list[R]:
        """Insert what is new and update what has changed; returns both."""
        new, changed, before, after = list[R](), list[R](), list[tuple[Any, ...]](), list[tuple[Any, ...]]()
        for record in records:
            seen = self._seen.get(id(record))
            if seen is None:
                new.append(record)
            elif (now := table.snapshot(record)) != seen:
                changed.append(record)
                before.append(seen)
                after.append(now)
        if changed and table is self._extent.attempts and not self._extent.locks_attempts:
            self._lock_seen(table, changed)
        if changed:  # first, for what is closed makes room for what is opened
            table.update_all(self.connection, changed, self.cipher, table.changed(before, after))
        self._insert(table, new)
        return new + changed

    def _lock_seen(self, table: RecordTable[R], records: Sequence[R]) -> None:
        """Lock rows that were read without a lock.

        Raises:
            Overtaken: one of them is not what it was.
        """
        identity = attrgetter(*table.identity)
        seen = {identity(record): self._seen[id(record)] for record in records}
        mine = "r.id = ANY(%(ids)b::uuid[]) ORDER BY r.id FOR UPDATE"
        locked = self._select(table, mine, ids=packed("uuid[]", list(seen)))
        if {identity(record): table.snapshot(record) for record in locked} != seen:
            raise Overtaken("an attempt has changed while its window was about to end")

    def _insert(self, table: RecordTable[R], records: Sequence[R]) -> None:
        if records:
            table.insert_all(self.connection, records, self.cipher)

    def _announce(self, payments: Sequence[Payment]) -> None:
        for bell, pieces in outbox.write(self.connection, self.cipher, payments, self.endpoints).items():
            self.ring(bell, pieces)
