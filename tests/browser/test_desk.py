"""The operator's console in a browser: finding a stuck payment and acting on it; nothing that axe can find.

`GAVELPAY_PICTURES=DIR` keeps a picture of each page.
"""

import os
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from domain.ids import SessionId
from runtime.tokens import CallerRole, issue_development_token
from tests.browser.conftest import open_page
from tests.browser.street import Street, faults, keep
from tests.console.conftest import SECRET
from tests.console.desk.conftest import HOUR

_WIDE: Final = {"width": 1440, "height": 900}


@pytest.fixture
def office(browser: Browser) -> Iterator[Page]:
    """A large screen of somebody of the house."""
    with open_page(browser, viewport=_WIDE) as page:
        yield page


def sign_in(page: Page, street: Street, role: str) -> None:
    token = issue_development_token(SECRET, "tomas.w", CallerRole(role), HOUR, now=street.home.time())
    page.goto(f"{street.url}/console/payments")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Payments", level=1).wait_for()


def declined(street: Street) -> SessionId:
    session_id = street.lot(buyer_email=f"{len(street.home.stripe_has())}@buyer.example")
    street.home.pay(session_id, "4000000000000002")
    street.home.hear()
    return session_id


def look(page: Page, name: str) -> None:
    """Hold a page against axe, in both colours and on a phone; keep pictures where they are wanted."""
    for width, scheme in ((1440, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        keep(page, f"desk-{name}-{width}-{scheme}")
    if os.environ.get("GAVELPAY_PICTURES"):
        for width, scheme in ((1440, "dark"), (390, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            keep(page, f"desk-{name}-{width}-{scheme}")
    page.set_viewport_size(_WIDE)


def test_an_operator_finds_a_declined_payment_and_retries_it(office: Page, street: Street) -> None:
    street.lot()
    session_id = declined(street)
    sign_in(office, street, "admin")
    look(office, "payments")
    office.keyboard.press("/")
    office.keyboard.type(str(session_id))
    office.keyboard.press("Enter")
    office.wait_for_url(f"**/console/payments/{session_id}")
    look(office, "payment")
    office.keyboard.press("r")
    office.get_by_label("Reason").fill("The buyer has another card at hand.")
    look(office, "retry")
    office.get_by_role("button", name="Open attempt 2 now").click()
    office.get_by_text("The next attempt is being opened.").wait_for()
    street.home.work()
    office.reload()
    assert office.get_by_text("The buyer has another card at hand.").count() == 1
    assert len(street.home.payment(session_id).attempts) == 2


def test_signing_in_and_what_is_not_there_can_be_read_by_everybody(office: Page, street: Street) -> None:
    office.goto(f"{street.url}/console")
    look(office, "sign-in")
    sign_in(office, street, "auditor")
    office.goto(f"{street.url}/console/payments/nothing")
    look(office, "not-found")
