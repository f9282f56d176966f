"""Runs a command in a process whose machine's clock is wrong: `python -m cli.drill.skewed SECONDS worker …`.

No program here may set a machine's clock, so it is the one place where the code reads it that is shifted.
"""

import sys
from datetime import UTC, datetime, timedelta

from runtime.clock import SystemClock


def shift(seconds: float) -> None:
    """Let this process's machine's clock go ahead by so much."""
    ahead = timedelta(seconds=seconds)

    def shifted(self: SystemClock) -> datetime:  # noqa: ARG001 - the clock itself is not asked
        return datetime.now(UTC) + ahead

    SystemClock.__call__ = shifted  # type: ignore[method-assign]


if __name__ == "__main__":
    shift(float(sys.argv.pop(1)))
    from cli.main import main

    main()
