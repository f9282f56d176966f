"""`gavelpay scheduler`: rings when something is due."""

import sys

import click

from cli.opening import keeping_time, read_settings, start_logging
from gateways.queue.connect import open_ring
from models.database import Database
from runtime.app import build_new_id
from runtime.gauges import StandingCollector
from runtime.load import LoadCollector
from runtime.months import MonthsCollector
from runtime.server_gauges import ServerCollector
from runtime.settings import Role, given
from scheduler.process import DEFAULT_METRICS_PORT, run
from scheduler.schedule import schedule
from services.show_life import ShowLife


@click.command(epilog="Example: gavelpay scheduler. Two may run: one leads, the other takes over.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of /metrics and /healthz.")
@click.option("--metrics-port", default=DEFAULT_METRICS_PORT, show_default=True, help="Their port.")
def scheduler(metrics_host: str, metrics_port: int) -> None:
    """Ring the bells of whatever is due by the clock."""
    start_logging("scheduler")
    settings = read_settings(Role.SCHEDULER)
    url = given(settings.database.url, "DATABASE_URL").reveal()
    database = Database(url, pool_size=1, application="gavelpay scheduler metrics")
    ring = open_ring(given(settings.redis.broker_url, "BROKER_URL").reveal(), ca_file=settings.redis.ca_file)
    try:
        with keeping_time(database) as clock:
            life = ShowLife(database, clock, build_new_id(clock), Role.SCHEDULER)
            code = run(
                ring,
                url,
                schedule(settings.windows.sweep.total_seconds()),
                metrics_port=metrics_port,
                metrics_host=metrics_host,
                collectors=(
                    StandingCollector(database),
                    LoadCollector(database, settings.windows.grace),
                    ServerCollector(database),
                    MonthsCollector(database, clock),
                ),
                life=life,
            )
    except OSError as error:
        raise click.ClickException(f"scheduler cannot listen on {metrics_host} port {metrics_port}: {error}") from None
    finally:
        ring.close()
        database.close()
    sys.exit(code)
