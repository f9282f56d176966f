"""`python -m sandbox.stripe`: a sandbox as a process of its own, until SIGTERM or Ctrl-C."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvicorn

from sandbox.stripe.host import Host
from sandbox.stripe.journal import Journal
from sandbox.stripe.limits import RateLimits
from sandbox.stripe.server import bind, config, open_core, system_clock
from sandbox.stripe.settings import PUBLISHABLE_KEY, SECRET_KEY, Settings


def parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    """The options. Keys and secrets may come from the environment, where nobody else sees them."""
    made = argparse.ArgumentParser(prog="python -m sandbox.stripe", description="A stand-in for Stripe on 127.0.0.1.")
    made.add_argument("--port", type=int, default=12111, help="0: a free one")
    made.add_argument("--public-url", help="where browsers reach the pages (default: the address itself)")
    made.add_argument("--mailbox-url", help="where whoever looks for /mailbox here is sent on to")
    made.add_argument("--webhook-url", help="where events are sent")
    made.add_argument(
        "--webhook-secret",
        default=environ.get("STRIPE_WEBHOOK_SECRET"),
        help="what signs them (default: STRIPE_WEBHOOK_SECRET, the first of several)",
    )
    made.add_argument("--secret-key", default=environ.get("STRIPE_SECRET_KEY", SECRET_KEY))
    made.add_argument("--publishable-key", default=environ.get("STRIPE_PUBLISHABLE_KEY", PUBLISHABLE_KEY))
    made.add_argument("--data-file", type=Path, help="keep what happened here, and go on from it")
    made.add_argument("--seed", help="of ids and faults")
    made.add_argument("--rate-limit", type=float, help="calls per second (Stripe's test mode: 25)")
    made.add_argument("--endpoint-rate-limit", type=float, help="calls per second on one endpoint")
    made.add_argument("--capture-delay", type=float, default=1.0, help="seconds until a charge has its fees")
    made.add_argument("--settlement-delay", type=float, help="seconds until a bank debit settles (default: when told)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit code."""
    options = parser(os.environ).parse_args(arguments)
    try:
        listener = bind(options.port)
    except OSError as error:
        sys.stderr.write(f"the Stripe sandbox cannot listen on port {options.port}: {error.strerror}\n")
        return 1
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(
        secret_keys=(options.secret_key,),
        publishable_keys=(options.publishable_key,),
        public_url=options.public_url or url,
        mailbox_url=options.mailbox_url,
        capture_delay=options.capture_delay,
        settlement_delay=options.settlement_delay,
        limits=RateLimits(options.rate_limit, options.endpoint_rate_limit),
    )
    journal = Journal(options.data_file) if options.data_file is not None else None
    core = open_core(settings, system_clock, options.seed, journal)
    if options.webhook_url:
        secret = (options.webhook_secret or "").split(",")[0].strip()
        core.listen(options.webhook_url, secret or None, name="start")
    sys.stdout.write(f"Stripe sandbox on {url}\n")
    sys.stdout.flush()
    for told in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops on them, and raises them once more when it is done.
        signal.signal(told, signal.SIG_IGN)
    uvicorn.Server(config(Host(core, journal))).run(sockets=[listener])
    if journal is not None:
        journal.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
