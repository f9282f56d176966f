"""Where lines go: JSON lines to a stream or a file, readable lines to a terminal."""

import io
import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TextIO

import orjson
import structlog

Event = Mapping[str, Any]
Output = Callable[[Event], None]
#: What one write to a pipe may hold, so that the lines of several processes do not mix (POSIX's PIPE_BUF, on Linux).
_WHOLE: Final = 4096

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


class Lines(ABC):
    """An output that writes lines. Many at once cost it a tenth of what they cost one after the other."""

    def __call__(self, event: Event) -> None:
        """Write one line."""
        self.all((event,))

    @abstractmethod
    def all(self, events: Iterable[Event]) -> None:
        """Write several lines, each of them whole, whoever else writes to the same place."""


def json_lines(stream: TextIO) -> Lines:
    """Write JSON lines to a text stream."""
    return _Stream(stream, as_json)


def readable_lines(stream: TextIO, *, colors: bool) -> Lines:
    """Write lines for people to a text stream."""
    # Not the default formatter of tracebacks, which prints local variables.
    render = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)

    def line(event: Event) -> bytes:
        shown = {
            key.translate(_CONTROLS): _visible(key, value)
            for key, value in event.items()
            if key not in _NOT_ON_TERMINAL
        }
        # What no encoding can hold is shown as it is written in Python.
        return f"{render(None, '', shown)}\n".encode(errors="backslashreplace")

    return _Stream(stream, line)


class JsonFile(Lines):
    """A file of JSON lines, for its owner's eyes only. Several processes may append to the same file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered and appending: no line is divided among system calls, so lines of several processes do not mix.
        self._file = io.FileIO(path, "ab", opener=_private)

    def all(self, events: Iterable[Event]) -> None:
        """Append lines. A full disk loses them and nothing else."""
        with suppress(OSError, ValueError):
            self._file.write(b"".join(map(as_json, events)))

    def close(self) -> None:
        """Close the file; later lines are lost."""
        self._file.close()


class _Stream(Lines):
    def __init__(self, stream: TextIO, line: Callable[[Event], bytes]) -> None:
        self._stream = stream
        self._line = line
        self._lock = threading.Lock()

    def all(self, events: Iterable[Event]) -> None:
        """Write lines. A closed pipe loses them and nothing else: work goes on when nobody reads."""
        encoding = self._stream.encoding or "utf-8"
        for written in _whole(map(self._line, events)):
            text = written.decode()
            with self._lock, suppress(OSError, ValueError):
                self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
                self._stream.flush()


def _whole(lines: Iterable[bytes]) -> Iterator[bytes]:
    """As many lines together as one write can hold; a longer one alone."""
    together, size = list[bytes](), 0
    for line in lines:
        if together and size + len(line) > _WHOLE:
            yield b"".join(together)
            together, size = [], 0
        together.append(line)
        size += len(line)
    yield b"".join(together)


def _visible(key: str, value: object) -> object:
    if isinstance(value, str):
        return value.translate(_CONTROLS_BUT_BREAKS if key in _OF_SEVERAL_LINES else _CONTROLS)
    return value


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
