"""Channels that take nothing at present are left in peace for a while, in this process."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from domain.backoff import backoff
from domain.notice import Channel

#: The first rest is some seconds, the longest some minutes: one try each then tells whether a channel is there again.
_EASY: Final = 4
_LONGEST: Final = 300.0


@dataclass(slots=True)
class Rests:
    """Until when which channel rests. Any thread may use it; one that comes too late costs one more call."""

    _until: dict[Channel, datetime] = field(default_factory=dict)
    _failures: dict[Channel, int] = field(default_factory=dict)

    def away(self, channel: Channel, now: datetime, rng: Random) -> datetime:
        """It did not answer, or let nobody in; answers until when it is left in peace."""
        failures = self._failures[channel] = self._failures.get(channel, 0) + 1
        until = self._until[channel] = now + backoff(failures + _EASY, rng, longest=_LONGEST)
        return until

    def is_there(self, channel: Channel) -> None:
        """It has taken something."""
        self._failures.pop(channel, None)
        self._until.pop(channel, None)

    def rest_of(self, channel: Channel, now: datetime) -> datetime | None:
        """Until when it rests; None if it does not."""
        until = self._until.get(channel, now)
        return until if until > now else None

    def resting(self, now: datetime) -> list[Channel]:
        """All that rest now."""
        return [channel for channel in Channel if self.rest_of(channel, now)]
