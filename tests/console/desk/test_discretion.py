"""What the desk hides in records, and what it leaves for operators to work with."""

import pytest

from console.desk.discretion import VEIL, discreet, discreet_source


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "buyer_email",
        "buyerEmail",
        "BUYER-EMAIL",
        "unknownEmail",
        "Phone",
        "makerPhone2",
        "buyer_name",
        "line1",
    ],
)
def test_a_field_is_hidden_however_its_name_is_spelled(name: str) -> None:
    assert discreet({name: "x", "list": [{name: ["x", 5, None, True]}]}) == {
        name: VEIL,
        "list": [{name: [VEIL, VEIL, None, True]}],
    }
    assert discreet({name: {"value": "x"}}) == {name: {"value": VEIL}}
    assert "secret" not in discreet_source(f'{{"{name}" : "secret", "{name}": secret, "a": [')


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com",
        "mailto:ann@example.com,",
        "+49301234567",
        "tel+49 (30) 123-45 67",
        "0049 151 2345678",
        "0151/2345678",
        "(030) 123 45 67",
        "(212) 555-0100",
    ],
)
def test_addresses_and_telephone_numbers_are_hidden_in_any_text(text: str) -> None:
    for around in ("{}", "call {} now", "x: {}\n"):
        shown = discreet({"note": [around.format(text)]})["note"][0]
        assert VEIL in shown
        assert "ann" not in shown
        assert sum(letter.isdecimal() for letter in shown) == 0
        assert shown == discreet_source(around.format(text))


@pytest.mark.parametrize(
    "text",
    [
        "auction-1",
        "lot-0123-4567890",
        "01936d2e-1234-7123-8123-123456789012",
        "00123456-1234-7123-8123-123456789012",
        "pi_3MtwBwLkdIwHu7ix28a3tqPa",
        "cs_test_a1b2C3d4E5f6G7h8I9j0",
        "acct_1032D82eZvKYlo2C",
        "2026-11-21",
        "01-02-2026 10:15",
        "2026-11-21T12:00:00.123456+00:00",
        "2026-11-21T12:00:00+10:30",
        "2026-11-21 00:00:00",
        "1763683200000",
        "275.50",
        "0.50 1,000.00 USD",
        "-0.00000001",
        "CRAFT-C-2026-000001",
        "************4242",
        "2026-10-28.dahlia",
        "sha256:0f343b0931126a20f133d67c2b018a3b",
    ],
)
def test_ids_times_and_amounts_stay(text: str) -> None:
    assert discreet({"note": text, "auction_id": text, text: text}) == {"note": text, "auction_id": text, text: text}
    assert discreet_source(f'"note": "{text}') == f'"note": "{text}'


def test_an_id_of_digits_is_no_telephone_number() -> None:
    assert discreet({"auctionId": "030 1234567", "id": "+49301234567", "lot": "030 1234567"}) == {
        "auctionId": "030 1234567",
        "id": "+49301234567",
        "lot": VEIL,
    }


@pytest.mark.parametrize("text", ["a" * 500_000, "a@" * 200_000, '"' * 300_000, "0" * 500_000, "+1" * 200_000])
def test_a_long_text_is_searched_once(text: str) -> None:
    assert len(discreet_source(text)) > 0
