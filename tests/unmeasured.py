"""Processes whose lines are not counted, because others show that they are covered."""

import os


def unmeasured() -> dict[str, str]:
    """This environment, without what has a process of Python count its lines: that takes half of its time again."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
