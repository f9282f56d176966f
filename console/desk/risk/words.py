"""Risk signals and security events in words."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from console.desk.figures import clock
from console.desk.phrases import short
from domain.security import SecurityEvent, SecurityEventKind
from domain.standing.on_hold import RISK_REASONS

SIGNALS: Final[Mapping[str, str]] = {
    kind: text[:1].upper() + text[1:].replace("'", "’") for kind, text in RISK_REASONS.items()
}


class Said(NamedTuple):
    """How a kind of security event reads."""

    title: str
    icon: str
    tint: str = ""


_KIND: Final = SecurityEventKind
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+\d\d:\d\d")
EVENTS: Final[Mapping[str, Said]] = {
    _KIND.FORGED_WEBHOOKS: Said("Webhooks with bad signatures", "i-webhook", "bad"),
    _KIND.ACCESS_DENIED: Said("Denied request", "i-lock", "warn"),
    _KIND.ACT_REFUSED: Said("Refused act", "i-operator", "warn"),
    _KIND.KEYS_ROTATED: Said("Keys were rotated", "i-lock"),
    _KIND.UNREADABLE_VALUES: Said("Values that no key opens", "i-alert", "bad"),
    _KIND.ENDPOINT_PAUSED: Said("Endpoint paused", "i-pause"),
    _KIND.ENDPOINT_RESUMED: Said("Endpoint resumed", "i-play"),
    _KIND.RECONCILIATION_ASKED: Said("Comparison with Stripe", "i-scale"),
    _KIND.AUDIT_EXPORTED: Said("Audit entries exported", "i-download"),
    _KIND.AUDIT_HEADS_SIGNED: Said("Audit chains signed", "i-check", "good"),
    _KIND.EVENTS_RESENT: Said("Events sent again", "i-delivery"),
    _KIND.EVENTS_DROPPED: Said("Events dropped", "i-delivery"),
}


def said(kind: str) -> Said:
    """How a kind reads; one that we have no words for, by its name."""
    return EVENTS.get(kind) or Said(kind.replace("_", " ").capitalize(), "i-shield")


def details(event: SecurityEvent, now: datetime) -> str:
    """What else is known, in a line."""
    return ", ".join(f"{name.replace('_', ' ')}: {plain(value, now)}" for name, value in event.data.items())


def plain(value: Any, now: datetime) -> str:
    """A value as people read it: times as elsewhere, no braces."""
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {plain(one, now)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(plain(one, now) for one in value)
    if isinstance(value, str) and _TIME.fullmatch(value):
        return f"{clock(datetime.fromisoformat(value), now)} UTC"
    return str(short(value))
