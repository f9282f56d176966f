"""What waits for a person, asked of the database: a few of each kind, and how many there are."""

from typing import Any, Final

from psycopg import Connection

from domain.endpoint import FAILURES
from domain.holds import MONEY_IS_HELD
from domain.needs import Need, NeedKind
from models.remaining import HELD_MONEY, OWED

#: So many of a kind are named; and so many are counted.
_NAMED: Final = 4
_COUNTED: Final = 1_000

#: Disputes `d` that are lost unless somebody answers.
UNANSWERED: Final = (
    "d.closed_at IS NULL AND d.status IN ('warning_needs_response', 'needs_response', 'appeal_needs_response')"
)
#: Refunds `r` that wait for a second person.
UNAPPROVED: Final = (
    "r.due_at IS NOT NULL AND r.status = 'requested' AND r.approval_until IS NOT NULL AND r.approved_by IS NULL"
)
_DECIDED_ON: Final = ", ".join(f"'{reason}'" for reason in sorted(MONEY_IS_HELD))
#: Payments that are on hold until somebody decides, whether or not money has come. Where a payment waits for something
#: else, such as a debit, nobody decides on what was held before and came back: that is owed.
HELD: Final = f"""
    SELECT id FROM payment_sessions WHERE held_at IS NOT NULL AND closed_at IS NULL
    UNION SELECT t.session_id FROM transactions t JOIN payment_sessions w ON w.id = t.session_id
           WHERE w.reason IN ({_DECIDED_ON}) AND {HELD_MONEY}"""  # noqa: S608
#: Refunds `r` that Stripe neither makes nor refuses.
ASKED_IN_VAIN: Final = "r.due_at IS NOT NULL AND r.status = 'requested' AND r.sent_at < now() - interval '1 hour'"

#: Each gives: what, why, payment, since, until, minor units, currency, what was asked.
_EACH: Final = {
    NeedKind.HELD: f"""
        SELECT coalesce(s.title, s.auction_id),
               CASE WHEN came.currency IS NULL THEN s.hold_reason ELSE coalesce(s.reason, s.hold_reason, '') END, s.id,
               least(s.held_at, came.created_at),
               CASE WHEN s.status IN ('pending', 'failed') THEN s.window_expires_at END, came.amount_minor,
               coalesce(came.currency, s.currency), s.amount_minor
          FROM ({HELD}) held JOIN payment_sessions s USING (id) LEFT JOIN LATERAL (
            SELECT t.amount_minor, t.currency, t.created_at FROM transactions t
             WHERE t.session_id = s.id AND {HELD_MONEY} ORDER BY t.created_at DESC LIMIT 1) came ON true
         ORDER BY 4""",  # noqa: S608
    NeedKind.APPROVAL: f"""
        SELECT coalesce(s.title, s.auction_id), r.requested_by, s.id, r.created_at, r.approval_until, r.amount_minor,
               r.currency, NULL
          FROM refunds r JOIN payment_sessions s ON s.id = r.session_id
         WHERE {UNAPPROVED} ORDER BY r.approval_until""",  # noqa: S608
    NeedKind.ENDPOINT_PAUSED: """
        SELECT name, concat_ws(': ', paused_by, pause_reason), NULL, paused_at, NULL, NULL, NULL, NULL
          FROM endpoints WHERE paused_at IS NOT NULL ORDER BY paused_at""",
    NeedKind.ENDPOINT_FAILING: f"""
        SELECT name, last_error, NULL, failing_since, NULL, NULL, NULL, NULL
          FROM endpoints WHERE paused_at IS NULL AND failures >= {FAILURES} ORDER BY failing_since""",  # noqa: S608
    NeedKind.REFUND_STUCK: f"""
        SELECT coalesce(s.title, s.auction_id), o.why, s.id, o.since, NULL, o.minor, o.currency, NULL
          FROM ({OWED}) o JOIN payment_sessions s ON s.id = o.session_id
         UNION ALL
        SELECT coalesce(s.title, s.auction_id), 'asked_in_vain', s.id, r.sent_at, NULL, r.amount_minor, r.currency, NULL
          FROM refunds r JOIN payment_sessions s ON s.id = r.session_id
         WHERE {ASKED_IN_VAIN}
         ORDER BY 4""",  # noqa: S608
    NeedKind.RECEIPT_STUCK: """
        SELECT coalesce(r.number, ''), coalesce(r.last_error, ''), r.session_id, r.created_at, NULL, NULL, NULL, NULL
          FROM receipts r WHERE r.status = 'stuck' ORDER BY r.created_at""",
    NeedKind.DISPUTE: f"""
        SELECT coalesce(s.title, s.auction_id), d.reason, s.id, d.opened_at, d.evidence_due_at, d.amount_minor,
               d.currency, NULL
          FROM disputes d JOIN payment_sessions s ON s.id = d.session_id
         WHERE {UNANSWERED} ORDER BY d.evidence_due_at""",  # noqa: S608
}
_NEEDS: Final = " UNION ALL ".join(
    f"(SELECT '{kind}', what, why, session_id::uuid, at, until::timestamptz, minor::bigint, currency, asked::bigint,"  # noqa: S608
    f" count(*) OVER () FROM ({rows} LIMIT {_COUNTED}) one(what, why, session_id, at, until, minor, currency, asked)"
    f" LIMIT {_NAMED})"
    for kind, rows in _EACH.items()
)
#: One act mends many of these at once: how many there are, since when, and of what most are.
_GATHERED: Final = {
    NeedKind.DEAD_LETTERS: ("actor", "created_at", "dead_letters WHERE status = 'dead'"),
    NeedKind.SET_ASIDE: ("type", "received_at", "webhook_events WHERE status = 'set_aside'"),
}
_MANY: Final = " UNION ALL ".join(
    f"SELECT '{kind}', count(*), min(at), mode() WITHIN GROUP (ORDER BY what)"  # noqa: S608 - our own words
    f" FROM (SELECT {what} AS what, {at} AS at FROM {rows} LIMIT {_COUNTED}) many"
    for kind, (what, at, rows) in _GATHERED.items()
)


def waiting(connection: Connection[Any]) -> tuple[list[Need], dict[NeedKind, int]]:
    """What waits for a person, the first of each kind by name; and how many there are of each, up to a bound."""
    rows = connection.execute(_NEEDS).fetchall()
    needs = [Need(NeedKind(kind), *rest) for kind, *rest, _count in rows]
    counts = {NeedKind(row[0]): int(row[-1]) for row in rows}
    for kind, count, oldest, what in connection.execute(_MANY):
        if count:
            needs.append(Need(NeedKind(kind), what=what, at=oldest, count=count))
            counts[NeedKind(kind)] = count
    return needs, counts
