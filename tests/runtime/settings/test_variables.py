"""Every variable of the contract, with values that it takes and values that it refuses."""

import base64
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runtime.settings import Role, Settings, SettingsError, describe, load

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
KEY_2 = base64.urlsafe_b64encode(b"\xff" * 32).decode()
WHSEC = "whsec_" + base64.b64encode(b"s" * 24).decode()
CERTIFICATE = "/certificate.pem"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:buyers"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"
CLOUDFRONT = {
    "RECEIPT_STORAGE_URL": "s3://receipts/2026",
    "RECEIPT_CLOUDFRONT_DOMAIN": "d111.cloudfront.net",
    "RECEIPT_CLOUDFRONT_KEY_ID": "K2JCJMDEHXQW5F",
    "RECEIPT_CLOUDFRONT_PRIVATE_KEY": PEM,
}
#: What a variable needs beside itself.
COMPANIONS = {
    "SMTP_URL": {"MAIL_FROM": "shop@shop.example"},
    "AUCTION_WEBHOOK_URL": {"AUCTION_WEBHOOK_SECRET": WHSEC},
    "AUCTION_WEBHOOK_SECRET": {"AUCTION_WEBHOOK_URL": "http://auctions.internal/events"},
    "ORDER_WEBHOOK_URL": {"ORDER_WEBHOOK_SECRET": WHSEC},
    "ORDER_WEBHOOK_SECRET": {"ORDER_WEBHOOK_URL": "https://orders.example"},
    **{name: CLOUDFRONT for name in CLOUDFRONT if name != "RECEIPT_STORAGE_URL"},
}

MINUTES = (["0", "-1", "x", "1e2", "NaN", "", "1,5", "99999"], ["0.5", "2", "60"])
BAD_URLS = [
    "x",
    "http://",
    "ftp://shop.example",
    "https://",
    "https://a b",
    "https://a\\b",
    "https://a:0",
    "https://a:x",
]

#: name: (refused, taken)
TABLE: dict[str, tuple[list[str], list[str]]] = {
    "DATABASE_URL": (
        ["mysql://h/d", "postgresql://", "h/d", "postgresql://h:port/d", "postgresql:h", "postgresql://h:99999/d"],
        ["postgres://u:p@h/d", "postgresql://h", "postgresql+psycopg://u:p@h:5/d", "postgresql:///d?host=/run/pg"],
    ),
    "DATABASE_REPLICA_URL": (["redis://h"], ["postgresql://u:p@replica/d"]),
    "REDIS_URL": (
        ["amqp://h", "redis://", "redis://h/zero", "redis:/h", "http://h", "redis://[h"],
        ["redis://h", "rediss://:p@h:6380/2", "redis://u:p@[::1]:6379/0"],
    ),
    "BROKER_URL": (
        ["kafka://h", "amqp://", "redis://h/x"],
        ["redis://h", "rediss://h", "amqp://g:g@h/vhost", "amqps://h"],
    ),
    "REDIS_CA_FILE": (["/no/such/file", "/dev/null", "\x00"], [CERTIFICATE]),
    "STRIPE_SECRET_KEY": (["pk_test_x", "sk_x", "sk_test_", "sk_test_a b", "key"], ["sk_test_1", "rk_live_abc"]),
    "STRIPE_PUBLISHABLE_KEY": (["sk_test_x", "pk_test_"], ["pk_test_abc"]),
    "STRIPE_WEBHOOK_SECRET": (["secret", "whsec_", "whsec_a,b", ","], ["whsec_a", "whsec_a, whsec_b", "whsec_a,"]),
    "STRIPE_API_BASE": (["stripe", "http://h/v1", *BAD_URLS], ["http://127.0.0.1:12111/", "https://stripe.example"]),
    "STRIPE_MAX_REQUESTS_PER_SECOND": (["0", "-1", "1.5", "x", "1000000000"], ["1", "999999999"]),
    "STRIPE_MAX_REQUESTS_PER_ENDPOINT": (["0", "many", "9" * 5000], ["25"]),
    "PAYMENT_WINDOW_MINUTES": MINUTES,
    "PAYMENT_RETRY_LIMIT": (["-1", "1.0", "21", "three"], ["0", "20"]),
    "PAYMENT_RETRY_BACKOFF_MINUTES": (
        ["[]", "1,5,15", '["1"]', "[true]", "[0]", "[0.001]", "[2000]", "[NaN]", "{}", "[1e999999]", "[[1]]", "[1"],
        ["[1,5]", "[0.0167]", "[ 0.5, 1 ]"],
    ),
    "INSTANT_WINDOW_MINUTES": MINUTES,
    "PAYMENT_WINDOW_SWEEP_SECONDS": (["0", "3601", "soon"], ["0.5", "3600"]),
    "PAYMENT_WINDOW_GRACE_SECONDS": (["-1", "301"], ["0", "2.5"]),
    "PAYMENT_MAX_EXTENSION_MINUTES": (["-1", "99999"], ["0", "43200"]),
    "PAYMENT_LATE_POLICY": (["keep", "REFUND"], ["honor"]),
    "PAYMENT_REMINDER_MINUTES": (["-1", "x"], ["0", "120.5"]),
    "REFUND_TWO_PEOPLE_ABOVE": (["-1", "1.005", "1,000", "NaN", "1e3"], ["0", "999.5", "250.00"]),
    "PLATFORM_FEE_BASIS_POINTS": (["-1", "10001", "5%", "2.5"], ["0", "10000"]),
    "THREE_DS_THRESHOLD": (["x", "-500"], ["500.01", "499.9"]),
    "PUBLIC_URL": ([*BAD_URLS, "https://pay.shop.example/path"], ["https://pay.shop.example", "http://127.0.0.1:9000"]),
    "CHECKOUT_RETURN_URL": (
        [*BAD_URLS, "http://shop.example", "https://u:p@shop.example"],
        ["https://shop.example/done?session={CHECKOUT_SESSION_ID}", "http://localhost:8000/x", "http://[::1]/"],
    ),
    "CHECKOUT_CANCEL_URL": (BAD_URLS, ["https://shop.example/back"]),
    "CHECKOUT_ALLOWED_ORIGINS": (
        ["shop.example", "https://shop.example/path", "*", "http://shop.example", "https://shop.example?x"],
        ["https://shop.example", "https://a.example, http://localhost:3000/"],
    ),
    "RECEIPT_STORAGE_URL": (
        ["/receipts", "file://host/receipts", "s3://", "gs://bucket", "s3://key:secret@bucket", "s3://b?x=1"],
        ["file:///var/receipts", "s3://bucket/prefix/"],
    ),
    "RECEIPT_CLOUDFRONT_DOMAIN": (["https://d.cloudfront.net", "host"], ["d111.cloudfront.net"]),
    "RECEIPT_CLOUDFRONT_KEY_ID": (["key id"], ["K2JCJMDEHXQW5F"]),
    "RECEIPT_CLOUDFRONT_PRIVATE_KEY": (["abc", "-----BEGIN CERTIFICATE-----"], [PEM, PEM.replace("\n", "\\n")]),
    "RECEIPT_KMS_KEY_ARN": (["arn:aws:s3:::bucket", "key"], ["arn:aws:kms:eu-west-1:123456789012:key/1234-abcd"]),
    "RECEIPT_LOCK_MODE": (["on", "GOVERNANCE", "Compliance"], ["compliance", "off"]),
    "RECEIPT_LOCK_YEARS": (["0", "101", "7.5"], ["1", "30"]),
    "RECEIPT_URL_TTL_MINUTES": (["0", "10081"], ["0.5", "10080"]),
    "RECEIPT_NUMBER_PREFIX": (["craft", "A-B", "ABCDEFGHIJKLM", "1A"], ["SALE", "R2"]),
    "HOUSE_NAME": (["x" * 81, "two\nlines"], ["Kestrel Row Auctions"]),
    "HOUSE_ADDRESS": (["two\nlines"], ["7 Kestrel Row | Harbour Quarter"]),
    "HOUSE_EMAIL": (["help"], ["help@house.example"]),
    "RECEIPT_TEMPLATE_VERSION": (["../x", "a b", "2026-01-01"], []),  # there is none but the default
    "SMTP_URL": (["mail.example", "smtp://", "http://h"], ["smtp://u:p@h:587", "smtps://h"]),
    "MAIL_FROM": (["shop", "@shop", "a@b\nBcc: c@d"], ["a@b.example", "Shop <a@b.example>"]),
    "SNS_BUYER_TOPIC_ARN": (["buyers", "arn:aws:sqs:eu-central-1:123456789012:buyers"], [TOPIC]),
    "SNS_MAKER_TOPIC_ARN": (["makers"], [f"{TOPIC}.fifo"]),
    "AUCTION_WEBHOOK_URL": (["x", "https://u:p@h"], ["http://auctions.internal:9000/hook", "https://a.example"]),
    "AUCTION_WEBHOOK_SECRET": (["secret", "whsec_!!", "whsec_c2hvcnQ=", "whsec_", "xwhsec_" + "A" * 32], [WHSEC]),
    "ORDER_WEBHOOK_URL": (["orders"], ["https://orders.example/hook"]),
    "ORDER_WEBHOOK_SECRET": (["whsec_x"], [WHSEC]),
    "EVENTS_QUEUE": (
        ["payment_required", "events", "tell_queue", "checkouts.DQ", "a b", "1st", "q" * 65],
        ["auction_events"],
    ),
    "SEGMENT_WRITE_KEY": (["a b"], ["abc123"]),
    "SEGMENT_ENDPOINT": (
        ["segment", "https://h/v1/batch"],
        ["http://127.0.0.1:9000", "https://events.eu1.segmentapis.com"],
    ),
    "RETENTION_WEBHOOK_EVENTS_DAYS": (["34", "-1", "1.5", "for ever", "36501"], ["0", "35", "3650"]),
    "RETENTION_OUTGOING_EVENTS_DAYS": (["1", "x"], ["0", "90"]),
    "AUTH_JWT_SECRET": (["short", "x" * 31], ["x" * 32]),
    "AUTH_JWKS_URL": (["keys", "http://idp.example/keys"], ["https://idp.example/keys", "http://127.0.0.1:1/keys"]),
    "AUTH_ISSUER": (["a b"], ["https://idp.example/"]),
    "AUTH_AUDIENCE": (["\u00e4"], ["gavelpay"]),
    "FIELD_ENCRYPTION_KEYS": (["x", KEY[:-4], f"{KEY},{KEY}", KEY.replace("a", "!"), ","], [KEY, f"{KEY}, {KEY_2}"]),
    "FIELD_INDEX_KEY": (["x", "a" * 32], [KEY, KEY_2.rstrip("=")]),
    "SENTRY_DSN": (["key", "ftp://k@h/1"], ["https://key@sentry.example/1"]),
    "OTEL_EXPORTER_OTLP_ENDPOINT": (
        ["collector", "grpc://h:4317"],
        ["http://127.0.0.1:4318", "https://otlp.example/otlp"],
    ),
}


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    return str(path)


def test_the_table_names_every_variable() -> None:
    assert set(TABLE) == {variable.name for variable in describe()}


@pytest.mark.parametrize(
    ("name", "value"), [(name, bad) for name, (refused, _) in TABLE.items() for bad in refused if bad]
)
def test_a_wrong_value_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load({**COMPANIONS.get(name, {}), name: value}, Role.RUN)
    problems = raised.value.problems
    assert [problem.variable for problem in problems] == [name]
    assert problems[0].wrong
    assert problems[0].right


@pytest.mark.parametrize(("name", "value"), [(name, good) for name, (_, taken) in TABLE.items() for good in taken])
def test_a_right_value_takes_the_place_of_the_default(name: str, value: str, certificate: str) -> None:
    value = certificate if value == CERTIFICATE else value
    assert load({**COMPANIONS.get(name, {}), name: value}, Role.RUN) != Settings()


DEFAULTS: list[tuple[str, Any]] = [
    ("standard.window", timedelta(days=1)),
    ("standard.retry_limit", 3),
    ("standard.retry_backoff", (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))),
    ("standard.reminder", timedelta(hours=2)),
    ("instant.window", timedelta(minutes=10)),
    ("windows.sweep", timedelta(seconds=15)),
    ("windows.grace", timedelta(seconds=10)),
    ("windows.max_extension", timedelta(days=2)),
    ("windows.late_policy", "refund"),
    ("money.platform_fee_basis_points", 500),
    ("money.three_ds_threshold", Decimal("500.00")),
    ("money.refund_two_people_above", Decimal("1000.00")),
    ("receipts.url_ttl", timedelta(hours=1)),
    ("receipts.lock_mode", "governance"),
    ("receipts.lock_years", 10),
    ("receipts.number_prefix", "CRAFT"),
    ("receipts.template_version", "2025-09-15"),
    ("stripe.requests_per_second", 25),
    ("stripe.requests_per_endpoint", 25),
    ("database.url", None),
    ("redis.broker_url", None),
    ("crypto.encryption_keys", ()),
    ("events.queue", None),
]


@pytest.mark.parametrize(("path", "expected"), DEFAULTS)
def test_the_defaults_are_those_of_the_contract(path: str, expected: object) -> None:
    topic, _, name = path.partition(".")
    assert getattr(getattr(load({}, Role.RUN), topic), name) == expected
