"""No card number, key, token, password, pay link or e-mail address leaves, however it got into a line."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.masking import passes_luhn
from runtime.logging import redact_text
from runtime.logging.outputs import as_json
from runtime.logging.redaction import redact

# A busy machine is no failure.
unhurried = settings(deadline=None)

ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _random(smallest: int, largest: int) -> st.SearchStrategy[str]:
    return st.text(ALPHANUMERIC, min_size=smallest, max_size=largest)


card_numbers = st.builds(
    lambda body: next(body + digit for digit in "0123456789" if passes_luhn(body + digit)),
    st.from_regex(r"[2-9][0-9]{11,17}", fullmatch=True),
)
#: What must not appear, and a text that it comes in.
secrets = st.one_of(
    card_numbers.map(lambda number: (number, number)),
    _random(14, 99).map(lambda key: (key, f"sk_live_{key}")),
    _random(14, 99).map(lambda key: (key, f"rk_test_{key}")),
    _random(14, 64).map(lambda key: (key, f"whsec_{key}")),
    _random(14, 64).map(lambda key: (key, f"pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_{key}")),
    st.tuples(_random(20, 99), _random(20, 200), _random(43, 43)).map(lambda jwt: (jwt[2], f"eyJ{'.'.join(jwt)}")),
    _random(14, 99).map(lambda token: (token, f" Bearer {token}")),
    _random(14, 30).map(lambda word: (word, f" postgresql://gavelpay:{word}@db.example:5432/pay")),
    _random(14, 30).map(lambda word: (word, f" redis://:{word}@redis/0")),
    _random(14, 30).map(lambda word: (word, f" https://{word}@sentry.example/1")),
    _random(14, 30).map(lambda word: (word, f" password={word} host=db")),
    _random(14, 30).map(lambda word: (word, f'{{"password": "{word}"}}')),
    _random(14, 60).map(lambda token: (token, f"https://shop.example/pay/{token}")),
    _random(14, 60).map(lambda token: (token, f"https://checkout.stripe.com/c/pay/cs_test_x#{token}")),
    st.emails(domains=st.just("buyers.example"))
    .filter(lambda it: not set(it) & set("='\"/{}|"))
    .map(lambda it: (it, it)),
)
# Digits would make another number of a card number, and blanks and dashes join it to them.
# Shorter than any secret, so that none stands in them by chance.
surroundings = st.text(st.characters(exclude_categories=("N", "Cs")), max_size=12)


@unhurried
@given(surroundings, secrets, surroundings)
@example("\\n", ("51HabcdefABCDEF", "sk_live_51HabcdefABCDEF"), "'")
@example("buyer_email=", ("a@b.example", "a@b.example"), ".")
def test_a_secret_anywhere_in_a_text_is_gone(before: str, secret: tuple[str, str], after: str) -> None:
    hidden, text = secret
    assert hidden not in redact_text(f"{before} {text}{after}")
    if not text.startswith((" ", "{")):
        assert hidden not in redact_text(f"{before}{text}{after}")


def _wrapped(secret: str) -> st.SearchStrategy[Any]:
    @dataclass
    class Record:
        note: str

    leaf = st.sampled_from(
        [
            secret,
            f"x {secret} y",
            {secret},
            ValueError(secret),
            Record(secret),
            {secret: 1},
            OSError(2, secret),
            (secret,),
        ]
    )
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=6,
    )


@unhurried
@given(secrets, st.data())
def test_a_secret_anywhere_in_a_structure_is_gone(secret: tuple[str, str], data: st.DataObject) -> None:
    hidden, text = secret
    event = {"event": "payment.completed", "data": data.draw(_wrapped(text))}
    assert hidden.encode() not in as_json(redact(None, "info", event))


@unhurried
@given(secrets, st.integers(0, 9_000))
def test_a_secret_is_gone_wherever_a_long_text_is_cut(secret: tuple[str, str], position: int) -> None:
    hidden, text = secret
    written = str(redact(None, "info", {"note": f"{'x ' * (position // 2)} {text} {'y ' * 2_000}"})["note"])
    assert hidden not in written
    # Not a useful part of it either: a card number's first twelve digits, a key's first half.
    assert hidden[: max(12, len(hidden) // 2)] not in written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("card 4242 4242 4242 4242", "card **** **** **** 4242"),
        ("key sk_test_abc_def", "key [stripe key]"),
        ("pi_3Mtw_secret_AbC1 failed", "pi_3Mtw_secret_[hidden] failed"),
        ("Authorization: Basic dXNlcjpwdw==", "Authorization: [hidden]"),
        ("(b'authorization', b'Digest abc')", "(b'authorization', b'[hidden]')"),
        ("Cookie: session=abc; theme=dark\nnext", "Cookie: [hidden]\nnext"),
        ("connecting to postgresql://u:p@ss/w?rd#@db/pay", "connecting to postgresql://[hidden]@db/pay"),
        ('{"client_secret": "a b, c", "id": 1}', '{"client_secret": [hidden], "id": 1}'),
        ("GET /x?token=abc&y=1", "GET /x?token=[hidden]&y=1"),
        (
            "https://b.example/r.pdf?Expires=1&Signature=a~b&X-Amz-Signature=c",
            "https://b.example/r.pdf?Expires=1&Signature=[hidden]&X-Amz-Signature=[hidden]",
        ),
        ("GET /pay/aB3/status HTTP/1.1", "GET /pay/[hidden] HTTP/1.1"),
        ("mail to Buyer <buyer+1@shop.example>.", "mail to Buyer <[email]>."),
        ("GET /payments?email=buyer%40shop.example&x=1", "GET /payments?email=[email]&x=1"),
        ("root@localhost said", "[email] said"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest", "[private key]\nrest"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "[private key]"),
    ],
)
def test_what_stands_in_a_secrets_place_tells_what_it_was(text: str, shown: str) -> None:
    assert redact_text(text) == shown
    assert redact_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "01936d2e-1234-7123-8123-123456789012",
        "cs_test_a1B2c3D4e5F6g7H8i9J0",
        "pi_3MtwBwLkdIwHu7ix28a3tqPa evt_1NG8Du2eZvKYlo2CUI79vXWy acct_1032D82eZvKYlo2C",
        "pk_test_51HabcdefABCDEF",
        "auction-1:buyer-2:1",
        "2026-11-21T10:15:45.123Z",
        "took 12 ms at 1763683200000, 27550 minor units",
        "invalid token: signature has expired",
        "disk_test_results are secret",
        "GET /payments/checkout/1/status HTTP/1.1",
        "https://shop.example/done?session=1",
        "price @ 5 USD",
        "payment_session_id",
    ],
)
def test_ids_times_and_amounts_are_left_alone(text: str) -> None:
    assert redact_text(text) == text


@unhurried
@given(st.uuids(), st.integers(1_000_000_000_000, 1_999_999_999_999), st.integers(-(10**11), 10**11))
def test_no_uuid_time_stamp_or_amount_is_maimed(identifier: uuid.UUID, moment: int, amount: int) -> None:
    event = {"session_id": identifier, "auction_id": str(identifier), "at_ms": moment, "amount_minor": amount}
    written = orjson.loads(as_json(redact(None, "info", event)))
    assert written == {**event, "session_id": str(identifier)}


@pytest.mark.parametrize(
    "name",
    ["password", "buyer_email", "buyerEmail", "clientSecret", "Authorization", "checkout_url", "X-Api-Key", "pan"],
)
def test_a_field_of_a_telling_name_is_hidden_whatever_it_holds(name: str) -> None:
    for value in ("hush", 12345, ["hush"], {"a": "hush"}, b"hush"):
        assert redact(None, "info", {name: value, "inner": {name: value}}) == {
            name: "[hidden]",
            "inner": {name: "[hidden]"},
        }
    assert redact(None, "info", {name: None}) == {name: None}
    assert redact(None, "info", {name: True}) == {name: True}


@pytest.mark.parametrize("name", ["idempotency_key", "email_count", "tokens", "company", "receipt_url"])
def test_a_field_of_another_name_is_shown(name: str) -> None:
    assert redact(None, "info", {name: "x"}) == {name: "x"}


class _Color(StrEnum):
    RED = "red"


class _Size(IntEnum):
    SMALL = 1


class _Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("275.50"), "275.50"),
        (datetime(2026, 11, 21, tzinfo=UTC), "2026-11-21T00:00:00+00:00"),
        (date(2026, 11, 21), "2026-11-21"),
        (timedelta(seconds=1), "0:00:01"),
        (_Color.RED, "red"),
        (_Size.SMALL, 1),
        (b"abc", "<3 bytes>"),
        (memoryview(b"abc"), "<3 bytes>"),
        (4242424242424242, "************4242"),
        (4242424242424242.0, "************4242"),
        (2**70, str(2**70)),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (0.1, 0.1),
        (KeyError("x"), "KeyError: 'x'"),
        (_Unprintable(), "<_Unprintable that cannot be shown>"),
        ((1, {2}), [1, [2]]),
        ({uuid.UUID(int=1): 1}, {str(uuid.UUID(int=1)): 1}),
        ("\ud800", "\ud800"),
    ],
)
def test_every_kind_of_value_becomes_json(value: object, shown: object) -> None:
    redacted = redact(None, "info", {"value": value})
    assert redacted == {"value": shown}
    assert as_json(redacted).endswith(b"}\n")


def test_long_texts_are_cut_and_tracebacks_later() -> None:
    written = redact(None, "info", {"note": "x" * 5_000, "exception": "y" * 5_000, "z" * 3_000: 1})
    assert written["note"] == f"{'x' * 2_000}… (5000 characters)"
    assert written["exception"] == "y" * 5_000
    assert max(map(len, written)) < 2_100
    assert len(redact(None, "info", {"note": "x" * 1_000_000})["note"]) < 2_100


def test_large_and_deep_structures_are_pruned() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    wide = {str(number): list(range(1_000)) for number in range(1_000)}
    assert len(as_json(redact(None, "info", {"endless": endless, "wide": wide}))) < 10_000


def test_a_value_that_breaks_when_looked_at_does_not_break_the_caller() -> None:
    class Broken(dict[str, str]):
        def items(self) -> Iterator[Any]:  # type: ignore[override]
            raise LookupError("sk_live_abcdefghijklmnop")

    assert redact(None, "info", {"event": "x", "value": Broken()}) == {
        "level": "info",
        "event": "log.unprintable",
        "error": "LookupError",
    }
