"""Checks the money invariants on our own books."""

from collections import Counter
from collections.abc import Mapping

from runtime.app import build_new_id, build_store
from runtime.clock import SystemClock
from runtime.settings import Role, load
from services.check_invariants import CheckInvariants


def broken_on_our_books(env: Mapping[str, str]) -> list[str]:
    """What is broken, in sentences; empty is good."""
    now = SystemClock()
    store = build_store(load(env, Role.INGEST), role="run", ring=_silence, new_id=build_new_id(now), threads=1)
    try:
        return CheckInvariants(store.begin, now)()
    finally:
        store.database.close()


def _silence(_bells: Counter[str]) -> None:
    """Looking rings no bell."""
