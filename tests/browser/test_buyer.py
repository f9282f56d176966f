"""A buyer before the page: pays, is declined and tries again, waits, and runs out of time."""

from uuid import UUID

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.conftest import open_page
from tests.browser.street import Street, faults

DECLINED, THREE_D_SECURE = "4000 0000 0000 9995", "4000 0025 0000 3155"


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def pay_at_stripe(page: Page, card: str = "4242 4242 4242 4242") -> None:
    page.wait_for_url("**/c/pay/**")
    page.get_by_label("or its number").fill(card)
    page.get_by_role("button", name="Pay").click()


def hear(street: Street, page: Page) -> None:
    """Stripe's webhooks come, while the page is open."""
    page.wait_for_timeout(50)
    street.home.hear()


def test_a_buyer_pays_and_sees_at_once_that_it_worked(street: Street, page: Page) -> None:
    session_id = street.lot()
    page.goto(street.page_of(session_id))
    heading(page, "Walnut bracket clock, eight-day movement")
    expect(page.locator(".by")).to_contain_text(", your time")
    expect(page).to_have_title("23 h 59 min left to pay · Kestrel Row Auctions")

    page.get_by_role("link", name="Proceed to secure payment").click()
    pay_at_stripe(page)

    heading(page, "One moment, we are checking")
    hear(street, page)
    heading(page, "Paid. Thank you.")
    expect(page).to_have_title("Paid, thank you · Kestrel Row Auctions")
    expect(page.get_by_role("status")).to_have_text("Paid. Thank you.")
    expect(page.get_by_text("Visa ending in 4242")).to_be_visible()
    assert faults(page) == []


def test_the_receipt_comes_to_the_open_page(street: Street, page: Page) -> None:
    session_id = street.lot(metadata={"lot": "14", "maker_name": "Haldrick Clockworks"})
    street.home.pay(session_id)
    street.home.hear()
    page.goto(street.page_of(session_id))
    expect(page.get_by_text("Your receipt follows by e-mail, usually within a minute.")).to_be_visible()
    expect(page.get_by_text("Haldrick Clockworks has been told")).to_be_visible()
    expect(page.get_by_text("Lot 14 · Haldrick Clockworks")).to_be_visible()

    while street.home.app.issue_receipts():
        pass

    link = page.get_by_role("link", name="Download receipt (PDF)")
    expect(link).to_be_visible()
    expect(page.get_by_text("We have also sent it to buyer@example.com.")).to_be_visible()
    paper = page.request.get(f"{street.url}{link.get_attribute('href')}")
    assert paper.headers["content-type"] == "application/pdf"
    assert faults(page) == []


def test_a_page_that_stays_open_follows_what_happens_elsewhere(street: Street, page: Page) -> None:
    session_id = street.lot()
    page.goto(street.page_of(session_id))
    page.get_by_role("link", name="Proceed").focus()

    street.home.pay(session_id)
    hear(street, page)

    heading(page, "Paid. Thank you.")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_a_declined_buyer_reads_why_and_tries_again(street: Street, page: Page) -> None:
    session_id = street.lot()
    page.goto(street.page_of(session_id))
    street.home.pay(session_id, DECLINED)
    hear(street, page)
    heading(page, "Your bank declined the payment")
    expect(page.get_by_text("There was not enough money or limit")).to_be_visible()
    expect(page.get_by_text("Three of three tries are left. If you do nothing, we e-mail you")).to_be_visible()

    page.get_by_role("button", name="Try again").click()
    pay_at_stripe(page)
    hear(street, page)

    heading(page, "Paid. Thank you.")
    payment = street.home.payment(session_id)
    assert [attempt.attempt_no for attempt in payment.attempts] == [1, 2]
    assert "retry_requested" in street.home.actions(session_id)


def test_asking_twice_opens_one_attempt_and_others_sites_may_not_ask(street: Street, page: Page) -> None:
    session_id = street.lot()
    street.home.pay(session_id, DECLINED)
    street.home.hear()
    retry = f"{street.page_of(session_id)}/retry"

    foreign = page.request.post(retry, headers={"Sec-Fetch-Site": "cross-site"}, max_redirects=0)
    first = page.request.post(retry, max_redirects=0)
    second = page.request.post(f"{retry}?lang=de", max_redirects=0)

    assert foreign.status == 403
    assert (first.status, second.status) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert len(street.home.payment(session_id).attempts) == 2
    assert page.request.post(f"{street.url}/pay/nonsense/retry").status == 404


def test_the_page_waits_while_stripe_is_silent_and_goes_on_by_itself(street: Street, page: Page) -> None:
    session_id = street.lot()
    street.home.pay(session_id, DECLINED)
    street.home.hear()
    page.goto(street.page_of(session_id))
    street.home.sandbox.fault("lost_before", "checkout.sessions.create")
    page.get_by_role("button", name="Try again").click()
    heading(page, "One moment, your payment page is being opened")
    street.home.sandbox.clear_faults()
    street.home.forward(minutes=2)

    assert street.home.app.open_checkouts(session_id) == 1

    expect(page.get_by_role("link", name="Proceed to secure payment")).to_be_visible()


def test_a_window_that_ends_is_told_kindly(street: Street, page: Page) -> None:
    session_id = street.lot()
    page.goto(street.page_of(session_id))
    street.home.app.close_by_request(session_id, "admin:alice")
    heading(page, "The time to pay is over")
    expect(page.get_by_role("status")).to_have_text("The time to pay is over.")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_text("Nothing was charged, and you owe nothing.")).to_be_visible()


def test_a_buyer_who_turns_back_still_has_the_lot(street: Street, page: Page) -> None:
    page.goto(street.page_of(street.lot()))
    page.get_by_role("link", name="Proceed").click()
    page.get_by_role("link", name="Cancel and go back").click()
    heading(page, "You have not paid yet")
    expect(page.get_by_text("Your lot is still reserved for you.")).to_be_visible()


def test_without_javascript_a_buyer_pays_and_tries_again(browser: Browser, street: Street) -> None:
    session_id = street.lot()
    with open_page(browser, java_script_enabled=False, locale="de-DE") as page:
        page.goto(street.page_of(session_id))
        expect(page.locator(".by")).to_contain_text("UTC")
        street.home.pay(session_id, DECLINED)
        street.home.hear()
        page.reload()
        heading(page, "Ihre Bank hat die Zahlung abgelehnt")
        page.get_by_role("button", name="Erneut versuchen").click()
        pay_at_stripe(page)
        heading(page, "Einen Moment, wir prüfen")
        street.home.hear()
        heading(page, "Bezahlt. Vielen Dank.")  # the page asks again by itself


def test_the_keyboard_is_enough(street: Street, page: Page) -> None:
    page.goto(street.page_of(street.lot()))
    names = []
    for _ in range(4):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert names == ["Skip to content", "English", "Deutsch", "Proceed to secure payment"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/pay/**")


def fields(page: Page) -> FrameLocator:
    page.locator("[data-card] button:enabled").wait_for()
    return page.frame_locator("[data-fields] iframe")


@pytest.fixture
def brooch(street: Street, page: Page) -> UUID:
    session_id = street.lot(policy="instant", title="Enamel brooch, 1962", amount="180.00")
    page.goto(street.page_of(session_id))
    return session_id


def test_an_instant_payment_is_made_with_card_fields_on_the_page(street: Street, page: Page, brooch: UUID) -> None:
    asked = []
    page.on("request", lambda request: asked.append((request.url, request.post_data or "")))
    fields(page).get_by_label("Card number").fill("4242424242424242")
    page.get_by_role("button", name="Pay $180.00").click()

    heading(page, "One moment, we are checking")
    hear(street, page)
    heading(page, "Paid. Thank you.")
    ours = [(url, body) for url, body in asked if url.startswith(street.url)]
    assert ours
    assert not any("4242" in url + body for url, body in ours), "we never see the card"


def test_a_declined_card_leaves_the_fields_to_try_another(street: Street, page: Page, brooch: UUID) -> None:
    fields(page).get_by_label("Card number").fill(DECLINED)
    page.get_by_role("button", name="Pay $180.00").click()
    expect(page.locator("[data-error]")).to_contain_text("insufficient funds")
    hear(street, page)
    heading(page, "Your bank declined the payment")
    expect(fields(page).get_by_label("Card number")).to_have_value(DECLINED)
    expect(page.locator("[data-error]")).to_be_empty()
    assert faults(page) == []

    fields(page).get_by_label("Card number").fill("4242424242424242")
    page.get_by_role("button", name="Pay $180.00").click()
    heading(page, "One moment, we are checking")
    hear(street, page)
    heading(page, "Paid. Thank you.")


@pytest.mark.parametrize(("answer", "works"), [("Complete authentication", True), ("Fail authentication", False)])
def test_the_bank_asks_over_the_page(street: Street, page: Page, brooch: UUID, answer: str, *, works: bool) -> None:
    fields(page).get_by_label("Card number").fill(THREE_D_SECURE)
    page.get_by_role("button", name="Pay $180.00").click()
    page.frame_locator("dialog iframe").get_by_role("button", name=answer).click()
    if works:
        heading(page, "One moment, we are checking")
    else:
        expect(page.locator("[data-error]")).not_to_be_empty()
    hear(street, page)
    heading(page, "Paid. Thank you." if works else "The payment did not go through")
    if not works:
        expect(page.get_by_text("The confirmation with your bank did not finish.")).to_be_visible()


def test_without_a_card_number_nothing_is_sent(street: Street, page: Page, brooch: UUID) -> None:
    fields(page).get_by_label("Card number").wait_for()
    page.get_by_role("button", name="Pay $180.00").click()
    expect(page.locator("[data-error]")).to_have_text("Your card number is incomplete.")
    assert not street.home.new_events() or street.home.payment(brooch).session.status == "pending"
