"""Errors to Sentry, where SENTRY_DSN is set: the finished lines of the log, from which every secret is gone already.

It is one more output of the log, behind the redaction, and no integration that looks into frames: no local variable, no
header and no body ever reaches it.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from runtime.logging.outputs import Event, Output

#: Levels of the log that a person should hear of, as Sentry calls them.
_LEVELS: Final[Mapping[str, str]] = {"error": "error", "critical": "fatal"}
_TAGS: Final = ("role", "process", "queue", "actor", "bell", "operation", "code")
_OWN: Final = frozenset({"event", "level", "timestamp", "version", "pid"})


def sentry_event(line: Event) -> dict[str, Any] | None:
    """A line of the log as Sentry takes it; None for what nobody has to hear of.

    Lines of the same name that ended in the same error are one issue, whatever ids they carry.
    """
    level = _LEVELS.get(str(line.get("level")))
    if level is None:
        return None
    name, traceback = str(line.get("event", "")), str(line.get("exception", ""))
    error = traceback.rstrip().rpartition("\n")[2].partition(":")[0]
    return {
        "message": {"formatted": f"{name}: {error}" if error else name},
        "level": level,
        "logger": str(line.get("logger", "gavelpay")),
        "fingerprint": [name, error],
        "tags": {tag: str(line[tag]) for tag in _TAGS if line.get(tag) is not None},
        "extra": {key: value for key, value in line.items() if key not in _OWN},
    }


def report_to(capture: Callable[[dict[str, Any]], object]) -> Output:
    """An output of the log that hands errors to `capture`, which must neither wait nor fail."""

    def report(line: Event) -> None:
        event = sentry_event(line)
        if event is not None:
            capture(event)

    return report


def open_sentry(dsn: str, *, release: str) -> Output:
    """Report to the Sentry of this address, from a thread of its own."""
    # Only here: it is slow to import, and most processes report nowhere.
    sdk: Any = import_module("sentry_sdk")
    sdk.init(
        dsn=dsn,
        release=f"gavelpay@{release}",
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
    )
    return report_to(sdk.capture_event)
