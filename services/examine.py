"""Whether an installation can do its work: what was found, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.clock import Clock
from domain.errors import GavelpayError
from models import schema
from models.database import Database

#: Stripe signs webhooks with its time and we refuse those older than five minutes: a clock this wrong is near that.
_FAR_OFF: Final = timedelta(seconds=60)
#: Good clocks agree within a second; Stripe's header has whole seconds.
_OFF: Final = timedelta(seconds=3)
#: What a payment's commit rests on.
_DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    #: It works, and may not for long or not for all.
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check."""

    check: str
    verdict: Verdict
    found: str
    #: What to do, unless all is well.
    advice: str | None = None


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, found)


def warn(check: str, found: str, advice: str) -> Finding:
    """It works, but."""
    return Finding(check, Verdict.WARN, found, advice)


def fail(check: str, found: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.FAIL, found, advice)


def examine_database(database: Database) -> Iterator[Finding]:
    """Whether PostgreSQL is there, new enough in its schema, and keeps what it has confirmed."""
    try:
        ((version,),) = database.rows("SELECT current_setting('server_version')")
    except GavelpayError as error:
        advice = "Start PostgreSQL, or correct DATABASE_URL. Runbook database-away."
        yield fail("database", f"it does not answer: {_line(error)}", advice)
        return
    yield ok("database", f"PostgreSQL {version} answers")
    if schema.is_current(database):
        yield ok("schema", "it is current")
    else:
        yield fail("schema", "it is not the one of this release", "Run `gavelpay migrate`.")
    settings = dict(database.rows("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_DURABLE)]))
    off = [name for name in _DURABLE if settings.get(name) == "off"]
    if off:
        advice = f"Set {', '.join(off)} to on: a payment that was confirmed must survive a power failure."
        yield fail("durability", f"{', '.join(off)} is off", advice)
    else:
        yield ok("durability", f"{', '.join(_DURABLE)} are on")


def examine_replica(replica: Database) -> Finding:
    """Whether the copy that reports are read from is there, and has what they read."""
    advice = "Start it, or correct or unset DATABASE_REPLICA_URL. Meanwhile reports read the database."
    try:
        if not schema.is_current(replica):
            advice = "Wait until it has caught up; if it never does, DATABASE_REPLICA_URL names another database."
            return warn("replica", "its schema is not the one of this release", advice)
    except GavelpayError as error:
        return warn("replica", f"it does not answer: {_line(error)}", advice)
    return ok("replica", "it answers, and its schema is current")


def examine_clocks(here: Clock, others: dict[str, Callable[[], datetime | None]]) -> Iterator[Finding]:
    """Whether this machine's clock agrees with others.

    Args:
        here: this machine's.
        others: by name, what reads another clock; None where it cannot be read.
    """
    for name, read in others.items():
        check = f"clock, {name}"
        before = here()
        there = read()
        after = here()
        if there is None:
            yield warn(check, "it could not be read", "Mend what keeps it from answering, and look again.")
            continue
        # Where the answer was on its way, in between, it may have been right all the time.
        off = max(before - there, there - after, timedelta())
        found = f"{off.total_seconds():.1f} s apart from this machine's"
        advice = "Let this machine's clock be set by a time server (chrony, systemd-timesyncd)."
        if off > _FAR_OFF:
            yield fail(check, found, advice)
        elif off > _OFF:
            yield warn(check, found, advice)
        else:
            yield ok(check, "it agrees with this machine's")


def database_time(database: Database) -> datetime | None:
    """The database's clock; None if it cannot be read."""
    try:
        ((at,),) = database.rows("SELECT clock_timestamp()")
    except GavelpayError:
        return None
    return at if isinstance(at, datetime) else None


def examine_stripe(ask: Callable[[], object], *, live: bool, at: str) -> Finding:
    """Whether Stripe is there and takes our key.

    Args:
        ask: asks Stripe who we are.
        live: whether the key moves real money.
        at: Stripe's address, or that of what stands in for it.
    """
    mode = "live" if live else "test"
    try:
        ask()
    except GavelpayError as error:
        advice = (
            "Correct STRIPE_SECRET_KEY or STRIPE_API_BASE, or let this machine reach Stripe itself: HTTPS_PROXY is not"
            " used for that."
        )
        return fail("stripe", f"{_line(error)} (asked at {at})", advice)
    return ok("stripe", f"{at} takes the key, which is a {mode} key")


def examine_service(check: str, ask: Callable[[], str | None], advice: str) -> Finding:
    """Whether a service is there.

    Args:
        check: its name.
        ask: asks it; gives what is wrong with it although it answers, or None. It raises `OSError` if it is away.
        advice: what to do.
    """
    try:
        wrong = ask()
    except OSError as error:
        return fail(check, f"it does not answer: {_line(error)}", advice)
    return warn(check, wrong, advice) if wrong else ok(check, "it answers")


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
