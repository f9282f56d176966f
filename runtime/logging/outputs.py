"""Where lines go: JSON lines to a stream or a file, readable lines to a terminal."""

import io
import json
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TextIO

import orjson
import structlog

Event = Mapping[str, Any]
Output = Callable[[Event], None]

# What identifies the process is the same on each line of a terminal; it stays in the file.
_NOT_ON_TERMINAL: Final = frozenset({"pid", "version", "role"})
# A terminal acts on control characters, and a line break would forge a line.
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_CONTROLS_BUT_BREAKS: Final = {code: shown for code, shown in _CONTROLS.items() if chr(code) not in "\n\t"}
_OF_SEVERAL_LINES: Final = frozenset({"exception", "stack"})


def as_json(event: Event) -> bytes:
    """One line of JSON with its line break."""
    try:
        return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # Lone surrogates, which undecodable file names bring.
        return json.dumps(event, default=str).encode() + b"\n"


def json_lines(stream: TextIO) -> Output:
    """Write JSON lines to a text stream."""
    return _locked(stream, lambda event: as_json(event).decode())


def readable_lines(stream: TextIO, *, colors: bool) -> Output:
    """Write lines for people to a text stream."""
    # Not the default formatter of tracebacks, which prints local variables.
    render = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)

    def line(event: Event) -> str:
        shown = {
            key.translate(_CONTROLS): _visible(key, value)
            for key, value in event.items()
            if key not in _NOT_ON_TERMINAL
        }
        return f"{render(None, '', shown)}\n"

    return _locked(stream, line)


class JsonFile:
    """A file of JSON lines, for its owner's eyes only. Several processes may append to the same file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered and appending: one system call a line, so lines of several processes do not mix.
        self._file = io.FileIO(path, "ab", opener=_private)

    def __call__(self, event: Event) -> None:
        """Append one line. A full disk loses the line and nothing else."""
        with suppress(OSError, ValueError):
            self._file.write(as_json(event))

    def close(self) -> None:
        """Close the file; later lines are lost."""
        self._file.close()


def _locked(stream: TextIO, line: Callable[[Event], str]) -> Output:
    lock = threading.Lock()

    def write(event: Event) -> None:
        text = line(event)
        encoding = stream.encoding or "utf-8"
        # A closed pipe loses the line and nothing else: work goes on when nobody reads.
        with lock, suppress(OSError, ValueError):
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()

    return write


def _visible(key: str, value: object) -> object:
    if isinstance(value, str):
        return value.translate(_CONTROLS_BUT_BREAKS if key in _OF_SEVERAL_LINES else _CONTROLS)
    return value


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
