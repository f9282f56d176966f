"""The buyer's page: every state in words, in both languages, for whoever holds the link and nobody else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from console.pages.english import ENGLISH_WORDS
from console.pages.german import GERMAN_WORDS
from console.pages.languages import ENGLISH, GERMAN, language_for
from console.pages.returned import Back
from console.pages.stages import Stage
from domain.money import Money
from tests.console.calling import Client, Wire
from tests.house import House
from tests.services.test_accept_other_amount import held


def page_of(home: House, wire: Wire, session_id: str, query: str = "", **headers: str) -> str:
    token = home.app.links.token(home.payment(UUID(session_id)).session.id)
    answer = wire.request("GET", f"/pay/{token}{query}", headers=headers)
    assert answer.status_code == 200
    return answer.text


def test_the_page_shows_what_is_to_be_paid_until_when_and_where(home: House, service: Client, wire: Wire) -> None:
    session_id = service.create(title="Walnut <clock>")
    attempt = home.payment(UUID(session_id)).newest_attempt
    home.forward(minutes=19)

    page = page_of(home, wire, session_id)

    assert attempt is not None
    assert attempt.url is not None
    assert f'href="{attempt.url}"' in page
    assert "Walnut &lt;clock&gt;" in page
    assert "$275.50" in page
    assert "23 h 4" in page
    assert "Proceed to secure payment" in page
    assert page.count("<script") == 1
    assert "style=" not in page
    assert 'http-equiv="refresh"' not in page


def test_a_title_of_any_length_and_direction_is_shown_in_a_few_lines(home: House, service: Client, wire: Wire) -> None:
    long = page_of(home, wire, service.create(title="Clock \u202e " * 900))
    hebrew = page_of(home, wire, service.create(auctionId="auction-2", title="\u05e9\u05e2\u05d5\u05df"))

    assert "Clock Clock\u2026" in long
    assert "\u202e" not in long
    assert long.count("Clock") < 60
    assert 'dir="auto" tabindex="-1">\u05e9\u05e2\u05d5\u05df' in hebrew
    assert '<span class="house">Gavelpay</span>' in hebrew


def test_nobody_is_promised_a_mail_whose_address_is_not_known(home: House, service: Client, wire: Wire) -> None:
    without = page_of(home, wire, service.create())
    known = page_of(home, wire, service.create(auctionId="auction-2", buyerEmail="ann@example.com"))

    assert "e-mail" not in without
    assert "Your receipt is then on this page" in without
    assert "The receipt comes by e-mail" in known


def test_a_wrong_link_gets_a_kind_page_that_tells_nothing(home: House, service: Client, wire: Wire) -> None:
    token = home.app.links.token(UUID(service.create()))  # type: ignore[arg-type]
    nobodys = home.app.links.token(UUID("0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"))  # type: ignore[arg-type]
    altered = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")

    answers = [
        wire.request("GET", f"/pay/{wrong}") for wrong in (altered, nobodys, "x", "%00", "\u00e9" * 40, "A" * 9000)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "This link does not work any more" in answers[0].text
    assert "Dieser Link gilt nicht mehr" in answers[0].text


def test_the_language_is_the_buyers(home: House, service: Client, wire: Wire) -> None:
    session_id = service.create(locale="de-AT", currency="EUR", amount=1240)

    german = page_of(home, wire, session_id)

    assert '<html lang="de">' in german
    assert "1.240,00\N{NO-BREAK SPACE}€" in german
    assert "Weiter zur sicheren Zahlung" in german
    assert "Noch 23 Std." in german
    assert "Proceed to secure payment" in page_of(home, wire, session_id, "?lang=en")
    other = service.create(auctionId="auction-2")
    assert '<html lang="de">' in page_of(home, wire, other, **{"Accept-Language": "fr;q=1, de;q=0.5"})


def test_the_page_follows_a_payment_to_its_end(home: House, service: Client, wire: Wire) -> None:
    session_id = str(home.require())
    assert "is being opened" in page_of(home, wire, session_id)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page_of(home, wire, session_id)

    home.app.open_checkouts()
    assert "You have not paid yet" in page_of(home, wire, session_id, "?from=canceled")
    waiting = page_of(home, wire, session_id, "?from=paid")
    assert "One moment, we are checking" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert "Have you not paid yet?" in waiting

    home.pay(UUID(session_id), "4000000000009995")
    home.hear()
    declined = page_of(home, wire, session_id)
    assert "Your bank declined the payment" in declined
    assert "not enough money or limit" in declined
    assert "Try again" in declined

    home.pay(UUID(session_id))
    home.hear()
    paid = page_of(home, wire, session_id, "?from=paid")
    assert "Paid. Thank you." in paid
    assert "A vase is yours" in paid
    assert "data-act" not in paid


def test_the_page_of_a_window_that_ran_out_says_that_nothing_is_owed(home: House, service: Client, wire: Wire) -> None:
    session_id = service.create()
    home.forward(hours=24)
    assert "One moment, we are checking" in page_of(home, wire, session_id)

    home.forward(minutes=5)
    home.work()

    page = page_of(home, wire, session_id)
    assert "The time to pay is over" in page
    assert "you owe nothing" in page
    assert "Proceed" not in page


def test_money_that_came_late_goes_back_and_the_page_says_so(home: House, service: Client, wire: Wire) -> None:
    session_id = service.create()
    service.post(f"/payments/checkout/{session_id}/expire")
    home.forward(seconds=1)
    home.pay(UUID(session_id))
    home.hear()

    page = page_of(home, wire, session_id)

    assert "came after the time was over" in page
    assert "We are sending $275.50 back in full" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("status = 'processing'", "Your payment is on its way"),
        ("status = 'processing', reason = 'amount_differs'", "We are checking this payment"),
        ("status = 'canceled', closed_at = now()", "This payment was canceled"),
        ("status = 'expired', closed_at = now(), reason = 'closed_by_request'", "The time to pay is over"),
        ("status = 'failed', retry_count = 3, reason = 'stolen_card'", "It has not worked so far"),
        ("status = 'failed', reason = 'held_money_returned'", "5 to 10 days. You can pay $275.50 until the time below"),
        (
            "status = 'failed', retry_count = 3, reason = 'held_money_returned'",
            "You can pay $275.50 until the time below",
        ),
    ],
)
def test_the_other_states_have_their_words(home: House, service: Client, wire: Wire, change: str, says: str) -> None:
    session_id = service.create()
    with home.app.database.transaction() as connection:
        connection.execute(f"UPDATE payment_sessions SET {change}")  # type: ignore[arg-type]

    page = page_of(home, wire, session_id)

    assert says in page
    assert "stolen" not in page


def test_what_came_stands_on_the_page_where_another_amount_was_accepted(home: House, wire: Wire) -> None:
    session_id = held(home)
    home.app.accept_other_amount(session_id, "admin:alice", "agreed with the maker")  # type: ignore[arg-type]
    page = page_of(home, wire, str(session_id))
    assert "200.00" in page
    assert "275.50" not in page


def test_an_instant_payment_is_paid_where_the_buyer_came_from(service: Client, home: House, wire: Wire) -> None:
    page = page_of(home, wire, service.create(policy="instant"))

    assert "Pay with your card where you won this lot" in page
    assert "9 min 59 s left" in page
    assert "soon" in page


def test_a_checkout_that_stripe_refused_is_looked_at(home: House, wire: Wire) -> None:
    session_id = str(home.require(title=None))
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE checkout_attempts SET status = 'refused'")

    page = page_of(home, wire, session_id)

    assert "We are checking this payment" in page
    assert "Lot auction-1" in page


def test_both_languages_have_a_word_for_everything() -> None:
    for words in (ENGLISH_WORDS, GERMAN_WORDS):
        assert set(words.said) == set(Stage)
        assert set(words.returned) == set(Back)
    assert ENGLISH_WORDS.labels.keys() == GERMAN_WORDS.labels.keys()


def test_money_moments_and_spans_are_written_as_each_language_does() -> None:
    at = datetime(2026, 3, 5, 15, 4, tzinfo=UTC)

    assert ENGLISH.money(Money("USD", 124000)) == "$1,240.00"
    assert ENGLISH.money(Money("JPY", 48000)) == "¥48,000"
    assert GERMAN.money(Money("CHF", 124000)) == "1.240,00\N{NO-BREAK SPACE}CHF"
    assert ENGLISH.moment(at) == "Thu 5 Mar, 15:04 UTC"
    assert GERMAN.moment(at) == "Do., 5. M\u00e4rz, 15:04 Uhr UTC"
    spans = [timedelta(hours=30, minutes=5), timedelta(minutes=42, seconds=7), timedelta(minutes=9, seconds=8)]
    assert [ENGLISH.left(span) for span in spans] == ["30 h 5 min left", "42 min left", "9 min 8 s left"]
    assert GERMAN.left(timedelta(seconds=47)) == "47 Sek."
    assert language_for(None, "fr", "xx, yy").tag == "en"
