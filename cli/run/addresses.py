"""Where a person finds what."""

from collections.abc import Iterator

from cli.run.stack import Stack


def addresses(stack: Stack) -> Iterator[str]:
    """One line for each address."""
    urls = stack.urls
    shown = {
        "console": f"{urls['api']}/console",
        "API": f"{urls['api']}/docs",
        "Stripe's webhooks": f"{urls['ingest']}/payments/webhooks/stripe",
        "Stripe sandbox": urls["sandbox"] if stack.own.sandbox else None,
        "mailbox": urls["mailbox"],
        "metrics": f"{urls['api']}/metrics · {urls['ingest']}/metrics · {urls['worker_metrics']} · "
        f"{urls['scheduler_metrics']}",
    }
    yield "Running. Ctrl-C stops everything."
    yield from (address(name, where) for name, where in shown.items() if where)


def address(name: str, where: str) -> str:
    """One line of the list."""
    return f"  {name:<18}{where}"
