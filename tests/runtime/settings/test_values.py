"""What the settings hold after reading."""

import base64
from datetime import timedelta

import psycopg.conninfo
import pytest
import sqlalchemy

from runtime.settings import KeyMode, NotConfigured, Role, Settings, SettingsError, given, load

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


def _run(**environ: str) -> Settings:
    return load(environ, Role.RUN)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_psycopg_and_sqlalchemy_both_take_the_database_address(scheme: str) -> None:
    url = given(_run(DATABASE_URL=f"{scheme}://user:p%40ss@db:5433/pay").database.url, "DATABASE_URL").reveal()
    parsed = psycopg.conninfo.conninfo_to_dict(url)
    assert (parsed["password"], parsed["dbname"], parsed["port"]) == ("p@ss", "pay", "5433")
    engine = sqlalchemy.create_engine(url)
    assert (engine.dialect.driver, engine.url.password) == ("psycopg", "p@ss")
    engine.dispose()


@pytest.mark.parametrize(
    ("minutes", "seconds"), [("0.333", 19.98), (str(20 / 60), 20), (".34", 20.4), ("1440.", 86_400)]
)
def test_windows_of_twenty_seconds_are_possible(minutes: str, seconds: float) -> None:
    assert _run(PAYMENT_WINDOW_MINUTES=minutes).standard.window == timedelta(seconds=seconds)
    assert _run(INSTANT_WINDOW_MINUTES=minutes).instant.window == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", [".", "1e3", "-1", "0." + "3" * 41, "٣"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a number"):
        _run(PAYMENT_WINDOW_MINUTES=text)


@pytest.mark.parametrize(("name", "taken"), [("events", True), ("events.DQ", True), ("events.payments", False)])
def test_events_go_to_no_queue_on_which_work_comes_in(name: str, taken: bool) -> None:
    told = None
    try:
        _run(EVENTS_QUEUE=name)
    except SettingsError as error:
        told = [problem.variable for problem in error.problems]
    assert told == (["EVENTS_QUEUE"] if taken else None)


def test_backoffs_of_a_second_are_possible() -> None:
    backoff = _run(PAYMENT_RETRY_BACKOFF_MINUTES="[0.0167, 0.05]").standard.retry_backoff
    assert backoff == (timedelta(milliseconds=1002), timedelta(seconds=3))


def test_the_broker_is_redis_unless_another_is_named() -> None:
    assert given(_run(REDIS_URL="redis://a").redis.broker_url, "BROKER_URL").reveal() == "redis://a"
    both = _run(REDIS_URL="redis://a", BROKER_URL="amqp://b").redis
    assert given(both.broker_url, "BROKER_URL").scheme == "amqp"


@pytest.mark.parametrize(
    ("environ", "mode", "total", "endpoint"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_x"}, KeyMode.TEST, 25, 25),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, KeyMode.LIVE, 100, 25),
        ({"STRIPE_SECRET_KEY": "rk_live_x"}, KeyMode.LIVE, 100, 25),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_live_x"}, KeyMode.LIVE, 100, 25),
        ({"STRIPE_MAX_REQUESTS_PER_SECOND": "1000"}, KeyMode.TEST, 1000, 250),
        ({"STRIPE_MAX_REQUESTS_PER_SECOND": "10"}, KeyMode.TEST, 10, 25),
        ({"STRIPE_MAX_REQUESTS_PER_ENDPOINT": "7"}, KeyMode.TEST, 25, 7),
    ],
)
def test_limits_follow_the_key_mode(environ: dict[str, str], mode: KeyMode, total: int, endpoint: int) -> None:
    stripe = _run(**environ).stripe
    assert (stripe.key_mode, stripe.requests_per_second, stripe.requests_per_endpoint) == (mode, total, endpoint)


def test_several_webhook_secrets_are_kept_in_order() -> None:
    secrets = _run(STRIPE_WEBHOOK_SECRET="whsec_new, whsec_old").stripe.webhook_secrets
    assert [secret.reveal() for secret in secrets] == ["whsec_new", "whsec_old"]


def test_origins_are_compared_as_browsers_do() -> None:
    checkout = _run(
        CHECKOUT_ALLOWED_ORIGINS="HTTPS://Shop.Example:443, http://localhost:3000, http://[::1]:80",
        CHECKOUT_RETURN_URL="https://pay.example/done",
        PUBLIC_URL="https://House.example:443",
    ).checkout
    listed = {"https://shop.example", "http://localhost:3000", "http://[::1]"}
    assert checkout.allowed_origins == listed | {"https://pay.example", "https://house.example"}


def test_where_no_origin_is_listed_buyers_come_back_to_our_own_addresses_only() -> None:
    checkout = _run(PUBLIC_URL="https://house.example", CHECKOUT_CANCEL_URL="https://shop.example/cart").checkout
    assert checkout.allowed_origins == {"https://house.example", "https://shop.example"}


def test_encryption_keys_are_bytes() -> None:
    crypto = _run(FIELD_ENCRYPTION_KEYS=KEY, FIELD_INDEX_KEY=KEY.rstrip("=")).crypto
    assert [key.reveal() for key in crypto.encryption_keys] == [b"k" * 32]
    assert given(crypto.index_key, "FIELD_INDEX_KEY").reveal() == b"k" * 32


def test_a_private_key_of_one_line_gets_its_line_breaks_back() -> None:
    receipts = _run(
        RECEIPT_STORAGE_URL="s3://b",
        RECEIPT_CLOUDFRONT_DOMAIN="d.example",
        RECEIPT_CLOUDFRONT_KEY_ID="K123",
        RECEIPT_CLOUDFRONT_PRIVATE_KEY=r"-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
    ).receipts
    assert given(receipts.cloudfront_private_key, "X").reveal().splitlines()[1] == "abc"


def test_what_is_not_set_is_named_when_asked_for() -> None:
    with pytest.raises(NotConfigured, match="DATABASE_URL is not set"):
        given(Settings().database.url, "DATABASE_URL")
    with pytest.raises(NotConfigured, match="FIELD_ENCRYPTION_KEYS"):
        given(Settings().crypto.encryption_keys, "FIELD_ENCRYPTION_KEYS")


@pytest.mark.parametrize(
    ("environ", "wrong"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_PUBLISHABLE_KEY": "pk_live_x"}, "STRIPE_PUBLISHABLE_KEY"),
        ({"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_API_BASE": "http://127.0.0.1:1"}, "STRIPE_API_BASE"),
        ({"AUTH_JWT_SECRET": "x" * 32, "AUTH_JWKS_URL": "https://idp.example"}, "AUTH_JWT_SECRET"),
        ({"SMTP_URL": "smtp://h"}, "MAIL_FROM"),
        ({"AUCTION_WEBHOOK_URL": "https://a.example"}, "AUCTION_WEBHOOK_SECRET"),
        ({"ORDER_WEBHOOK_SECRET": "whsec_" + "A" * 32}, "ORDER_WEBHOOK_URL"),
        (
            {"RECEIPT_CLOUDFRONT_DOMAIN": "d.example", "RECEIPT_CLOUDFRONT_KEY_ID": "K123"},
            "RECEIPT_CLOUDFRONT_PRIVATE_KEY",
        ),
        (
            {
                "RECEIPT_CLOUDFRONT_DOMAIN": "d.example",
                "RECEIPT_CLOUDFRONT_KEY_ID": "K123",
                "RECEIPT_CLOUDFRONT_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
            },
            "RECEIPT_CLOUDFRONT_DOMAIN",
        ),
    ],
)
def test_variables_that_do_not_fit_together_are_refused(environ: dict[str, str], wrong: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(environ, Role.RUN)
    assert [problem.variable for problem in raised.value.problems] == [wrong]
