"""What must hold when all is over: our own invariants, Stripe's books beside ours, and what everybody was told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from domain.lifecycle import TRANSITIONS, Status
from domain.payment import Note
from domain.session import PaymentSession
from proof.simulation.house import House
from proof.simulation.log import Log

_MOVES: Final = {(before, rule.to) for (before, _), rule in TRANSITIONS.items()}
_STATUSES: Final = frozenset(Status)
#: What the money of a session may be, so that no cent of it is forgotten.
_TAKEN: Final = """
    SELECT t.stripe_payment_intent_id, s.auction_id, s.id, t.amount_minor, t.currency, t.refunded_minor, t.disposition,
           t.stripe_fee_minor,
           EXISTS (SELECT 1 FROM refunds r WHERE r.transaction_id = t.id AND r.status IN ('failed', 'canceled'))
      FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
"""
_UNSETTLED: Final = """
    SELECT auction_id, format('Payment %%s is still %%s (%%s).', id, status, coalesce(reason, 'no reason'))
      FROM payment_sessions
     WHERE status IN ('pending', 'failed') OR (status = 'processing' AND held_at IS NULL AND reason IS NULL)
    UNION ALL SELECT coalesce(s.auction_id, ''), format('Event %%s (%%s) is %%s: %%s.', e.stripe_event_id, e.type, e.status, e.reason)
      FROM webhook_events e LEFT JOIN payment_sessions s ON s.id = e.session_id WHERE e.status IN ('waiting', 'set_aside')
    UNION ALL SELECT auction_id, format('Event %%s is not delivered to %%s.', order_no, endpoint)
      FROM deliveries WHERE status <> 'sent'
    UNION ALL SELECT s.auction_id, format('Attempt %%s of payment %%s is still %%s.', a.attempt_no, s.id, a.status)
      FROM checkout_attempts a JOIN payment_sessions s ON s.id = a.session_id
     WHERE a.status IN ('opening', 'open') AND s.held_at IS NULL
    UNION ALL SELECT s.auction_id, format('Refund %%s is still %%s.', r.id, r.status)
      FROM refunds r JOIN payment_sessions s ON s.id = r.session_id WHERE r.status IN ('requested', 'pending')
    UNION ALL SELECT coalesce(s.auction_id, ''), format('%%s %%s of %%s cannot be explained: %%s.', d.amount_minor, d.currency, d.id, d.reason)
      FROM money_differences d LEFT JOIN payment_sessions s ON s.id = d.session_id WHERE d.explained_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that does not hold."""

    sentence: str
    #: The lot that it is about, where that is known.
    lot: str


@dataclass
class Watch:
    """Looks at every commit: no status moves where the lifecycle has no way, and a paid payment stays paid."""

    log: Log
    problems: list[Broken] = field(default_factory=list)
    held: list[tuple[UUID, str]] = field(default_factory=list)
    _status: dict[UUID, str] = field(default_factory=dict)

    def noted(self, notes: Sequence[tuple[PaymentSession, Note]]) -> None:
        """Hear of what was committed."""
        for session, note in notes:
            words = " ".join(f"{name}={value}" for name, value in note.data.items() if value is not None)
            self.log.add(session.auction_id, "noted", note.action, words)
            if note.action == "payment_held":
                self.held.append((session.id, session.auction_id))
            if note.data.get("after") in _STATUSES:
                self._moved(session, str(note.data.get("before", "")), str(note.data["after"]))

    def _moved(self, session: PaymentSession, before: str, after: str) -> None:
        known = self._status.get(session.id)
        self._status[session.id] = after
        if before and (Status(before), Status(after)) not in _MOVES:
            self._break(session, f"moved from {before} to {after}, which the lifecycle does not know")
        if before and known is not None and known != before:
            # What was committed, and not told (a worker died in between), may lie between.
            if known == Status.COMPLETED:
                self._break(session, f"was {known}, and became {after}")
        elif known == Status.COMPLETED != after:
            self._break(session, f"was {known}, and became {after}")

    def _break(self, session: PaymentSession, words: str) -> None:
        self.problems.append(Broken(f"Payment {session.id} {words}.", session.auction_id))


def check(house: House, watch: Watch) -> list[Broken]:
    """Everything that does not hold; nothing is well."""
    return [
        *watch.problems,
        *(Broken(one, _lot_in(house, one)) for one in house.app.check_invariants()),
        *(Broken(sentence, lot) for lot, sentence in house.app.database.rows(_UNSETTLED)),
        *(Broken(one, one.split()[1].rstrip(":")) for one in (*house.listeners.problems, *house.calls.problems)),
        *_money(house),
        *_objects(house),
        *_history(house),
    ]


def _money(house: House) -> Iterator[Broken]:
    """Both books know the same money, and every cent is an order, a refund, or before a person's eyes."""
    books = house.core.books()
    ours = {row[0]: row[1:] for row in house.app.database.rows(_TAKEN)}
    fees = _fees(house)
    kept: Counter[UUID] = Counter()
    for charge in books["charges"]:
        intent, lot = charge["payment_intent"], charge["metadata"].get("auction_id", "")
        if intent not in ours:
            yield Broken(f"Stripe took {charge['amount_captured']} by {intent}, and we do not know of it.", lot)
            continue
        _, session, amount, currency, refunded, disposition, fee, looked_at = ours.pop(intent)
        if (charge["amount_captured"], charge["currency"].upper()) != (amount, currency):
            yield Broken(f"Stripe took {charge['amount_captured']} by {intent}, and we recorded {amount}.", lot)
        if charge["amount_refunded"] != refunded:
            yield Broken(f"Stripe gave {charge['amount_refunded']} of {intent} back; we recorded {refunded}.", lot)
        if disposition in ("late", "duplicate") and refunded < amount and not (looked_at or charge["disputed"]):
            yield Broken(f"{amount - refunded} of {intent} is neither an order nor back: {disposition}.", lot)
        if fee != fees.get(intent):
            yield Broken(f"Stripe kept {fees.get(intent)} of {intent}, and we booked {fee}.", lot)
        kept[session] += disposition == "kept"
        if kept[session] > 1:
            yield Broken(f"Payment {session} keeps {kept[session]} charges.", lot)
    for intent, row in ours.items():
        yield Broken(f"We recorded {intent}, and Stripe does not know of it.", row[0])


def _fees(house: House) -> dict[str, int]:
    charges = {row["id"]: row["payment_intent"] for row in house.core.world.store.table("charge").oldest()}
    booked = house.core.world.store.table("balance_transaction").oldest()
    return {charges[row["source"]]: row["fee"] for row in booked if row["source"] in charges and row["amount"] > 0}


def _objects(house: House) -> Iterator[Broken]:
    """Each attempt opened one object at Stripe; nothing that could be paid is left open after the end."""
    store = house.core.world.store
    seen: Counter[tuple[str, str]] = Counter()
    pages = [row for row in store.table("checkout.session").oldest()]
    intents = [row for row in store.table("payment_intent").oldest() if not store.note(row["id"]).get("checkout")]
    for row in (*pages, *intents):
        mine = row["metadata"]["payment_session_id"], row["metadata"]["attempt"]
        seen[mine] += 1
        if seen[mine] == 2:  # noqa: PLR2004 - told once
            yield Broken(f"Attempt {mine[1]} of payment {mine[0]} opened twice at Stripe.", row["metadata"]["auction_id"])
        if row["status"] in ("open", "requires_payment_method", "requires_action"):
            yield Broken(f"{row['id']} can still be paid.", row["metadata"]["auction_id"])
    asked: Counter[str] = Counter()
    for row in store.table("refund").oldest():
        refund = (row["metadata"] or {}).get("refund_id")
        asked[str(refund)] += 1
        if asked[str(refund)] == 2:  # noqa: PLR2004
            yield Broken(f"Refund {refund} was sent twice.", house.calls.lots.get(row["id"], ""))


_HISTORY: Final = """
    SELECT s.auction_id, s.id, s.status, (SELECT a.data ->> 'after' FROM audit_entries a
      WHERE a.session_id = s.id AND a.data ? 'after' AND a.action <> 'window_extended' ORDER BY a.seq DESC LIMIT 1)
      FROM payment_sessions s
"""


def _history(house: House) -> Iterator[Broken]:
    """The services downstream were told how each lot ended, and each completed payment is one order."""
    told: dict[str, Counter[str]] = {name: Counter(kinds) for name, kinds in house.listeners.told.items()}
    completed: Counter[str] = Counter()
    for lot, _, status, _ in house.app.database.rows(_HISTORY):
        completed[lot] += status == Status.COMPLETED
    for lot, count in completed.items():
        for kind in ("auction.sold", "order.requested"):
            heard = told.get(lot, Counter())[kind]
            if heard != count:
                yield Broken(f"{lot} has {count} completed payments, and {kind} was heard {heard} times.", lot)


def _lot_in(house: House, sentence: str) -> str:
    """The lot of the payment that a sentence names."""
    for word in sentence.replace(".", " ").replace(",", " ").split():
        try:
            wanted = UUID(word)
        except ValueError:
            continue
        rows: list[Any] = house.app.database.rows(
            "SELECT s.auction_id FROM payment_sessions s LEFT JOIN transactions t ON t.session_id = s.id"
            " LEFT JOIN refunds r ON r.session_id = s.id WHERE %(id)s IN (s.id, t.id, r.id) LIMIT 1",
            {"id": wanted},
        )
        if rows:
            return str(rows[0][0])
    return ""
