"""What bears on payments and is no part of them, for a few payments or a page of them: one query for each kind."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.bells import ISSUE_RECEIPTS
from domain.documents import DocumentKind
from domain.notice import Channel, NoticeStatus
from domain.notices import NoticeKind, Recipient
from domain.receipt import ReceiptStatus
from domain.standing.anywhere import SERVICES
from domain.standing.beside import Ended, GaveUp, Mail, Paper, SetAside, Waiting
from models.dead_letters import DeadLetters
from models.records import AUDIT
from models.sealing import FieldCipher

#: Rows of one kind and one payment that are looked at; more say nothing new.
_ENOUGH: Final = 40
#: Dead letters that are looked through, the newest.
_LETTERS: Final = 200
_ENDINGS: Final = ("payment_canceled", "payment_expired", "checkout_completed")


@dataclass(frozen=True, slots=True)
class Standing:
    """Reads for explanations, in one transaction. All of them go along an index on the payment."""

    connection: Connection[Any]
    cipher: FieldCipher

    def mails(self, ids: Sequence[UUID]) -> Mapping[UUID, tuple[Mail, ...]]:
        """Letters to their buyers, newest first."""
        rows = self._rows(
            "SELECT r.session_id, r.kind, r.channel, r.status, r.due_at, r.finished_at, r.last_error"
            " FROM notifications r WHERE r.session_id = ANY(%(ids)s) AND r.recipient = %(buyer)s"
            " ORDER BY r.created_at DESC, r.id DESC LIMIT %(limit)s",
            ids,
            buyer=Recipient.BUYER,
        )
        return _by_payment(
            (one, Mail(NoticeKind(kind), Channel(channel), NoticeStatus(status), *rest))
            for one, kind, channel, status, *rest in rows
        )

    def papers(self, ids: Sequence[UUID]) -> Mapping[UUID, tuple[Paper, ...]]:
        """Their receipts and credit notes, oldest first."""
        rows = self._rows(
            "SELECT r.session_id, r.kind, r.status, r.number, r.due_at, r.last_error FROM receipts r"
            " WHERE r.session_id = ANY(%(ids)s) ORDER BY r.id LIMIT %(limit)s",
            ids,
        )
        return _by_payment(
            (one, Paper(DocumentKind(kind), ReceiptStatus(status), *rest)) for one, kind, status, *rest in rows
        )

    def waiting(self, ids: Sequence[UUID]) -> Mapping[UUID, tuple[Waiting, ...]]:
        """Outgoing events that are on their way, oldest first."""
        rows = self._rows(
            "SELECT o.session_id, d.endpoint, o.type, d.waiting_since, d.tries, d.last_error, d.due_at, e.paused_at,"
            " e.paused_by FROM payment_sessions s"
            " JOIN outbox o ON o.auction_id = s.auction_id AND o.session_id = s.id"
            " JOIN deliveries d ON d.event_id = o.id LEFT JOIN endpoints e ON e.name = d.endpoint"
            " WHERE s.id = ANY(%(ids)s) AND d.status = 'waiting' ORDER BY d.order_no, d.endpoint LIMIT %(limit)s",
            ids,
        )
        return _by_payment((one, Waiting(*rest)) for one, *rest in rows)

    def set_aside(self, ids: Sequence[UUID]) -> Mapping[UUID, tuple[SetAside, ...]]:
        """Events of Stripe's that name them and were not understood, newest first."""
        rows = self._rows(
            "SELECT r.session_id, r.type, coalesce(r.reason, ''), r.received_at FROM webhook_events r"
            " WHERE r.session_id = ANY(%(ids)s) AND r.status = 'set_aside'"
            " ORDER BY r.received_at DESC LIMIT %(limit)s",
            ids,
        )
        return _by_payment((one, SetAside(*rest)) for one, *rest in rows)

    def ended(self, ids: Sequence[UUID]) -> Mapping[UUID, Ended]:
        """Who ended those that are over, and why, as their audit chains tell."""
        rows = self.connection.execute(
            f"SELECT {AUDIT.selection} FROM audit_entries r WHERE r.session_id = ANY(%(ids)s)"  # noqa: S608
            " AND r.action = ANY(%(endings)s) ORDER BY r.session_id, r.seq LIMIT %(limit)s",
            {"ids": list(ids), "endings": list(_ENDINGS), "limit": _ENOUGH * max(1, len(ids))},
        )
        entries = [AUDIT.load(row, self.cipher) for row in rows]
        return {
            entry.session_id: Ended(entry.actor, entry.data.get("why"), entry.data.get("before")) for entry in entries
        }

    def gave_up(self, ids: Sequence[UUID]) -> Mapping[UUID, tuple[GaveUp, ...]]:
        """What of them waits in dead letters. Those are read only where something of them did give up."""
        rows = self._rows(
            "SELECT r.session_id, r.id FROM notifications r"
            " WHERE r.session_id = ANY(%(ids)s) AND r.status = 'given_up'"
            " UNION ALL SELECT r.session_id, r.id FROM receipts r"
            " WHERE r.session_id = ANY(%(ids)s) AND r.status = 'stuck'"
            " UNION ALL SELECT o.session_id, o.id FROM payment_sessions s"
            " JOIN outbox o ON o.auction_id = s.auction_id AND o.session_id = s.id"
            " JOIN deliveries d ON d.event_id = o.id WHERE s.id = ANY(%(ids)s) AND d.status = 'given_up'"
            " LIMIT %(limit)s",
            ids,
        )
        owners = {str(what): session_id for session_id, what in rows}
        if not owners:
            return {}
        letters = DeadLetters(self.connection, self.cipher).find("r.status = 'dead'", limit=_LETTERS)
        found = [(owners.get(_subject(one.message)), one) for one in letters]
        return _by_payment(
            (owner, GaveUp(_named(one.actor), one.tries, one.error)) for owner, one in found if owner is not None
        )

    def due_checkouts(self, now: datetime, limit: int) -> int:
        """How many checkouts are due to be opened, counted up to `limit`."""
        row = self.connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM checkout_attempts r WHERE r.due_at <= %s"
            " AND r.status = 'opening' LIMIT %s) due",
            (now, limit),
        ).fetchone()
        return int(row[0]) if row else 0

    def _rows(self, sql: str, ids: Sequence[UUID], **params: Any) -> list[tuple[Any, ...]]:
        wanted = {"ids": list(ids), "limit": _ENOUGH * max(1, len(ids))}
        return self.connection.execute(sql, wanted | params).fetchall()


def _by_payment(pairs: Any) -> dict[UUID, tuple[Any, ...]]:
    grouped: defaultdict[UUID, list[Any]] = defaultdict(list)
    for session_id, one in pairs:
        grouped[session_id].append(one)
    return {session_id: tuple(found) for session_id, found in grouped.items()}


def _subject(message: bytes) -> str:
    """The id of what a dead letter is about: an outgoing event, a notice, a document. Empty for messages of queues."""
    try:
        said = json.loads(message)
    except (ValueError, TypeError):
        return ""
    if not isinstance(said, dict):
        return ""
    return str(next((said[name] for name in ("event_id", "notice_id", "receipt_id") if name in said), ""))


def _named(actor: str) -> str:
    """What gave up, in words, by the name under which its letter was kept."""
    if actor == ISSUE_RECEIPTS:
        return "the receipt"
    way, _, what = actor.partition(":")
    if way in tuple(Channel):
        return f"the letter {what} ({way})"
    who = SERVICES.get(way, way)
    return f"telling {who[:1].lower()}{who[1:]} of {what}"
