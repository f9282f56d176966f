"""The countdown: by the server's clock whatever the device's says, spoken where it matters, honest while offline."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.ids import SessionId
from tests.browser.conftest import open_page
from tests.browser.street import Street, faults, keep

#: The device's clock, wrong by so many minutes, however it is asked.
WRONG = """(() => {
  const Real = Date, by = %d * 60000;
  window.Date = class extends Real {
    constructor(...parts) { parts.length ? super(...parts) : super(Real.now() + by); }
  };
  window.Date.now = () => Real.now() + by;
})()"""
#: Everything that is said to screen readers, in order.
LISTEN = """(() => {
  window.said = [];
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => {
      const text = document.querySelector("[data-say]").textContent;
      if (text) window.said.push(text);
    }).observe(document.querySelector("[data-say]"), { childList: true, characterData: true, subtree: true });
  });
})()"""


def ending(street: Street, **left: float) -> SessionId:
    session_id = street.lot()
    move_end(street, session_id, **left)
    return session_id


def move_end(street: Street, session_id: SessionId, **left: float) -> None:
    with street.home.app.database.transaction() as connection:
        end = street.home.time() + timedelta(**left)
        connection.execute("UPDATE payment_sessions SET window_expires_at = %s WHERE id = %s", (end, session_id))


@contextmanager
def opened(browser: Browser, street: Street, session_id: SessionId, *scripts: str, lang: str = "en") -> Iterator[Page]:
    """The page, with the house's clock that stands still: what passes is the browser's."""
    with open_page(browser) as page:
        for script in (LISTEN, *scripts):
            page.add_init_script(script)
        page.goto(street.page_of(session_id, f"?lang={lang}"))
        yield page


def left(page: Page) -> str:
    return page.locator(".left").inner_text()


@pytest.mark.parametrize(
    ("minutes", "says"), [(37, "37 minutes fast"), (-125, "2 hours 5 minutes slow")], ids=["fast", "slow"]
)
def test_a_wrong_clock_is_named_and_not_believed(browser: Browser, street: Street, minutes: int, says: str) -> None:
    street.home.time.at = street.home.time.at.now(street.home.time.at.tzinfo)  # as real as the browser's
    with opened(browser, street, ending(street, minutes=90, seconds=30), WRONG % minutes) as page:
        note = page.locator('[data-note="clock"]')
        expect(note).to_contain_text(f"The clock of your device is {says}.")
        expect(note).to_contain_text("We count by our own clock, so the time shown here is right.")
        assert left(page) == "1 h 30 min left"
        expect(page.locator(".by")).to_contain_text("your device will show")
        assert page.evaluate("said") == []
        assert faults(page) == []
        keep(page, "clock-390-light")


def test_a_right_clock_is_not_mentioned(browser: Browser, street: Street) -> None:
    street.home.time.at = street.home.time.at.now(street.home.time.at.tzinfo)
    with opened(browser, street, ending(street, minutes=90)) as page:
        expect(page.locator(".by")).to_contain_text("your time")
        expect(page.locator('[data-note="clock"]')).to_be_hidden()


@pytest.mark.parametrize(
    ("seconds", "lang", "says"),
    [
        (3602.5, "en", "60 minutes left to pay."),
        (602.5, "de", "Noch 10 Minuten, um zu zahlen."),
        (62.5, "en", "One minute left to pay."),
    ],
)
def test_thresholds_are_spoken_once(browser: Browser, street: Street, seconds: float, lang: str, says: str) -> None:
    with opened(browser, street, ending(street, seconds=seconds), lang=lang) as page:
        expect(page.get_by_role("status")).to_have_text(says)
        page.wait_for_timeout(1100)
        assert page.evaluate("said") == [says]
        assert page.locator(".left").get_attribute("aria-live") == "off"


def test_thresholds_that_have_passed_stay_silent(browser: Browser, street: Street) -> None:
    with opened(browser, street, ending(street, seconds=50)) as page:
        expect(page.locator(".count")).to_have_class("count last soon")
        page.wait_for_timeout(1500)
        assert page.evaluate("said") == []


def test_at_zero_nothing_final_is_said_before_the_server_has(browser: Browser, street: Street) -> None:
    session_id = ending(street, seconds=2.5)
    with opened(browser, street, session_id) as page:
        street.home.forward(seconds=3)
        expect(page.locator(".left")).to_have_text("One moment, we are checking")
        expect(page.get_by_role("link", name="Proceed")).to_have_attribute("aria-disabled", "true")
        assert "over" not in " ".join(page.evaluate("said"))
        street.home.app.close_by_request(session_id, "admin:alice")
        expect(page.get_by_role("heading", level=1)).to_have_text("The time to pay is over")
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        assert page.evaluate("said").pop() == "The time to pay is over."


def test_an_extension_is_shown_and_said(browser: Browser, street: Street) -> None:
    session_id = ending(street, minutes=30)
    with opened(browser, street, session_id) as page:
        assert left(page).endswith("min left")
        page.evaluate("new Promise(done => setTimeout(done, 300))")
        street.home.app.extend_window(session_id, timedelta(hours=2), "asked by phone", "admin:alice")
        expect(page.locator(".left")).to_contain_text("2 h")
        assert any(one.startswith("You have more time: until ") for one in page.evaluate("said"))


def test_offline_the_page_says_so_counts_on_and_comes_back(browser: Browser, street: Street) -> None:
    with opened(browser, street, ending(street, minutes=158, seconds=30)) as page:
        page.context.set_offline(True)
        note = page.locator('[data-note="offline"]')
        expect(note).to_contain_text("You are offline. The time goes on: it is kept by our clock, not by this page.")
        expect(note).to_contain_text("Last checked ")
        assert left(page) == "about 2 h 38 min left"
        expect(page.locator(".count")).to_have_class("count held")
        expect(page.get_by_text("The button works again as soon as you are back online.")).to_be_visible()
        page.get_by_role("link", name="Proceed").click(force=True)
        assert "/pay/" in page.url, "the button rests"
        assert faults(page) == []
        keep(page, "offline-390-light")

        page.context.set_offline(False)
        expect(note).to_be_hidden()
        assert left(page) == "2 h 38 min left"
        assert page.evaluate("said") == ["You are offline.", "You are online again. 2 hours 38 minutes left."]
        expect(page.get_by_text("Nothing is charged before you confirm")).to_be_visible()


def test_a_server_that_is_away_is_not_called_offline(browser: Browser, street: Street) -> None:
    with opened(browser, street, ending(street, minutes=158), "delete window.EventSource") as page:
        page.route("**/status", lambda route: route.fulfill(status=503))
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.locator('[data-note="offline"]')).to_contain_text("We cannot be reached at the moment.")
        page.unroute("**/status")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.locator('[data-note="offline"]')).to_be_hidden()


def test_after_sleep_the_page_asks_before_it_goes_on(browser: Browser, street: Street) -> None:
    session_id = ending(street, minutes=158, seconds=30)
    with opened(browser, street, session_id) as page:
        assert left(page) == "2 h 38 min left"
        move_end(street, session_id, minutes=5, seconds=30)  # what passed while it slept, and nobody told
        page.wait_for_timeout(2100)  # and the kept status is gone
        page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 9e6; })()")
        expect(page.locator(".left")).to_contain_text("5 min")


def test_without_events_the_page_asks_by_itself(browser: Browser, street: Street) -> None:
    session_id = street.lot()
    with opened(browser, street, session_id, "delete window.EventSource") as page:
        street.home.pay(session_id)
        street.home.hear()
        expect(page.get_by_role("heading", level=1)).to_have_text("Paid. Thank you.", timeout=15_000)
