"""`gavelpay doctor`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result

from gateways.storage.folder import Folder
from gateways.storage.links import SignedLinks
from gateways.storage.storage import Concern
from services.examine import Verdict, examine_clocks, examine_service
from services.examine_storage import examine_storage

Run = Callable[..., Result]


def verdicts(result: Result) -> dict[str, str]:
    return {finding["check"]: finding["verdict"] for finding in orjson.loads(result.stdout)}


def test_what_is_away_fails_with_what_to_do(run: Run) -> None:
    result = run(
        "doctor",
        "--json",
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        DATABASE_REPLICA_URL="postgresql://nobody@127.0.0.1:1/copy",
        REDIS_URL="redis://127.0.0.1:1/0",
        BROKER_URL="amqp://guest:guest@127.0.0.1:1/",
        STRIPE_API_BASE="http://127.0.0.1:1",
    )
    found = verdicts(result)

    assert result.exit_code == 1
    assert {name for name, verdict in found.items() if verdict == "fail"} == {"database", "redis", "broker", "stripe"}
    assert found["clock, Stripe"] == found["replica"] == "warn"
    assert all(finding["advice"] for finding in orjson.loads(result.stdout) if finding["verdict"] != "ok")
    assert "guest:guest" not in result.output


def test_a_key_that_stripe_refuses_is_named(run: Run) -> None:
    # Stripe is asked directly by all that ask it.
    result = run("doctor", "--json", STRIPE_SECRET_KEY="sk_test_wrongwrongwrong", HTTP_PROXY="http://127.0.0.1:9")

    assert result.exit_code == 1
    assert verdicts(result)["stripe"] == "fail"
    assert verdicts(result)["clock, Stripe"] == "ok"
    assert "refuses our key" in result.output


def test_nothing_configured_is_told_piece_by_piece(run: Run, environ: dict[str, str]) -> None:
    result = run("doctor", "--json", **dict.fromkeys(environ))

    assert result.exit_code == 1
    failed = {name for name, verdict in verdicts(result).items() if verdict == "fail"}
    assert failed == {"database", "broker", "stripe", "webhook secret"}


def test_a_value_that_cannot_be_read_is_named_and_not_shown(run: Run) -> None:
    result = run("doctor", "--json", FIELD_INDEX_KEY="too-short", DATABASE_URL="mysql://secret@h/x")

    assert result.exit_code == 1
    assert "FIELD_INDEX_KEY" in result.output
    assert "DATABASE_URL" in result.output
    assert "too-short" not in result.output
    assert "secret" not in result.output.replace("webhook secret", "")


def test_a_schema_of_another_release_fails(run: Run, fresh_database: Callable[..., str]) -> None:
    assert verdicts(run("doctor", "--json", DATABASE_URL=fresh_database()))["schema"] == "fail"


def test_clocks_are_held_against_each_other() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def verdict(**apart: float) -> Verdict:
        (finding,) = examine_clocks(lambda: now, {"other": lambda: now + timedelta(**apart)})
        return finding.verdict

    assert verdict(seconds=2) is Verdict.OK
    assert verdict(seconds=-10) is verdict(seconds=10) is Verdict.WARN
    assert verdict(minutes=-2) is verdict(minutes=2) is Verdict.FAIL
    (unread,) = examine_clocks(lambda: now, {"other": lambda: None})
    assert unread.verdict is Verdict.WARN


def test_a_service_that_answers_and_is_set_up_wrongly_is_a_warning() -> None:
    def ask() -> Any:
        return "it drops keys"

    assert examine_service("redis", ask, "Set it.").verdict is Verdict.WARN


def receipts(result: Result) -> list[dict[str, Any]]:
    return [finding for finding in orjson.loads(result.stdout) if finding["check"] == "receipts"]


def test_receipts_that_lie_where_nobody_has_said_are_a_warning(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    (finding,) = receipts(run("doctor", "--json", RECEIPT_STORAGE_URL=None))

    assert finding["verdict"] == "warn"
    assert str(tmp_path / ".gavelpay" / "receipts") in finding["found"]
    assert "every machine with an `api` or a `worker` must see it" in finding["advice"]
    assert not (tmp_path / ".gavelpay").exists()


def test_a_folder_that_takes_no_receipts_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / "receipts").write_text("a file")

    result = run("doctor", "--json")

    assert result.exit_code == 1
    (finding,) = receipts(result)
    assert finding["verdict"] == "fail"
    assert "Not a directory" in finding["found"]
    assert "RECEIPT_STORAGE_URL" in finding["advice"]


def test_a_bucket_that_is_away_fails_and_a_key_that_signs_nothing_too(run: Run, tmp_path: Path) -> None:
    amazon = {
        "RECEIPT_STORAGE_URL": "s3://house/paper",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "an-id",
        "AWS_SECRET_ACCESS_KEY": "a-fake",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
    }

    (away,) = receipts(run("doctor", "--json", **amazon))
    assert away["verdict"] == "fail"
    assert "Amazon S3 cannot show the bucket house in s3://house/paper now" in away["found"]

    front = {
        "RECEIPT_CLOUDFRONT_DOMAIN": "d.example",
        "RECEIPT_CLOUDFRONT_KEY_ID": "K123",
        "RECEIPT_CLOUDFRONT_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
    }
    (unsigned,) = receipts(run("doctor", "--json", **amazon, **front))
    assert unsigned["verdict"] == "fail"
    assert "RECEIPT_CLOUDFRONT_PRIVATE_KEY" in unsigned["found"]


def test_concerns_of_a_storage_are_warnings() -> None:
    class Worried(Folder):
        def concerns(self) -> list[Concern]:
            return [Concern("it is nearly full", "Make room.")]

    (finding,) = examine_storage(Worried(Path("/x"), SignedLinks("", b"")), chosen=True)

    assert (finding.verdict, finding.found, finding.advice) == (Verdict.WARN, "it is nearly full", "Make room.")
