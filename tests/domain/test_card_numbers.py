"""Card numbers are found wherever they stand, and nothing else is taken for one."""

import random
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.card_numbers import holds_card_number
from domain.masking import mask_card_numbers, passes_luhn
from sandbox.stripe.ids import SHAPES, new_id

# A busy machine is no failure.
unhurried = settings(deadline=None)

#: The networks' published test numbers.
CARDS = {
    "visa": "4242424242424242",
    "visa of 13": "4222222222222",
    "mastercard": "5555555555554444",
    "mastercard, second range": "2223003122003222",
    "american express": "378282246310005",
    "discover": "6011111111111117",
    "diners": "3056930009020004",
    "diners of 14": "36227206271667",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
    "unionpay of 19": "6205500000000000004",
}


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS.keys())
def test_every_networks_numbers_are_found(number: str) -> None:
    assert passes_luhn(number)
    assert holds_card_number(number)
    assert holds_card_number(f'{{"n":{number},"m":"x"}}')
    assert not holds_card_number(mask_card_numbers(number))


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "3782 822463 10005",
        "12 4242 4242 4242 4242, thanks",
        "2026-11-20 4242424242424242",
        "pan4242424242424242cvc",
        "card_4242424242424242",
        "q=4242%204242%204242%204242&x=1",
        "call +49 151 or charge 4242424242424242",
        ";4242424242424242=30121011000",
    ],
)
def test_a_number_is_found_in_any_dress(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242424242424241",  # no check digit
        "7242424242424240",  # no network
        "************4242",
        "1763683200005",  # milliseconds
        "20261120123456789",
        "+4915123456789",
        "+4917112345678",
        "0.4242424242424242",
        "pi_3Mabc4242424242424242XYZ",
        "cs_test_a14242424242424242b",
        "pi_3abc4242424242424242_secret_x1",
        "xY4242424242424242zQ1w",
        "2026-11-21 10:15:45.123456+00:00",
        "9783161484100",  # ISBN
        "auction-1:buyer-1:1",
        "42424242424242424242424242",  # one long number is another number
    ],
)
def test_what_is_no_card_number_does_not_count(text: str) -> None:
    assert not holds_card_number(text)


@unhurried
@given(st.integers(min_value=0))
def test_our_ids_and_stripes_never_count(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a test
    ours = [uuid.UUID(int=rng.getrandbits(128)) for _ in range(20)]
    stripes = [new_id(rng, prefix) for prefix in SHAPES for _ in range(3)]
    digests = [rng.randbytes(size).hex() for size in (16, 20, 32)]
    for text in [*map(str, ours), *(one.hex for one in ours), *stripes, *digests, f"{ours[0]}:{ours[1]}:2"]:
        assert not holds_card_number(text), text


@unhurried
@given(st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1)), st.integers(0, 10**9))  # noqa: DTZ001
def test_times_and_amounts_never_count(at: datetime, minor: int) -> None:
    at = at.replace(tzinfo=UTC)
    for text in (str(at), at.isoformat(), f"{at:%Y%m%d%H%M%S}", f"{at.timestamp()} {minor} {minor / 100}"):
        assert not holds_card_number(text), text


@unhurried
@given(st.text(max_size=30), st.sampled_from(sorted(CARDS.values())), st.text(max_size=30))
def test_a_number_between_blanks_is_found_in_any_text(before: str, number: str, after: str) -> None:
    assert holds_card_number(f"{before}\n{number}\n{after}")
