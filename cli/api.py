"""`gavelpay api`: HTTP API, buyer's page, console."""

from contextlib import closing
from typing import Final

import click
from prometheus_client import CollectorRegistry

from cli.opening import open_process, start_logging
from console.app import create_api
from console.limits import Limits
from console.server import serve
from runtime.allowances import build_allowances
from runtime.issuing import build_issuer
from runtime.memory import settle
from runtime.metrics import exposition
from runtime.serving import CannotListen
from runtime.settings import Role
from runtime.verifying import build_verifier

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@click.command(epilog="Example: gavelpay api --host 0.0.0.0 --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is all of them.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--one-click-sign-in", is_flag=True, hidden=True)  # `gavelpay run` alone: whoever clicks is an admin
def api(*, host: str, port: int, one_click_sign_in: bool) -> None:
    """Answer the auction service, buyers and operators."""
    if one_click_sign_in and host not in _LOOPBACK:
        raise click.UsageError("--one-click-sign-in is for this machine alone: listen on 127.0.0.1")
    start_logging("api")
    registry, limits = CollectorRegistry(), Limits()
    threads = limits.threads + limits.checkouts
    with (
        open_process(Role.API, registry, threads=threads) as process,
        closing(build_allowances(process.settings)) as allowances,
    ):
        web = create_api(
            process.app,
            build_verifier(process.settings.auth, process.app.now),
            render_metrics=lambda: exposition(registry)[0],
            limits=limits,
            take=allowances.take,
            issue_token=build_issuer(process.settings, process.app.now) if one_click_sign_in else None,
        )
        settle()
        try:
            serve(web, host, port, limits=limits)
        except CannotListen as error:
            raise click.ClickException(str(error)) from None
