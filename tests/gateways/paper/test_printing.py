from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.documents import Document, PaidWith, Party
from domain.errors import PermanentError
from domain.money import Money
from gateways.paper.lettering import ELLIPSIS
from gateways.paper.printer import Printer
from gateways.paper.wording import Unprintable
from proof.benches.documents import CREDIT_NOTE, GERMAN_CREDIT_NOTE, GERMAN_RECEIPT, RECEIPT, SAMPLES, SCRIPTS, YEN
from tests.gateways.paper.reading import metadata_of, text_of

PRINTER = Printer()
#: What viewers draw, and text extraction gives, where a letter has no glyph.
BOXES = "\ufffd\u25a1\u25a0\x00"


def printed(document: Document) -> str:
    return text_of(PRINTER.print(document))


def lines(document: Document) -> list[str]:
    return printed(document).splitlines()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_prints_on_one_page_without_a_box(name: str) -> None:
    text = printed(SAMPLES[name])
    assert not set(BOXES) & set(text)
    assert SAMPLES[name].number in text
    assert "¤" not in text


def test_a_receipt_says_all_that_a_buyer_asks_of_it() -> None:
    assert lines(RECEIPT) == [
        "CRAFT-2026-004230 · template 2025-09-15 Page 1 of 1",
        "Kestrel Row Auctions",
        "7 Kestrel Row, Harbour Quarter",
        "help@kestrelrow.example",
        "Receipt",
        "CRAFT-2026-004230",
        "Buyer",
        "m.vasq@buyer.example",
        "Buyer no. b-5519",
        "Maker",
        "Haldrick Clockworks",
        "Maker no. m-208",
        "Paid on",
        "19 November 2026",
        "14:39:12 UTC",
        "Lot What USD",
        "14 Walnut bracket clock, eight-day movement",
        "Hammer price, auction A-05531B",
        "1,240.00",
        "Fees for the buyer 0.00",
        "Total paid 1,240.00",
        "Payment",
        "Paid in full",
        "Visa card ending in 4242, taken by Stripe",
        "References",
        "Payment 4D164853",
        "01a1ef2f-d2c8-7d81-98ef-a3604d164853",
        "Kestrel Row Auctions collects for the maker named above. You find this receipt on your payment page too.",
    ]


def test_a_german_receipt_groups_digits_and_writes_dates_as_germans_do() -> None:
    text = printed(GERMAN_RECEIPT)
    for words in (
        "Quittung",
        "Seite 1 von 1",
        "2. März 2026",
        "203 Sekretär aus Nussbaum, süddeutsch, um 1840",
        "12.750,50",
        "Gebühren für den Käufer 1.912,58",
        "Gesamt bezahlt 14.663,08",
        "Vollständig bezahlt\nSEPA-Lastschrift, Konto mit Endziffern 3000,\neingezogen von Stripe",
    ):
        assert words in text


def test_a_credit_note_names_its_receipt_and_is_negative() -> None:
    text = printed(CREDIT_NOTE)
    for words in (
        "Credit note\nCRAFT-C-2026-000118",
        "Refunded on\n24 November 2026\n09:20:45 UTC",
        "Refund of receipt CRAFT-2026-004230\n–1,240.00",
        "Total refunded –1,240.00",
        "Refunded in full\nTo Visa card ending in 4242, in 5 to 10 days",
        "This credit note cancels receipt CRAFT-2026-004230 in full. It has its own series of numbers.",
    ):
        assert words in text
    assert "Fees" not in text


def test_a_credit_note_of_a_part_says_so() -> None:
    text = printed(GERMAN_CREDIT_NOTE)
    assert "Teilweise erstattet" in text
    assert "hebt einen Teil der Quittung CRAFT-2026-004231 auf" in text
    assert "Gesamt erstattet –2.500,00" in text


def test_a_credit_note_tells_of_fees_that_went_back() -> None:
    text = printed(replace(CREDIT_NOTE, fees=Money("USD", 1_000)))
    assert "Fees for the buyer –10.00" in text


def test_money_that_never_had_a_receipt_goes_back_with_a_credit_note_that_says_so() -> None:
    text = printed(replace(CREDIT_NOTE, cancels=None))
    assert "Refund, auction A-05531B" in text
    assert "No receipt was issued for this payment." in text


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "123,456"), ("USD", "1,234.56"), ("KWD", "123.456")])
def test_an_amount_has_the_decimals_of_its_currency(currency: str, shown: str) -> None:
    text = printed(replace(RECEIPT, total=Money(currency, 123_456)))
    assert f"Total paid {shown}\n" in text
    assert f"What {currency}\n" in text


def test_yen_have_no_decimals_anywhere() -> None:
    assert "480,000\nFees for the buyer 0\nTotal paid 480,000\n" in printed(YEN)


@pytest.mark.parametrize(
    ("paid_with", "shown"),
    [
        (PaidWith("card", "visa", "4242"), "Visa card ending in 4242, taken by Stripe"),
        (PaidWith("card", None, "4242"), "Card ending in 4242, taken by Stripe"),
        (PaidWith("card", "new_brand", "4242"), "New Brand card ending in 4242, taken by Stripe"),
        (PaidWith("card_present", "visa", "4242"), "Visa card ending in 4242, taken by Stripe"),
        (PaidWith("card"), "Card, taken by Stripe"),
        (PaidWith("paypal"), "PayPal, taken by Stripe"),
        (PaidWith("ideal"), "iDEAL, taken by Stripe"),
        (PaidWith("customer_balance"), "Bank transfer, taken by Stripe"),
        (PaidWith("us_bank_account", None, "6789"), "US bank account, account ending in 6789, taken by Stripe"),
        (PaidWith("moon_pay"), "Moon Pay, taken by Stripe"),
        (None, "Taken by Stripe"),
    ],
)
def test_paper_tells_how_it_was_paid(paid_with: PaidWith | None, shown: str) -> None:
    assert f"Paid in full\n{shown}\n" in printed(replace(RECEIPT, paid_with=paid_with))


def test_never_more_than_four_digits_of_a_card_are_printed() -> None:
    text = printed(replace(RECEIPT, paid_with=PaidWith("card", "visa", "4242424242424242")))
    assert "ending in 4242," in text
    assert "42424" not in text


def test_german_joins_the_words_of_a_brand() -> None:
    text = printed(replace(GERMAN_RECEIPT, paid_with=PaidWith("card", "amex", "0005")))
    assert "American-Express-Karte mit Endziffern 0005" in text


def test_a_buyer_is_shown_by_the_best_that_is_known() -> None:
    known = Party("b-1", "Ada", "ada@buyer.example")
    assert "Buyer\nAda\nada@buyer.example\nBuyer no. b-1\n" in printed(replace(RECEIPT, buyer=known))
    assert "Buyer\nBuyer no. b-1\nMaker" in printed(replace(RECEIPT, buyer=Party("b-1")))


def test_a_makers_address_is_not_given_to_buyers() -> None:
    text = printed(replace(RECEIPT, maker=Party("m-1", None, "maker@maker.example")))
    assert "Maker\nMaker no. m-1\nPaid on" in text
    assert "maker@maker.example" not in text


def test_a_lot_without_a_number_leaves_no_empty_column() -> None:
    assert "USD" in printed(SCRIPTS)
    assert "\nLot" not in printed(SCRIPTS)


@pytest.mark.parametrize(
    ("lot", "title", "shown"),
    [
        ("14", None, "14 Lot 14\n"),
        (None, "\u200b \U0001f389", "\nLot of auction A-05531B\n"),
        ("14", "", "14 Lot 14\n"),
    ],
)
def test_a_lot_without_a_title_is_called_by_what_is_known(lot: str | None, title: str | None, shown: str) -> None:
    assert shown in printed(replace(RECEIPT, lot=lot, title=title))


def test_the_file_tells_its_title_its_author_its_date_and_its_language() -> None:
    pdf = PRINTER.print(replace(RECEIPT, at=datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))))
    metadata = metadata_of(pdf)
    assert metadata["Title"] == "Receipt CRAFT-2026-004230"
    assert metadata["Author"] == "Kestrel Row Auctions"
    assert metadata["Subject"] == "Payment 4D164853"
    assert metadata["CreationDate"] == metadata["ModDate"] == "D:20260228233000+00'00'"
    assert b"/Lang (en)" in pdf
    assert b"/Lang (de)" in PRINTER.print(GERMAN_RECEIPT)
    assert "28 February 2026\n23:30:00 UTC" in text_of(pdf)


def test_a_house_with_any_name_is_the_files_author() -> None:
    assert metadata_of(PRINTER.print(SCRIPTS))["Author"] == "Dom Aukcyjny Łabędź"
    house = replace(RECEIPT.house, name="A (B) \\ </title><b> & Co. /CreationDate (D:20260101000000+00'00')")
    pdf = PRINTER.print(replace(RECEIPT, house=house))
    assert metadata_of(pdf)["Author"] == house.name


@pytest.mark.parametrize("version", ["2024-01-01", "../../../etc", "", ".", "2025-09-15/../2025-09-15", "x" * 500])
def test_an_unknown_template_is_named_and_so_are_those_that_exist(version: str) -> None:
    with pytest.raises(Unprintable, match=r"there is no template .*; this release has 2025-09-15") as refused:
        PRINTER.print(replace(RECEIPT, template_version=version))
    assert isinstance(refused.value, PermanentError)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("language", ["fr", "", "../en", "en.toml"])
def test_a_language_without_words_is_refused(language: str) -> None:
    with pytest.raises(Unprintable, match="has no words in"):
        PRINTER.print(replace(RECEIPT, language=language, at=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_long_title_ends_after_three_lines() -> None:
    after = printed(SAMPLES["receipt-long-title"]).split("USD\n14 ")[1].split("\nHammer price")[0]
    assert len(after.splitlines()) == 3
    assert after.endswith(ELLIPSIS)
    assert "<i>later</i>" in after


@pytest.mark.parametrize(
    ("document", "state", "note"),
    [
        (CREDIT_NOTE, "Refunded in full", "cancels receipt {} in full."),
        (replace(CREDIT_NOTE, in_full=False, rest=True), "The rest refunded", "cancels the rest of receipt {}."),
        (replace(CREDIT_NOTE, in_full=False), "Refunded in part", "cancels a part of receipt {}."),
        (
            replace(CREDIT_NOTE, language="de", in_full=False, rest=True),
            "Rest erstattet",
            "hebt den Rest der Quittung {} auf.",
        ),
    ],
)
def test_a_credit_note_says_how_much_of_its_receipt_it_takes_back(document: Document, state: str, note: str) -> None:
    text = lines(document)
    assert state in text
    assert note.format(document.cancels) in " ".join(text)
