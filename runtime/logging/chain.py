"""The one way of every log line: ids, time, identity, traceback, redaction, outputs."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from runtime.logging.alike import FIELD, Alike
from runtime.logging.outputs import Event, Lines, Output
from runtime.logging.redaction import redact

Processor = Callable[[Any, str, Any], Any]

#: Method names that are no level's name.
_LEVELS: Final = {"exception": "error", "warn": "warning", "fatal": "critical", "msg": "info"}


class Chain:
    """Turns what was logged into a line and hands it to every output."""

    def __init__(self, identity: Mapping[str, str], now: Callable[[], datetime], outputs: Sequence[Output]) -> None:
        self._identity = dict(identity)
        self._now = now
        self._outputs = tuple(outputs)
        self.processors: tuple[Processor, ...] = (
            structlog.contextvars.merge_contextvars,
            structlog.processors.StackInfoRenderer(),
            # Plain text without local variables, which would show what no line may show.
            structlog.processors.format_exc_info,
            redact,
            # After the search, to which time and identity are nothing new.
            self._stamp,
        )

    def write(self, level: str, event: dict[str, Any]) -> None:
        """Take an event through the whole chain. For lines that do not come from structlog."""
        for processor in self.processors:
            event = processor(None, level, event)
        self.emit(event)

    def emit(self, event: Event) -> None:
        """Hand a finished event to every output; one that stands for several, as so many."""
        several = event.get(FIELD)
        if not isinstance(several, Alike):
            for output in self._outputs:
                output(event)
            return
        shared = {name: value for name, value in event.items() if name != FIELD}
        events = [{**shared, **own} for own in several]
        for output in self._outputs:
            if isinstance(output, Lines):
                output.all(events)
            else:
                for one in events:
                    output(one)

    def _stamp(self, _: object, method: str, event: Mapping[str, Any]) -> dict[str, Any]:
        moment = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"timestamp": moment, "level": _LEVELS.get(method, method), "event": ""}
        # A field of the caller's takes the place of the event's text only.
        # The pid is asked for each time, as pools of workers fork.
        own = {"pid": os.getpid(), "timestamp": moment, "level": head["level"]}
        return {**head, **event, **self._identity, **own}


class Sink:
    """The logger under structlog's: every method takes a finished event."""

    def __init__(self, chain: Chain) -> None:
        self._write = chain.emit

    def msg(self, event: Event) -> None:
        """Write an event."""
        self._write(event)

    debug = info = warning = warn = error = critical = fatal = exception = log = msg


class StandardHandler(logging.Handler):
    """Brings lines of the standard library's logging into the chain."""

    def __init__(self, chain: Chain) -> None:
        super().__init__()
        self._chain = chain

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record. One that cannot be formatted is told of and never raises."""
        event: dict[str, Any] = {"event": _message(record), "logger": record.name}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        if record.stack_info:
            event["stack"] = record.stack_info
        self._chain.write(record.levelname.lower(), event)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit their message, in somebody else's code
        return f"{record.msg} {record.args}"


def finish(_: object, __: str, event: Event) -> tuple[tuple[Event], dict[str, Any]]:
    """Structlog's last processor: pass the event to the sink as it is."""
    return (event,), {}
