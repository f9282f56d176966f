"""Logging, configured once by the composition root.

Code logs with `structlog.get_logger()`: past-tense dotted names with ids as fields, as in
`log.info("payment.completed", session_id=…)`. Lines of the standard library's logging (uvicorn, Dramatiq, SQLAlchemy,
APScheduler, Alembic), warnings and crashes take the same way. No line shows card numbers, keys, tokens or addresses.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

import structlog

from runtime.logging.alike import log_alike
from runtime.logging.chain import Chain, Sink, StandardHandler, finish
from runtime.logging.context import bind_payment
from runtime.logging.outputs import JsonFile, Output, json_lines, readable_lines
from runtime.logging.secrets import redact_text

__all__ = ["Logs", "bind_payment", "configure_logging", "log_alike", "redact_text"]

# Libraries that bring handlers of their own: their lines would leave twice, and once unredacted.
_OWN_HANDLERS: Final = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "dramatiq",
    "apscheduler",
    "alembic",
    "sqlalchemy",
)
# Each connection, request and tick of theirs at INFO says nothing that our own lines do not.
_QUIET: Final = ("apscheduler", "httpx", "httpcore", "pika", "stripe", "uvicorn.access")


class Logs:
    """The logging of this process. `close` ends it, for commands and tests; a server keeps it until it dies."""

    def __init__(self, chain: Chain, level: int, file: JsonFile | None) -> None:
        self._chain = chain
        self._file = file
        self._handler = StandardHandler(chain)
        self._before = (logging.getLogger().level, sys.excepthook, threading.excepthook)
        structlog.configure(
            processors=[*chain.processors, finish],
            wrapper_class=structlog.make_filtering_bound_logger(level),
            logger_factory=lambda *_: Sink(chain),
            cache_logger_on_first_use=False,
        )
        root = logging.getLogger()
        root.addHandler(self._handler)
        root.setLevel(level)
        for name in _OWN_HANDLERS:
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True
        for name in _QUIET:
            logging.getLogger(name).setLevel(max(level, logging.WARNING))
        logging.captureWarnings(capture=True)
        sys.excepthook = self._crashed
        threading.excepthook = self._thread_crashed

    def close(self) -> None:
        """Give back what was taken, and close the file. Lines logged later take structlog's and logging's own way."""
        logging.captureWarnings(capture=False)
        root = logging.getLogger()
        root.removeHandler(self._handler)
        level, sys.excepthook, threading.excepthook = self._before
        root.setLevel(level)
        structlog.reset_defaults()
        if self._file:
            self._file.close()

    def _crashed(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        self._chain.write("critical", {"event": "process.crashed", "exc_info": (kind, error, traceback)})

    def _thread_crashed(self, crash: Any) -> None:
        if issubclass(crash.exc_type, SystemExit):
            return
        error = crash.exc_value or crash.exc_type()
        event = {"event": "thread.crashed", "exc_info": (crash.exc_type, error, crash.exc_traceback)}
        self._chain.write("critical", {**event, "thread": getattr(crash.thread, "name", None)})


def configure_logging(
    *,
    process: str,
    role: str,
    version: str,
    now: Callable[[], datetime],
    terminal: TextIO,
    readable: bool | None = None,
    level: int = logging.INFO,
    log_file: Path | None = None,
    also: Sequence[Output] = (),
) -> Logs:
    """Route every line of this process to `terminal`, and as JSON lines to `log_file` where it is given.

    Args:
        process: The process's name, such as `worker-2`.
        role: What it was started as.
        version: The program's version.
        now: The time in aware UTC.
        terminal: A stream, usually standard error.
        readable: Lines for people instead of JSON; None decides by whether the stream is a terminal.
        level: The lowest level that is written.
        log_file: Appended to; its folder is made.
        also: Further outputs, which get every line as it is written.
    """
    is_terminal = terminal.isatty()
    people = is_terminal if readable is None else readable
    colors = is_terminal and not os.environ.get("NO_COLOR")
    file = JsonFile(log_file) if log_file else None
    outputs: list[Output] = [readable_lines(terminal, colors=colors) if people else json_lines(terminal)]
    outputs += [*([file] if file else []), *also]
    identity = {"process": process, "role": role, "version": version}
    return Logs(Chain(identity, now, outputs), level, file)
