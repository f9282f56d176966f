"""Processes whose lines are not counted, because others show that they are covered."""

import os
from typing import Final

_ALONE: Final = """
import os, runpy
for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
    del os.environ[name]
runpy.run_module("cli", run_name="__main__", alter_sys=True)
"""
#: `python …` with these is `gavelpay`, whose own lines are counted, and those of the processes that it starts are not.
COMMAND_ALONE: Final = ("-c", _ALONE)


def unmeasured() -> dict[str, str]:
    """This environment, without what has a process of Python count its lines: that takes half of its time again."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
