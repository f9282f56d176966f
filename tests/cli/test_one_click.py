"""Signing in by a click is for one machine, and for money that is not real."""

from pathlib import Path

from click.testing import CliRunner

from cli.api import api
from cli.run.children import Processes
from cli.run.ports import Ports
from domain.clock import Clock
from runtime.issuing import build_issuer
from runtime.settings import Role, load
from runtime.tokens import CallerRole, SharedSecret, TokenVerifier
from tests.house import BASE, Time

_SECRET = "a development secret of more than thirty-two bytes"


def test_others_cannot_reach_it() -> None:
    refused = CliRunner().invoke(api, ["--host", "0.0.0.0", "--one-click-sign-in"])  # noqa: S104 - what is refused
    assert refused.exit_code == 2
    assert "for this machine alone" in refused.output


def test_a_run_offers_it_only_with_a_secret_of_its_own() -> None:
    ports, folder = Ports(20_000), Path("data")
    assert "--one-click-sign-in" not in Processes(ports, {}, folder).api().argv
    assert "--one-click-sign-in" in Processes(ports, {}, folder, makes_tokens=True).api().argv


def test_tokens_are_made_only_where_the_secret_is_known_and_money_is_not_real() -> None:
    now: Clock = Time()
    environ = BASE | {"DATABASE_URL": "postgresql://x@127.0.0.1/x"}
    issue = build_issuer(load(environ | {"AUTH_JWT_SECRET": _SECRET}, Role.WORKER), now)
    assert issue is not None
    caller = TokenVerifier(SharedSecret(_SECRET), now)(issue("ines", CallerRole.AUDITOR))
    assert (caller.subject, caller.role) == ("ines", CallerRole.AUDITOR)
    elsewhere = {"AUTH_JWKS_URL": "https://issuer.example/keys"}
    assert build_issuer(load(environ | elsewhere, Role.WORKER), now) is None
    real = {"AUTH_JWT_SECRET": _SECRET, "STRIPE_SECRET_KEY": "sk_live_x", "PUBLIC_URL": "https://pay.example"}
    assert build_issuer(load(environ | real, Role.WORKER), now) is None
