"""What keeps the command from running is told in one sentence, before anything is started."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.run.command import run, run_until_stopped
from cli.run.options import Options
from tests.run.running import free_port_base


def refused(directory: Path, environ: dict[str, str]) -> int:
    options = Options(
        auctions=12, rate=2.0, exit_when_settled=True, data_dir=directory, port_base=free_port_base(), seed=1
    )
    return run_until_stopped(options, environ)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"PAYMENT_WINDOW_MINUTES": "soon"}, "PAYMENT_WINDOW_MINUTES is not a number"),
        ({"STRIPE_SECRET_KEY": "whatever"}, "STRIPE_SECRET_KEY is no secret key of Stripe"),
        ({"AUTH_JWKS_URL": "https://issuer.example/keys"}, "run with --auctions 0"),
    ],
)
def test_wrong_settings_are_told_and_nothing_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], environ: dict[str, str], told: str
) -> None:
    assert refused(tmp_path / "data", environ) == 1
    error = capsys.readouterr().err
    assert told in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert refused(tmp_path / "file" / "data", {}) == 1
    assert "cannot be used for data" in capsys.readouterr().err


def test_wrong_options_are_wrong_usage() -> None:
    assert CliRunner().invoke(run, ["--auctions", "-1"]).exit_code == 2


def test_the_help_has_examples() -> None:
    assert "gavelpay run --auctions 40 --exit-when-settled" in CliRunner().invoke(run, ["--help"]).output
