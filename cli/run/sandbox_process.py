"""The Stripe sandbox as a process of `gavelpay run`: the same as `python -m sandbox.stripe`, with our log lines."""

import sys
from contextlib import redirect_stdout
from io import StringIO

import structlog

from cli.opening import start_logging
from sandbox.stripe.__main__ import main


def serve(arguments: list[str]) -> int:
    """Serve until told to stop; returns the exit code."""
    start_logging("sandbox")
    log = structlog.get_logger()
    log.info("sandbox.started")
    with redirect_stdout(StringIO()):  # its greeting is no line of JSON
        code = main(arguments)
    log.info("sandbox.stopped", code=code)
    return code


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:]))
