"""Every state of the buyer's page: no fault that axe can find, readable on a phone, in the dark, and twice as large.

`GAVELPAY_PICTURES=DIR` keeps a picture of each.
"""

import os

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import open_page
from tests.browser.states import STATES
from tests.browser.street import Street, faults, keep


@pytest.mark.parametrize("name", STATES)
def test_a_state_can_be_read_by_everybody(browser: Browser, street: Street, name: str) -> None:
    session_id, query = STATES[name](street)
    query += "&" if query else "?"
    with open_page(browser) as page:
        show(page, street.page_of(session_id, f"{query}lang=en"), name)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        keep(page, f"{name}-390-light")

        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert faults(page) == []
        assert page.evaluate("document.getAnimations().length") == 0

        # 200 % of text on a page of 390 px: as a page of 195 px.
        page.emulate_media(forced_colors="active", color_scheme="light")
        page.set_viewport_size({"width": 195, "height": 422})
        assert page.evaluate("document.documentElement.scrollWidth") <= 195, "nothing is cut off"

        if os.environ.get("GAVELPAY_PICTURES"):
            for width, scheme, lang in ((390, "dark", "de"), (1440, "light", "en"), (1440, "dark", "de")):
                page.emulate_media(forced_colors="none", color_scheme=scheme)  # type: ignore[arg-type]
                page.set_viewport_size({"width": width, "height": 844})
                show(page, street.page_of(session_id, f"{query}lang={lang}"), name)
                keep(page, f"{name}-{width}-{scheme}-{lang}")


def show(page: Page, url: str, name: str) -> None:
    page.goto(url)
    if name.startswith("instant"):
        page.locator("[data-card] button:enabled").wait_for()


def test_a_link_that_was_altered_says_so_kindly(browser: Browser, street: Street) -> None:
    with open_page(browser) as page:
        page.goto(street.page_of(street.lot())[:-4] + "AAAA")
        assert page.get_by_role("heading", level=1).inner_text() == "This link does not work any more"
        assert faults(page) == []
        keep(page, "lost-390-light")
