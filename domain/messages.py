"""The intake message `payment_required`: what an auction service may ask of us, and the strict reading of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from domain.errors import InvalidMessage, InvalidMoney
from domain.money import Money, exponent_of

#: Of a whole message on its queue. With all that anybody makes of one it has some 40 KB.
MAX_BYTES: Final = 256 * 1024
#: Pages shorten long titles; what no page could ever mean is refused here.
MAX_TEXT: Final = 20_000
MAX_URL: Final = 2_000
#: Stripe takes 50 pairs of metadata, and some of them are ours.
MAX_METADATA: Final = 40
#: Keys that we set on Stripe's objects ourselves.
RESERVED_METADATA: Final = frozenset({"payment_session_id", "auction_id", "buyer_id", "attempt"})
POLICIES: Final = ("standard", "instant")
RISK_SIGNALS: Final = frozenset({"ip", "country", "device_id"})
_MAX_EXTENSION_MINUTES: Final = 60 * 24 * 365

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>\"',;:\\()\[\]]{1,64}@[^\s@<>\"',;:\\()\[\]]{1,189}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
#: What people write between a number's digits.
_SEPARATORS = re.compile(r"[\s()./-]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{1,64}", re.ASCII)
_URL = re.compile(r"(https://[^\s/?#@]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?)([/?#]\S*)?", re.ASCII)
_METADATA_KEY = re.compile(r"[^\[\]\x00-\x1f]{1,40}")
_MAX_METADATA_VALUE = 500


@dataclass(frozen=True, slots=True)
class PaymentRequired:
    """One auction's request to collect from one buyer, read and found possible."""

    auction_id: str
    buyer_id: str
    maker_id: str
    amount: Money
    title: str | None = None
    description: str | None = None
    policy: str = "standard"
    buyer_email: str | None = None
    buyer_phone: str | None = None
    locale: str | None = None
    maker_email: str | None = None
    maker_stripe_account: str | None = None
    return_url: str | None = None
    cancel_url: str | None = None
    request_id: str | None = None
    max_extension_minutes: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    risk: Mapping[str, str] = field(default_factory=dict)

    @property
    def intake_key(self) -> str:
        """What makes two messages the same request."""
        pair = f"{self.auction_id}:{self.buyer_id}"
        return f"{pair}:{self.request_id}" if self.request_id else pair


def read_payment_required(message: Mapping[str, object]) -> PaymentRequired:
    """Read a `payment_required` message, strictly.

    Raises:
        InvalidMessage: with *every* problem: a missing, unknown, malformed or impossible field.
    """
    problems: list[tuple[str, str]] = []
    values: dict[str, object] = {}
    problems += [(str(key)[:64], "is no field of payment_required") for key in message if key not in KNOWN_FIELDS]
    problems += [(key, "is required") for key in sorted(_REQUIRED) if message.get(key) is None]
    for key, read in _READERS.items():
        value = message.get(key)
        if value is None or (value == "" and key not in _REQUIRED):
            continue
        try:
            values[key] = read(value)
        except ValueError as error:
            problems.append((key, str(error)))
    if "amount" in values and "currency" in values:
        try:
            values["amount"] = Money.parse(str(values["amount"]), str(values.pop("currency")))
        except InvalidMoney as error:
            problems.append(("amount", str(error)))
    if problems:
        raise InvalidMessage(problems)
    return PaymentRequired(**values)  # type: ignore[arg-type]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a string, not {type(value).__name__}")  # noqa: TRY004 - one error for one problem
    if len(value) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT:,} characters")
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds a character that is no text")
    return value


def _matching(pattern: re.Pattern[str], wanted: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = _text(value)
        if not pattern.fullmatch(text):
            raise ValueError(f"must be {wanted}")
        return text

    return read


def _amount(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError('must be a decimal string such as "275.50"; other types lose cents')  # noqa: TRY004
    return value


def _currency(value: object) -> str:
    text = _text(value)
    try:
        exponent_of(text)
    except InvalidMoney as error:
        raise ValueError(str(error)) from None
    return text


def _phone(value: object) -> str:
    number = _SEPARATORS.sub("", _text(value))
    if not _PHONE.fullmatch(number):
        raise ValueError("must be a telephone number in E.164, such as +4930123456")
    return number


def _locale(value: object) -> str | None:
    """None where Stripe may choose, as it does by the buyer's browser."""
    return None if value == "auto" else _tag(value)


def _policy(value: object) -> str:
    if value not in POLICIES:
        raise ValueError(f"must be one of {', '.join(POLICIES)}")
    return str(value)


def _url(value: object) -> str:
    text = _text(value)
    if len(text) > MAX_URL or not _URL.fullmatch(text):
        raise ValueError(f"must be an https address of at most {MAX_URL:,} characters")
    return text


def _minutes(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_EXTENSION_MINUTES:
        raise ValueError("must be a whole number of minutes, 0 or more")
    return value


def _metadata(value: object) -> dict[str, str]:
    pairs = _strings(value)
    if len(pairs) > MAX_METADATA:
        raise ValueError(f"has more than {MAX_METADATA} pairs")
    for key, text in pairs.items():
        if key in RESERVED_METADATA:
            raise ValueError(f"{key} is set by Gavelpay itself")
        if not _METADATA_KEY.fullmatch(key) or len(text) > _MAX_METADATA_VALUE:
            raise ValueError("takes keys of 1 to 40 characters without brackets, and values of at most 500")
    return pairs


def _risk(value: object) -> dict[str, str]:
    given = {key: one for key, one in value.items() if one is not None} if isinstance(value, Mapping) else value
    pairs = _strings(given)
    if not pairs.keys() <= RISK_SIGNALS or any(len(text) > MAX_URL for text in pairs.values()):
        raise ValueError(f"takes {', '.join(sorted(RISK_SIGNALS))}, as short strings")
    return pairs


def _strings(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("must be an object of strings")  # noqa: TRY004 - one error for one problem
    return {_text(key): _text(text) for key, text in value.items()}


_REQUIRED: Final = frozenset({"auction_id", "buyer_id", "maker_id", "amount", "currency"})
_id = _matching(_ID, "1 to 64 of A-Z, a-z, 0-9, dot, underscore, hyphen")
_email = _matching(_EMAIL, "an e-mail address")
_tag = _matching(_LOCALE, "a language tag such as en or de-AT")
_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "auction_id": _id,
    "buyer_id": _id,
    "maker_id": _id,
    "amount": _amount,
    "currency": _currency,
    "title": _text,
    "description": _text,
    "policy": _policy,
    "buyer_email": _email,
    "buyer_phone": _phone,
    "locale": _locale,
    "maker_email": _email,
    "maker_stripe_account": _matching(_ACCOUNT, "a Stripe account id (acct_…)"),
    "return_url": _url,
    "cancel_url": _url,
    "request_id": _id,
    "max_extension_minutes": _minutes,
    "metadata": _metadata,
    "risk": _risk,
}
KNOWN_FIELDS: Final = frozenset(_READERS)

if {one.name for one in fields(PaymentRequired)} | {"currency"} != KNOWN_FIELDS:  # pragma: no cover
    raise AssertionError("PaymentRequired and its readers differ")
