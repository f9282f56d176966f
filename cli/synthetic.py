"""`gavelpay synthetic`: a whole checkout for a test, once or again and again."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID, uuid4

import click
import structlog
from prometheus_client import CollectorRegistry

from cli.opening import open_process, read_settings, start_logging
from cli.printing import PlainCommand, as_json, print_json
from gateways.queue.connect import open_put_back
from gateways.queue.health import HealthServer
from gateways.queue.signals import StopSignal
from proof.synthetic import CheckFailed, LiveKey, Passed, SyntheticCheck, SyntheticMetrics
from runtime.operator_stripe import build_operator_stripe
from runtime.settings import KeyMode, Role, given
from sandbox.auction_house.channels import QUEUE, encode

log = structlog.get_logger()

DEFAULT_METRICS_PORT: Final = 9193
#: Threads of one check.
_FEW: Final = 2


@click.command(
    cls=PlainCommand,
    epilog="Examples: gavelpay synthetic --json · gavelpay synthetic --every 300 --metrics-host 0.0.0.0",
)
@click.option("--every", type=click.FloatRange(min=1), help="Seconds between two checks; without it there is one.")
@click.option("--patience", default=60.0, show_default=True, help="Seconds that each step may take.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="With --every: address of /metrics.")
@click.option("--metrics-port", default=DEFAULT_METRICS_PORT, show_default=True, help="With --every: its port.")
@as_json
def synthetic(*, every: float | None, patience: float, metrics_host: str, metrics_port: int, as_json: bool) -> None:
    """Do a whole checkout with a test card: message, intent, payment, webhook, receipt.

    Beside a running system in test mode, given the same variables. Live keys are refused: nothing is sent, and nothing
    is asked of Stripe. The services downstream are told of its auctions, whose names begin with `synthetic-`.
    """
    settings = read_settings(Role.WORKER)
    if settings.stripe.key_mode is KeyMode.LIVE:
        raise LiveKey("the key is a live one, and this check pays: use it beside a system with test keys")
    with _checking(patience) as check:
        if every is None:
            _once(check, as_json=as_json)
        else:
            start_logging("synthetic")
            _again_and_again(check, every, metrics_host, metrics_port)


def _once(check: SyntheticCheck, *, as_json: bool) -> None:
    try:
        passed = check()
    except CheckFailed as error:
        if as_json:
            print_json({"ok": False, "stage": error.stage, "error": str(error)})
            sys.exit(1)
        raise
    if as_json:
        print_json({"ok": True, "sessionId": passed.session_id, "seconds": passed.seconds})
    else:
        click.echo(f"Payment {passed.session_id} came through: {_told(passed)}.")


def _told(passed: Passed) -> str:
    return ", ".join(f"{stage} after {seconds:.1f} s" for stage, seconds in passed.seconds.items())


def _again_and_again(check: SyntheticCheck, every: float, host: str, port: int) -> None:
    stop, registry = StopSignal(), CollectorRegistry()
    metrics = SyntheticMetrics(registry)
    try:
        health = HealthServer(registry, lambda: None, port, host).start()
    except OSError as error:
        raise click.ClickException(f"synthetic cannot listen on {host} port {port}: {error}") from None
    try:
        _check_until(stop, check, every, metrics)
    finally:
        health.stop()


def _check_until(stop: StopSignal, check: SyntheticCheck, every: float, metrics: SyntheticMetrics) -> None:
    while True:
        begun = time.monotonic()
        try:
            passed = check()
        except CheckFailed as error:
            log.warning("synthetic.failed", stage=error.stage, error=str(error))
            metrics.failed(error.stage)
        else:
            log.info("synthetic.passed", session_id=str(passed.session_id), **passed.seconds)
            metrics.passed(passed)
        if stop.wait(max(0.0, every - (time.monotonic() - begun))):
            return


@contextmanager
def _checking(patience: float) -> Iterator[SyntheticCheck]:
    with open_process(Role.WORKER, CollectorRegistry(), threads=_FEW) as process:
        app, settings = process.app, process.settings
        url = given(settings.redis.broker_url, "BROKER_URL").reveal()
        stripe = build_operator_stripe(settings, app.now)
        put = open_put_back(url, ca_file=settings.redis.ca_file)

        def send(message: dict[str, str]) -> None:
            put(QUEUE, encode(message, str(uuid4()), app.now().timestamp()))

        def pay(payment_intent_id: str) -> str:
            back = f"{app.links.base_url}/"
            return stripe.pay_with_test_card(payment_intent_id, back, idempotency_key=f"synthetic:{payment_intent_id}")

        def has_receipt(session_id: UUID) -> bool:
            return any(one.download_url is not None for one in app.receipts.view.of_payment(session_id))

        try:
            yield SyntheticCheck(
                send=send,
                find=lambda auction_id: list(app.view_payments.listed(auction_id=auction_id)),
                pay=pay,
                has_receipt=has_receipt,
                patience=patience,
            )
        finally:
            put.close()
            stripe.close_connections()
