"""What use cases tell to whoever watches: metrics in production, nobody in most tests."""

from collections.abc import Mapping
from typing import Protocol

from domain.messaging import OutgoingEvent, StoredEvent


class Observer(Protocol):
    """Hears of things that have been committed. It must neither fail nor wait."""

    def event_processed(self, event: StoredEvent, lag_seconds: float) -> None:
        """A stored event has been dealt with."""

    def delivered(self, endpoint: str, event: OutgoingEvent, outcome: str, seconds: float) -> None:
        """An outgoing event was sent, refused or given up; the exchange took so many seconds."""

    def mirror_compared(self, repairs: Mapping[str, int]) -> None:
        """The mirror of windows was compared with PostgreSQL; how many entries were mended, by what was wrong."""

    def noticed(self, kind: str, channel: str, outcome: str) -> None:
        """A notice was sent, postponed, refused, given up or dropped."""

    def pruned(self, table: str, rows: int) -> None:
        """Rows that were old and over are gone."""

    def receipt_printed(self, seconds: float) -> None:
        """A receipt or a credit note was printed, in so many seconds."""

    def receipt_failed(self, outcome: str) -> None:
        """One could not be issued: it is tried again (`retried`), or why a person must look."""


class Unobserved:
    """Nobody watches."""

    def event_processed(self, event: StoredEvent, lag_seconds: float) -> None:
        """Nothing."""

    def delivered(self, endpoint: str, event: OutgoingEvent, outcome: str, seconds: float) -> None:
        """Nothing."""

    def mirror_compared(self, repairs: Mapping[str, int]) -> None:
        """Nothing."""

    def noticed(self, kind: str, channel: str, outcome: str) -> None:
        """Nothing."""

    def pruned(self, table: str, rows: int) -> None:
        """Nothing."""

    def receipt_printed(self, seconds: float) -> None:
        """Nothing."""

    def receipt_failed(self, outcome: str) -> None:
        """Nothing."""
