"""Card numbers are masked wherever they stand, and nothing else is."""

import hashlib
import re
import tracemalloc
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.masking import mask_card_numbers, passes_luhn

# A busy machine is no failure.
unhurried = settings(deadline=None)

VISA = "4242424242424242"


def _with_check_digit(body: str) -> str:
    return next(body + digit for digit in "0123456789" if passes_luhn(body + digit))


# No card number begins with 0 or 1 but those of airlines, which have 15 digits.
card_numbers = st.builds(
    lambda first, rest: _with_check_digit(first + rest),
    st.sampled_from("23456789"),
    st.text("0123456789", min_size=11, max_size=17),
)
UUID, DIGEST = uuid.UUID(int=0x4242424242424242_4242_4242424242AB), hashlib.sha256(b"x").hexdigest()
#: What numbers, and what is none, are made of.
pieces = st.one_of(
    st.sampled_from([" ", "-", " ", "-", "--", "a", ".", "+", "٣", str(UUID), UUID.hex, DIGEST, "1763683200000"]),
    st.text("0123456789", min_size=1, max_size=8),
    st.text("0123456789", min_size=11, max_size=24),
    st.builds(
        lambda number, size, between: between.join(number[at : at + size] for at in range(0, len(number), size)),
        card_numbers,
        st.sampled_from([1, 4, 5, 20]),
        st.sampled_from([" ", "-"]),
    ),
)
surroundings = st.text(st.characters(exclude_categories=("Nd", "Cs"), exclude_characters="- "), max_size=20)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (VISA, "************4242"),
        ("4242 4242 4242 4242", "**** **** **** 4242"),
        ("4242-4242-4242-4242", "****-****-****-4242"),
        ("3782 822463 10005", "**** ****** *0005"),
        ("4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2", "* * * * * * * * * * * * 4 2 4 2"),
        ('{"card":4242424242424242}', '{"card":************4242}'),
        ("pan4242424242424242cvc", "pan************4242cvc"),
        ("12 4242 4242 4242 4242, thanks", "12 **** **** **** 4242, thanks"),
        (f"{VISA} and 5555 5555 5555 4444", "************4242 and **** **** **** 4444"),
        (f"{VISA}-{VISA}", "************4242-************4242"),
        (f"1763683200000 {VISA}", "1763683200000 ************4242"),
        ("6011000990139424\n", "************9424\n"),
        ("4222222222222", "*********2222"),
    ],
)
def test_a_card_number_keeps_only_its_last_four_digits(text: str, masked: str) -> None:
    assert mask_card_numbers(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242424242424241",
        "1763683200005",
        "1763683200000002",
        "01936d2e-1234-7123-8123-123456789012",
        "attempt 2 01936422-1234-7123-8123-123456789012",
        "12345678-1234-1234-1234-123456789014",
        "pi_3MtwBwLkdIwHu7ix28a3tqPa cs_test_a1b2C3d4E5f6G7h8I9j0",
        "2026-11-21 10:15:45.123456",
        "amount_minor=27550 retry 2 of 3",
        "424242424242",
    ],
)
def test_what_is_no_card_number_is_left_alone(text: str) -> None:
    assert mask_card_numbers(text) == text


def test_a_digest_that_holds_a_valid_number_is_left_alone() -> None:
    digest = f"{VISA}abcdefabcdef0123"
    assert mask_card_numbers(f"sha {digest}") == f"sha {digest}"
    assert mask_card_numbers(hashlib.sha256(b"x").hexdigest()) == hashlib.sha256(b"x").hexdigest()


def test_a_digest_needs_a_letter_and_its_full_length() -> None:
    assert VISA not in mask_card_numbers(f"{VISA}abcdef")
    assert mask_card_numbers("0" * 32) == "0" * 32


@unhurried
@given(st.uuids())
def test_no_uuid_is_touched(identifier: uuid.UUID) -> None:
    for text in (str(identifier), identifier.hex + "g", f"n 7 {identifier}"):
        # A UUID of digits alone, without its dashes, is the one that cannot be told from a number.
        if not identifier.hex.isdecimal():
            assert mask_card_numbers(text.removesuffix("g")) == text.removesuffix("g")


@unhurried
@given(st.integers(1_000_000_000_000, 1_999_999_999_999))
def test_no_time_stamp_in_milliseconds_is_touched(moment: int) -> None:
    assert mask_card_numbers(f"at {moment} ms") == f"at {moment} ms"


@unhurried
@given(surroundings, card_numbers, surroundings)
def test_a_card_number_never_survives_wherever_it_stands(before: str, number: str, after: str) -> None:
    masked = mask_card_numbers(before + number + after)
    assert number not in masked
    assert len(masked) == len(before + number + after)


@unhurried
@given(card_numbers, st.data())
def test_blanks_and_dashes_hide_no_card_number(number: str, data: st.DataObject) -> None:
    separators = data.draw(st.lists(st.sampled_from(["", "", " ", "-"]), min_size=len(number), max_size=len(number)))
    groups = "".join(digit + separator for digit, separator in zip(number, separators, strict=True)).rstrip(" -")
    if max(map(len, groups.replace("-", " ").split())) <= 12:
        masked = mask_card_numbers(groups)
        assert sum(letter.isdecimal() for letter in masked) < len(number) - 4


@unhurried
@given(card_numbers, surroundings)
def test_masking_twice_changes_nothing_more(number: str, around: str) -> None:
    once = mask_card_numbers(around + number)
    assert mask_card_numbers(once) == once


@unhurried
@given(st.text("0123456789", min_size=1, max_size=30), st.integers(0, 29))
def test_one_wrong_digit_fails_the_check(body: str, position: int) -> None:
    number = _with_check_digit(body)
    index = position % len(number)
    wrong = number[:index] + str((int(number[index]) + 1) % 10) + number[index + 1 :]
    assert passes_luhn(number)
    assert not passes_luhn(wrong)


@settings(deadline=None, max_examples=60)
@given(st.lists(pieces, max_size=12).map("".join))
def test_the_walk_through_a_text_finds_what_looking_at_every_part_of_it_finds(text: str) -> None:
    assert mask_card_numbers(text) == _masked_the_long_way(text)


def _masked_the_long_way(text: str) -> str:
    other = re.compile(
        r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
        r"|(?=[0-9]*[a-f])([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}))(?![0-9a-zA-Z])"
    )

    def is_number(start: int, end: int) -> bool:
        if not re.fullmatch(r"[0-9]+(?:[ -][0-9]+)*", text[start:end]) or re.match("[0-9]", text[end : end + 1]):
            return False
        if any(other.match(text, start + gap.end()) for gap in re.finditer("[ -]", text[start:end])):
            return False
        groups = re.split("[ -]", text[start:end])
        digits = "".join(groups)
        doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
        return (
            13 <= len(digits) <= 19
            and (len(groups) == 1 or max(map(len, groups)) <= 12)
            and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
            and not (len(groups) == 1 and digits[0] == "1" and len(digits) in (13, 16, 19))
        )

    masked, at = list(text), 0
    while at < len(text):
        before = text[at - 1 : at]
        if not re.match("[0-9a-zA-Z]", before) and (found := other.match(text, at)):
            at = found.end()
            continue
        ends = [end for end in range(at + 13, at + 38) if not re.match("[0-9]", before) and is_number(at, end)]
        ends = [end for end in ends if end <= len(text)]
        if ends:
            places = [place for place in range(at, ends[-1]) if text[place] not in " -"]
            for place in places[:-4]:
                masked[place] = "*"
        at = ends[-1] if ends else at + 1
    return "".join(masked)


@pytest.mark.parametrize("text", ["7" * 2_000_000, "1 " * 4_000, "4242-" * 4_000])
def test_a_long_text_of_digits_is_searched_in_little_space(text: str) -> None:
    tracemalloc.start()
    try:
        mask_card_numbers(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
