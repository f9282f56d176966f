"""`gavelpay worker`: does the work."""

import sys
from contextlib import ExitStack

import click
from prometheus_client import REGISTRY

from cli.opening import open_process, read_settings, start_logging
from gateways.queue.connect import open_broker, open_ring
from runtime.settings import Role, given
from workers.life import WorkerApp
from workers.process import DEFAULT_METRICS_PORT, DEFAULT_THREADS, run
from workers.single import UnknownQueue


@click.command(
    epilog="Examples: gavelpay worker --processes 2 · gavelpay worker --queues payment_required,checkouts --threads 16"
)
@click.option("--queues", default="", help="Queues to serve, comma-separated. Default: all.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes to run.")
@click.option(
    "--threads", default=DEFAULT_THREADS, show_default=True, type=click.IntRange(1, 256), help="Threads each."
)
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of /metrics and /healthz.")
@click.option("--metrics-port", default=DEFAULT_METRICS_PORT, show_default=True, help="Their port.")
def worker(queues: str, processes: int, threads: int, metrics_host: str, metrics_port: int) -> None:
    """Do the work: requests, checkouts, events, windows, refunds, deliveries."""
    start_logging("worker")
    settings = read_settings(Role.WORKER)
    url, ca_file = given(settings.redis.broker_url, "BROKER_URL").reveal(), settings.redis.ca_file
    with ExitStack() as stack:

        def open_app() -> WorkerApp:
            process = open_process(Role.WORKER, REGISTRY, threads=threads, of_process=False)
            return stack.enter_context(process).app

        try:
            code = run(
                open_app,
                lambda: open_broker(url, ca_file=ca_file),
                open_ring(url, ca_file=ca_file),
                queues=[queue.strip() for queue in queues.split(",") if queue.strip()],
                processes=processes,
                threads=threads,
                metrics_port=metrics_port,
                metrics_host=metrics_host,
            )
        except UnknownQueue as error:
            raise click.UsageError(str(error)) from None
        except OSError as error:
            raise click.ClickException(f"worker cannot listen on {metrics_host} port {metrics_port}: {error}") from None
    sys.exit(code)
