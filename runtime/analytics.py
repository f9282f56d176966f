"""Wires analytics: what is noted about payments, once it is committed, goes to Segment as well."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from domain.analytics import tracked
from domain.payment import Note
from domain.session import PaymentSession
from models.unit_of_work import Noted
from runtime.metrics import Metrics
from runtime.policies import build_policies
from runtime.settings import Settings

log = structlog.get_logger()


@contextmanager
def analyzing(settings: Settings, metrics: Metrics, noted: Noted) -> Iterator[Noted]:
    """Tell analytics what is noted, if there are any, after whoever was told before.

    Args:
        settings: off without SEGMENT_WRITE_KEY.
        metrics: counts what became of the events.
        noted: who hears of it first.
    """
    key = settings.analytics.write_key
    if key is None:
        yield noted
        return
    # Segment's library loads an HTTP library of its own: only where it is wanted.
    from gateways.segment import Segment  # noqa: PLC0415

    def count(outcome: str, events: int) -> None:
        metrics.analytics_events.labels(outcome).inc(events)

    segment = Segment(key.reveal(), settings.analytics.endpoint, count)
    policies = build_policies(settings)

    def both(notes: Sequence[tuple[PaymentSession, Note]]) -> None:
        noted(notes)
        try:
            segment.track(list(tracked(notes, policies)))
        except Exception:
            # The payment is committed, whatever analytics make of it.
            log.exception("analytics.torn")

    try:
        yield both
    finally:
        segment.close()
