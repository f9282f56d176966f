"""How the whole system stands, asked of the database when Prometheus asks."""

from collections.abc import Iterator
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from domain.endpoint import ENDPOINTS, FAILURES
from domain.errors import TransientError
from models.database import Database
from models.differences import RECENT_CURRENCIES, UNEXPLAINED
from models.needs import ASKED_IN_VAIN, HELD, UNANSWERED, UNAPPROVED
from models.remaining import OWED

_STANDING: Final = f"""
    SELECT (SELECT count(*) FROM webhook_events WHERE status = 'waiting'),
           (SELECT coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8 FROM webhook_events
             WHERE status = 'waiting'),
           (SELECT count(*) FROM deliveries WHERE status = 'waiting'),
           (SELECT count(*) FROM dead_letters WHERE status = 'dead'),
           (SELECT count(*) FROM notifications WHERE status = 'queued' AND due_at <= now()),
           (SELECT count(*) FROM disputes d WHERE {UNANSWERED}),
           (SELECT count(*) FROM refunds r WHERE {UNAPPROVED}),
           (SELECT count(*) FROM ({HELD}) held),
           (SELECT count(*) FROM ({OWED}) o)
             + (SELECT count(*) FROM refunds r WHERE {ASKED_IN_VAIN}),
           (SELECT count(*) FROM receipts WHERE status = 'stuck'),
           (SELECT count(*) FROM receipts WHERE status = 'wanted')
             + (SELECT count(*) FROM receipts WHERE status = 'numbered')
"""  # noqa: S608 - our own words
_ENDPOINTS: Final = """
    SELECT d.endpoint, count(*), extract(epoch FROM now() - min(d.created_at)) FROM deliveries d
     WHERE d.status = 'waiting' GROUP BY 1
"""
_NOT_HEALTHY: Final = f"""
    SELECT name, CASE WHEN paused_at IS NOT NULL THEN 'paused' ELSE 'failing' END FROM endpoints
     WHERE paused_at IS NOT NULL OR failures >= {FAILURES}
"""  # noqa: S608 - our own words
#: What waits for a person, in that order; and paper that waits for workers.
_WAITING: Final = (
    ("payments_disputes_awaiting_evidence", "Disputes that are lost unless they are answered"),
    ("payments_refunds_awaiting_approval", "Refunds that wait for a second person"),
    ("payments_held", "Payments on hold until a person decides, with their money or before it"),
    ("payments_refunds_stuck", "Money that must go back: its refund failed, or was asked for in vain for an hour"),
    ("payments_receipts_stuck", "Documents that cannot be printed or stored until a person has looked"),
    ("payments_receipts_backlog", "Documents that are not issued yet"),
)
_ACTIVE: Final = """
    SELECT status, policy, count(*) FROM payment_sessions
     WHERE status IN ('pending', 'processing', 'failed') GROUP BY 1, 2
"""


class StandingCollector(Collector):
    """Backlogs and live sessions. While the database is away they are missing, and say nothing false."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask once for all."""
        try:
            ((inbox, oldest, outbox, dead, notices, *waiting),) = self._database.rows(_STANDING)
            active = self._database.rows(_ACTIVE)
            # Money that was not compared with Stripe's books yet is no difference: its currency reads 0 from the first.
            currencies = dict.fromkeys((row[0] for row in self._database.rows(RECENT_CURRENCIES)), 0)
            unexplained = currencies | dict(self._database.rows(UNEXPLAINED))
            waiting_for = self._database.rows(_ENDPOINTS)
            not_healthy = dict(self._database.rows(_NOT_HEALTHY))
        except TransientError:
            return
        yield GaugeMetricFamily("payments_inbox_backlog", "Stored webhooks not yet processed", value=inbox)
        yield GaugeMetricFamily(
            "payments_inbox_oldest_age_seconds", "Since when the oldest of them has been stored", value=oldest
        )
        yield GaugeMetricFamily("payments_outbox_backlog", "Outgoing events not yet delivered", value=outbox)
        yield GaugeMetricFamily("payments_dead_letters", "Messages that gave up and wait for a person", value=dead)
        yield GaugeMetricFamily("payments_notices_backlog", "Notices that are due and not sent", value=notices)
        for (name, meaning), value in zip(_WAITING, waiting, strict=True):
            yield GaugeMetricFamily(name, meaning, value=value)
        live = GaugeMetricFamily(
            "payments_checkout_sessions_active", "Live payment sessions", labels=["status", "policy"]
        )
        for status, policy, count in active:
            live.add_metric([status, policy], count)
        yield live
        money = GaugeMetricFamily(
            "payments_unexplained_minor_units",
            "Money that our books and Stripe's do not both explain",
            labels=["currency"],
        )
        for currency, minor in unexplained.items():
            money.add_metric([currency], minor)
        yield money
        yield from _endpoints(waiting_for, not_healthy)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked for when it is registered."""
        return iter(())


def _endpoints(waiting: list[tuple[Any, ...]], not_healthy: dict[str, str]) -> Iterator[GaugeMetricFamily]:
    backlog = GaugeMetricFamily("payments_endpoint_backlog", "Events that wait for a receiver", labels=["endpoint"])
    oldest = GaugeMetricFamily(
        "payments_endpoint_oldest_age_seconds", "Age of the oldest event that waits for a receiver", labels=["endpoint"]
    )
    for endpoint, count, seconds in waiting:
        backlog.add_metric([endpoint], count)
        oldest.add_metric([endpoint], float(seconds))
    health = GaugeMetricFamily(
        "payments_endpoint_unhealthy", "1 while a receiver fails, or is paused", labels=["endpoint", "state"]
    )
    for endpoint in ENDPOINTS:
        for state in ("failing", "paused"):
            health.add_metric([endpoint, state], float(not_healthy.get(endpoint) == state))
    yield from (backlog, oldest, health)
