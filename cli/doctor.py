"""`gavelpay doctor`: can this installation do its work, and what is to be done about what it cannot?"""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Final

import click

from cli.printing import PlainCommand, as_json, colored, print_json, print_table
from cli.reaching import ask_broker, stripe_time
from gateways.stripe.guard import unguarded
from models.database import Database
from models.sealing import key_id
from runtime.clock import SystemClock
from runtime.connecting import build_stripe
from runtime.settings import KeyMode, Role, Settings, SettingsError, load
from runtime.storage import build_storage
from services.examine import (
    Finding,
    Verdict,
    database_time,
    examine_clocks,
    examine_database,
    examine_replica,
    examine_service,
    examine_stripe,
    fail,
    ok,
    warn,
)
from services.examine_keys import examine_keys
from services.examine_months import examine_months
from services.examine_storage import examine_storage
from services.examine_work import examine_work

#: The processes of the production system.
_PROCESSES: Final = (Role.API, Role.INGEST, Role.WORKER, Role.SCHEDULER)
_STRIPE: Final = "https://api.stripe.com"


@click.command(cls=PlainCommand, epilog="Example: gavelpay doctor --role worker --role scheduler")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in _PROCESSES]),
    help="What this machine runs. By default what is missing for one process is a warning.",
)
@as_json
def doctor(*, roles: tuple[str, ...], as_json: bool) -> None:
    """Check configuration, servers, Stripe and its key, clocks, who works, what waits for a person, and receipts.

    Exit code 1 if something is broken.
    """
    findings = list(examine(os.environ, [Role(role) for role in roles]))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [[colored(one.verdict), one.check, one.found, one.advice] for one in findings]
        print_table(("", "check", "found", "what to do"), rows, empty="")
    if any(finding.verdict is Verdict.FAIL for finding in findings):
        raise click.exceptions.Exit(1)


def examine(environ: Mapping[str, str], roles: Sequence[Role]) -> Iterator[Finding]:
    """Every finding, one after the other."""
    try:
        settings = load(environ, Role.RUN)
    except SettingsError as error:
        for problem in error.problems:
            yield fail("configuration", f"{problem.variable} {problem.wrong}", f"It should be {problem.right}.")
        return
    for warning in settings.warnings:
        yield warn("configuration", warning, "Correct it.")
    yield from _examine_roles(environ, roles)
    yield from _examine_services(settings)


def _examine_roles(environ: Mapping[str, str], roles: Sequence[Role]) -> Iterator[Finding]:
    tell = fail if roles else warn
    for role in roles or _PROCESSES:
        try:
            load(environ, role)
        except SettingsError as error:
            missing = ", ".join(problem.variable for problem in error.problems)
            yield tell(f"configuration, {role}", f"{missing}: not set", f"Set it where `gavelpay {role}` is to run.")
        else:
            yield ok(f"configuration, {role}", "it is complete")


def _examine_services(settings: Settings) -> Iterator[Finding]:
    if settings.database.url is None:
        yield fail("database", "DATABASE_URL is not set", "Set it to the address of PostgreSQL.")
    else:
        with closing(Database(settings.database.url.reveal(), pool_size=1, application="gavelpay doctor")) as database:
            yield from examine_database(database)
            yield from examine_months(database, SystemClock()())
            if keys := settings.crypto.encryption_keys:
                yield from examine_keys(database, [key_id(key.reveal()).hex() for key in keys])
            yield from examine_work(database, SystemClock()(), settings.windows.grace)
            yield from examine_clocks(SystemClock(), {"database": lambda: database_time(database)})
    if settings.database.replica_url is not None:
        url = settings.database.replica_url.reveal()
        with closing(Database(url, pool_size=1, application="gavelpay doctor")) as replica:
            yield examine_replica(replica)
    yield from _examine_brokers(settings)
    yield from _examine_stripe(settings)
    yield _examine_webhook_secret(settings)
    yield from _examine_receipts(settings)


def _examine_brokers(settings: Settings) -> Iterator[Finding]:
    urls = {"redis": settings.redis.url, "broker": settings.redis.separate_broker_url}
    if not any(urls.values()):
        yield fail("broker", "neither REDIS_URL nor BROKER_URL is set", "Set REDIS_URL.")
    for name, url in urls.items():
        if url is not None:
            advice = f"Start it, or correct {name.upper()}_URL. For queues, Redis needs maxmemory-policy noeviction."
            yield examine_service(name, partial(ask_broker, url.reveal(), settings.redis.ca_file), advice)


def _examine_stripe(settings: Settings) -> Iterator[Finding]:
    if settings.stripe.secret_key is None:
        yield fail("stripe", "STRIPE_SECRET_KEY is not set", "Set it; a test key begins with sk_test_.")
        return
    at = settings.stripe.api_base or _STRIPE
    stripe = build_stripe(settings, guard=unguarded, now=SystemClock())
    try:
        yield examine_stripe(stripe.ping, live=settings.stripe.key_mode is KeyMode.LIVE, at=at)
    finally:
        stripe.close_connections()
    yield from examine_clocks(SystemClock(), {"Stripe": lambda: stripe_time(at)})


def _examine_webhook_secret(settings: Settings) -> Finding:
    count = len(settings.stripe.webhook_secrets)
    if not count:
        return fail(
            "webhook secret", "STRIPE_WEBHOOK_SECRET is not set", "Copy it from the webhook endpoint at Stripe."
        )
    return ok("webhook secret", "one is set" if count == 1 else f"{count} are set, as while one is being rolled")


def _examine_receipts(settings: Settings) -> Iterator[Finding]:
    try:
        # No link is made here, so any key will do.
        storage = build_storage(settings, derive=lambda _: secrets.token_bytes(32), now=SystemClock())
    except SettingsError as error:
        yield from (
            fail("receipts", f"{one.variable} {one.wrong}", f"It should be {one.right}.") for one in error.problems
        )
        return
    with closing(storage):
        yield from examine_storage(storage, chosen=settings.receipts.storage_url is not None)
