"""The console's first page and the list of payments in a browser: readable by everybody, and live without a jump."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.ids import SessionId
from tests.browser.conftest import open_page
from tests.browser.street import Street
from tests.browser.test_desk import _WIDE, declined, look, sign_in


@pytest.fixture
def office(browser: Browser) -> Iterator[Page]:
    """A large screen of somebody of the house."""
    with open_page(browser, viewport=_WIDE) as page:
        yield page


def test_the_overview_and_the_list_can_be_read_by_everybody(office: Page, street: Street) -> None:
    street.lot(title="Oil study, harbour at dusk")
    declined(street)
    street.home.pay(street.lot())
    street.home.hear()
    street.home.forward(seconds=30)
    sign_in(office, street, "admin")
    office.goto(f"{street.url}/console?span=1h")
    look(office, "overview")
    office.goto(f"{street.url}/console/payments?min=1&density=tight")
    look(office, "payments-filtered")
    office.get_by_role("link", name="Export").click()
    look(office, "export")
    office.get_by_label("Reason").fill("Closing the month.")
    with office.expect_download() as download:
        office.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename.startswith("payments-")


def test_news_come_while_somebody_looks_and_nothing_jumps(office: Page, street: Street) -> None:
    session_id = street.lot()
    sign_in(office, street, "support")
    office.goto(f"{street.url}/console")
    figures = office.locator("#figures-lag")
    figures.locator("summary").click()
    seconds = office.get_by_role("link", name="7 d")
    seconds.focus()
    before = office.locator("#made").text_content()
    street.home.forward(seconds=61)
    with office.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        office.evaluate("document.querySelector('#overview').dataset.live = '0.2'")
    expect(office.locator("#made")).not_to_have_text(before or "")
    expect(seconds).to_be_focused()
    assert figures.get_attribute("open") is not None
    office.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    office.wait_for_timeout(600)
    asked: list[str] = []
    office.on("request", lambda request: asked.append(request.url))
    office.wait_for_timeout(1_200)
    assert asked == []
    office.goto(f"{street.url}/console/payments?auction={street.home.payment(session_id).session.auction_id}")
    street.home.forward(seconds=1)
    street.home.pay(session_id)
    street.home.hear()
    office.evaluate("document.querySelector('#news').dataset.live = '0.2'")
    office.get_by_text("1 payment changed. Show it").click()
    office.locator(".badge.good").wait_for()


def test_what_is_stuck_is_found_on_the_first_page_and_repaired(office: Page, street: Street) -> None:
    held = held_for_its_risk(street)
    street.home.work()
    assert held not in asked_for(street)
    sign_in(office, street, "admin")
    office.goto(f"{street.url}/console")
    office.locator("li", has_text="Enamel brooch is held for its risk").get_by_role("link", name="Decide").click()
    office.wait_for_url(f"**/{held}**")
    office.get_by_text("several buyers use the same device").first.wait_for()
    office.get_by_role("link", name="Release").first.click()
    office.get_by_label("Reason").fill("All of them are of one family.")
    office.get_by_role("button", name="Release").click()
    office.get_by_text("The hold was released.").wait_for()
    street.home.work()
    assert held in asked_for(street)
    office.goto(f"{street.url}/console")
    assert office.get_by_text("Enamel brooch is held").count() == 0


def asked_for(street: Street) -> set[UUID]:
    """The payments that Stripe was asked for, in whatever order threads came to it."""
    return {UUID(one["metadata"]["payment_session_id"]) for one in street.home.stripe_has()}


def held_for_its_risk(street: Street) -> SessionId:
    """A payment that waits for a person: the fourth buyer on a device whose cards are declined again and again."""
    phone = {"device_id": "phone-of-a-family"}
    first = street.lot(risk=phone)
    for _ in range(6):
        street.home.pay(first, "4000000000000002")
    street.home.hear()
    for number in (2, 3, 4):
        lot = {"auction_id": f"brooch-{number}", "buyer_id": f"family-{number}", "title": "Enamel brooch"}
        held = street.home.require(**lot, risk=phone)
    return held
