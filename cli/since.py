"""Moments as people give them to commands."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhd])")


class Since(click.ParamType[datetime]):
    """A moment: `90m`, `2h`, `7d` ago, or a time such as `2026-03-01T12:00`, in UTC where it names no zone."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        if span := _SPAN.fullmatch(value):
            return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is neither a span such as 90m, 2h or 7d, nor a time such as 2026-03-01T12:00", param, ctx
            )
        return at if at.tzinfo else at.replace(tzinfo=UTC)
