"""What happened in a run, line by line. The same seed gives the same lines."""

from collections.abc import Iterator
from hashlib import sha256

from proof.simulation.loop import Loop


class Log:
    """Lines with virtual times. Each may name the lot that it is about."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._lines: list[tuple[float, str, str]] = []

    def add(self, lot: str, *words: object) -> None:
        """Write a line."""
        self._lines.append((self._loop.now, lot, " ".join(map(str, words))))

    def lines(self, lot: str | None = None) -> Iterator[str]:
        """All lines, or those about one lot."""
        for at, whose, words in self._lines:
            if lot is None or whose == lot:
                yield f"{_written(at)} {whose or '-'} {words}"

    def digest(self) -> str:
        """SHA-256 over all lines, in hexadecimal."""
        whole = sha256()
        for line in self.lines():
            whole.update(line.encode() + b"\n")
        return whole.hexdigest()


def _written(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{round(seconds % 1 * 1000) % 1000:03}"
