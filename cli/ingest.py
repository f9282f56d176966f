"""`gavelpay ingest`: takes Stripe's webhooks."""

import os
from random import Random

import click
from prometheus_client import CollectorRegistry

from cli.opening import keeping_time, open_ring_of, read_settings, start_logging
from models import schema
from models.database import Database
from runtime.app import build_new_id, build_store
from runtime.memory import settle
from runtime.metrics import declare_metrics, exposition
from runtime.observing import MetricsObserver
from runtime.serving import CannotListen
from runtime.settings import Role, given, load
from services.receive_events import ReadEvent, ReceiveEvents
from services.record_security_event import RecordSecurityEvent
from webhook_ingest.app import create_app
from webhook_ingest.bell import BackgroundBell
from webhook_ingest.forgeries import ForgeryAlarm
from webhook_ingest.server import serve

#: Threads that commit.
_COMMITTERS = 1


@click.command(epilog="Example: gavelpay ingest --host 0.0.0.0 --port 8001")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is all of them.")
@click.option("--port", default=8001, show_default=True, help="Port to listen on.")
def ingest(host: str, port: int) -> None:
    """Take Stripe's webhooks: verify, store, acknowledge."""
    start_logging("ingest")
    settings = read_settings(Role.INGEST)
    registry = CollectorRegistry()
    observer = MetricsObserver(declare_metrics(registry))
    database = Database(
        given(settings.database.url, "DATABASE_URL").reveal(), pool_size=2, application="gavelpay ingest probes"
    )
    with open_ring_of(settings) as ring, BackgroundBell(ring) as bell, keeping_time(database) as clock:
        # Nobody need be unable to guess the id of an event's row: randomness of the system costs 2 µs of 90.
        new_id = build_new_id(clock, Random().getrandbits)  # noqa: S311 - see above
        store = build_store(
            settings, role="ingest", ring=bell, alarmed=observer.alarmed, new_id=new_id, threads=_COMMITTERS
        )
        forged = ForgeryAlarm(RecordSecurityEvent(store.begin, clock), clock)
        web = create_app(
            receive=ReceiveEvents(store.begin_single),
            read=ReadEvent(clock, new_id),
            secrets=[secret.reveal() for secret in settings.stripe.webhook_secrets],
            clock=clock,
            metrics=observer,
            ready=lambda: schema.is_current(database),
            render_metrics=lambda: exposition(registry)[0],
            forged=forged,
            read_secrets=_webhook_secrets if os.environ.get("STRIPE_WEBHOOK_SECRET_FILE") else None,
        )
        settle()
        try:
            serve(web, host, port)
        except CannotListen as error:
            raise click.ClickException(str(error)) from None
        finally:
            forged.close()
            store.database.close()
            database.close()


def _webhook_secrets() -> list[str]:
    """The secrets of now: their file may have changed."""
    return [secret.reveal() for secret in load(os.environ, Role.INGEST).stripe.webhook_secrets]
