"""How settings are read: files, roles, all problems at once, misspellings."""

import base64
from pathlib import Path

import pytest

from runtime.settings import Role, Settings, SettingsError, describe, given, load

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
COMPLETE = {
    "DATABASE_URL": "postgresql://u:p@h/d",
    "REDIS_URL": "redis://h",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "AUTH_JWT_SECRET": "x" * 32,
    "FIELD_ENCRYPTION_KEYS": KEY,
    "FIELD_INDEX_KEY": base64.urlsafe_b64encode(b"i" * 32).decode(),
}


def _problems(environ: dict[str, str], role: Role, *needs: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        load(environ, role, needs=needs)
    return [problem.variable for problem in raised.value.problems]


@pytest.mark.parametrize("role", Role)
def test_every_role_starts_with_everything_set_and_nothing_to_warn_of(role: Role) -> None:
    assert load(COMPLETE, role).warnings == ()


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        (
            Role.INGEST,
            [
                "DATABASE_URL",
                "BROKER_URL or REDIS_URL",
                "STRIPE_WEBHOOK_SECRET",
                "FIELD_ENCRYPTION_KEYS",
                "FIELD_INDEX_KEY",
            ],
        ),
        (
            Role.API,
            [
                "DATABASE_URL",
                "REDIS_URL",
                "STRIPE_SECRET_KEY",
                "STRIPE_PUBLISHABLE_KEY",
                "AUTH_JWT_SECRET or AUTH_JWKS_URL",
                "FIELD_ENCRYPTION_KEYS",
                "FIELD_INDEX_KEY",
            ],
        ),
        (
            Role.WORKER,
            ["DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "FIELD_INDEX_KEY"],
        ),
        (Role.SCHEDULER, ["DATABASE_URL", "BROKER_URL or REDIS_URL"]),
        (Role.MIGRATE, ["DATABASE_URL"]),
        (Role.CLI, ["DATABASE_URL"]),
    ],
)
def test_each_role_names_all_that_it_misses(role: Role, missing: list[str]) -> None:
    assert _problems({}, role) == missing


def test_run_needs_nothing_and_has_the_defaults() -> None:
    assert load({}, Role.RUN) == Settings()


def test_a_command_adds_what_it_needs() -> None:
    assert _problems({"DATABASE_URL": "postgresql://h"}, Role.CLI, "STRIPE_SECRET_KEY") == ["STRIPE_SECRET_KEY"]


def test_all_problems_come_at_once_one_line_each() -> None:
    environ = {**COMPLETE, "PAYMENT_RETRY_LIMIT": "x", "PAYMENT_LATE_POLICY": "y", "DATABASE_URL": ""}
    with pytest.raises(SettingsError) as raised:
        load(environ, Role.WORKER)
    place = "postgresql://user:password@host:5432/database"
    address = f"an address such as {place} (special characters in the password as %XX)"
    assert str(raised.value).splitlines() == [
        "PAYMENT_RETRY_LIMIT is not a whole number; it should be a whole number from 0 to 20",
        "PAYMENT_LATE_POLICY is not one of the policies; it should be refund or honor",
        f"DATABASE_URL is not set, and `gavelpay worker` needs it; it should be {address}",
    ]


def test_blank_values_count_as_not_set_and_blanks_around_values_do_not_count() -> None:
    settings = load({"PAYMENT_RETRY_LIMIT": " 2\n", "THREE_DS_THRESHOLD": "  "}, Role.RUN)
    assert settings == load({"PAYMENT_RETRY_LIMIT": "2"}, Role.RUN)


def test_a_value_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "database_url"
    file.write_text("postgresql://u:p@h/d\n")
    settings = load({"DATABASE_URL_FILE": str(file)}, Role.MIGRATE)
    assert given(settings.database.url, "DATABASE_URL").reveal() == "postgresql://u:p@h/d"


def test_a_value_given_twice_is_refused(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://h", "DATABASE_URL_FILE": str(tmp_path / "x")}
    with pytest.raises(SettingsError, match="DATABASE_URL is set twice, here and by DATABASE_URL_FILE"):
        load(environ, Role.MIGRATE)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"\n", "is empty"),
        (b"x" * 70_000, "is larger than 64 KB"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_problem(tmp_path: Path, content: bytes | None, wrong: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"AUTH_JWT_SECRET {wrong}"):
        load({"AUTH_JWT_SECRET_FILE": str(file)}, Role.RUN)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PAYMENT_WINDOW_MINUTE", "PAYMENT_WINDOW_MINUTES"),
        ("PAYMNET_RETRY_LIMIT", "PAYMENT_RETRY_LIMIT"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("stripe_secret_key", "STRIPE_SECRET_KEY"),
        ("SENTRY_DNS", "SENTRY_DSN"),
        ("REDIS_URL_FIEL", "REDIS_URL_FILE"),
    ],
)
def test_a_misspelled_variable_is_warned_of(name: str, meant: str) -> None:
    assert load({name: "1"}, Role.RUN).warnings == (f"{name} is no variable of Gavelpay; is {meant} meant?",)


@pytest.mark.parametrize("name", ["PATH", "HOME", "TEST_DATABASE_URL", "DATABASE_PORT", "ORDER", "LC_ALL", "_", ""])
def test_variables_of_others_are_not_warned_of(name: str) -> None:
    assert load({name: "1"}, Role.RUN).warnings == ()


def test_what_looks_like_a_mistake_is_warned_of(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    certificate.write_text("-----BEGIN CERTIFICATE-----")
    shared = {"REDIS_CA_FILE": str(certificate), "FIELD_ENCRYPTION_KEYS": KEY, "FIELD_INDEX_KEY": KEY}
    first, second = load(shared, Role.RUN).warnings
    assert first.startswith("REDIS_CA_FILE is set, but")
    assert second.startswith("FIELD_INDEX_KEY is one of")
    assert load({"REDIS_CA_FILE": str(certificate), "REDIS_URL": "rediss://h"}, Role.RUN).warnings == ()


def test_every_variable_is_described_once_with_what_it_is_when_unset() -> None:
    described = describe()
    assert len({variable.name for variable in described}) == len(described)
    assert all(v.meaning.endswith(".") and v.default and v.form and v.topic for v in described)
    by_name = {variable.name: variable for variable in described}
    assert by_name["PAYMENT_RETRY_BACKOFF_MINUTES"].default == "[1,5,15]"
    assert by_name["BROKER_URL"].default == "REDIS_URL"
    assert by_name["BROKER_URL"].required_by == (Role.INGEST, Role.SCHEDULER)
