"""Where a person finds what."""

from collections.abc import Iterator
from typing import Final

import httpx

from cli.run.shell_file import NAME
from cli.run.stack import Stack

#: Seconds that a page may take to answer before it counts as not there.
TIMEOUT: Final = 5.0


def addresses(stack: Stack) -> Iterator[str]:
    """One line for each address."""
    urls, console = stack.urls, f"{stack.urls['api']}/console"
    metrics = (f"{urls['api']}/metrics", f"{urls['ingest']}/metrics", urls["worker_metrics"], urls["scheduler_metrics"])
    shown = {
        "console": console if _is_there(console) else None,
        "API": f"{urls['api']}/docs",
        "Stripe's webhooks": f"{urls['ingest']}/payments/webhooks/stripe",
        "Stripe sandbox": urls["sandbox"] if stack.own.sandbox else None,
        "mailbox": urls["mailbox"],
        "metrics": " · ".join(filter(None, metrics)),
        "tokens, pids": str(stack.run_file),
        "in another shell": f". {stack.run_file.with_name(NAME)}; gavelpay doctor",
    }
    yield "Running. Ctrl-C stops everything."
    yield from (address(name, where) for name, where in shown.items() if where)


def address(name: str, where: str) -> str:
    """One line of the list."""
    return f"  {name:<18}{where}"


def _is_there(page: str) -> bool:
    """Whether somebody answers there, if only with "sign in": a dead link is worse than none."""
    try:
        return httpx.get(page, timeout=TIMEOUT, trust_env=False).status_code != httpx.codes.NOT_FOUND
    except httpx.HTTPError:
        return False
