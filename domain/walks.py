"""A walk over a list that Stripe keeps newest first: a slice of time, page by page. It can be put down and resumed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a list has been read. The slice under way begins some overlap before `through`."""

    #: Everything up to here is known.
    through: datetime
    #: The far end of the slice under way; None between two slices.
    until: datetime | None = None
    #: Which of several lists of that slice is being read.
    part: int = 0
    #: The id of the last object read; the next page begins behind it.
    after: str | None = None

    @classmethod
    def read(cls, value: dict[str, Any]) -> "Walk":
        """From what `written` gave."""
        until = value.get("until")
        return cls(
            datetime.fromisoformat(value["through"]),
            None if until is None else datetime.fromisoformat(until),
            value.get("part", 0),
            value.get("after"),
        )

    def written(self) -> dict[str, Any]:
        """As JSON."""
        until = None if self.until is None else self.until.isoformat()
        return {"through": self.through.isoformat(), "until": until, "part": self.part, "after": self.after}

    def begun(self, now: datetime) -> "Walk":
        """With a slice under way that ends now, unless there is one."""
        return self if self.until is not None else Walk(self.through, now)

    def stepped(self, after: str | None, parts: int = 1) -> "Walk":
        """Behind a page. `after` is the id to go on from, or None at the end of a list."""
        if self.until is None:
            return self
        if after is not None:
            return replace(self, after=after)
        if self.part + 1 < parts:
            return replace(self, part=self.part + 1, after=None)
        return Walk(self.until)

    def told_at(self, at: datetime | None) -> "Walk":
        """With the slice under way ending by Stripe's clock, where ours is ahead: what came later is not in the answer.

        Args:
            at: when Stripe answered, by its own clock; None if it does not say.
        """
        if at is None or self.until is None or at >= self.until:
            return self
        return replace(self, until=max(at, self.through))

    def restarted(self) -> "Walk":
        """At the top of the list again: Stripe has forgotten the object to go on from."""
        return replace(self, after=None)

    def begins(self, overlap: timedelta) -> datetime:
        """Where the slice under way begins: what became visible late lies within the overlap."""
        return self.through - overlap
