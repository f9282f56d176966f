"""Every state of the buyer's page: no fault that axe can find, readable on a phone, in the dark, and twice as large.

`GAVELPAY_PICTURES=DIR` keeps a picture of each.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import open_page
from tests.browser.states import STATES
from tests.browser.street import Street, faults, keep

_LARGE: dict[str, Any] = {"width": 1440, "height": 900}


@pytest.mark.parametrize("name", STATES)
def test_a_state_can_be_read_by_everybody(browser: Browser, street: Street, name: str) -> None:
    session_id, query = STATES[name](street)
    query += "&" if query else "?"
    with open_page(browser) as page:
        page.goto(street.page_of(session_id, f"{query}lang=en"))
        if name.startswith("instant"):
            page.locator("[data-card] button:enabled").wait_for()
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        keep(page, f"{name}-390-light")

        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.goto(street.page_of(session_id, f"{query}lang=de"))
        if name.startswith("instant"):
            page.locator("[data-card] button:enabled").wait_for()
        assert faults(page) == []
        assert page.evaluate("document.getAnimations().length") == 0
        keep(page, f"{name}-390-dark-de")

        # 200 % of text on a page of 390 px: as a page of 195 px.
        page.emulate_media(forced_colors="active", color_scheme="light")
        page.set_viewport_size({"width": 195, "height": 422})
        assert page.evaluate("document.documentElement.scrollWidth") <= 195, "nothing is cut off"
        page.emulate_media(forced_colors="none")
        page.set_viewport_size(_LARGE)
        page.goto(street.page_of(session_id, f"{query}lang=en"))
        keep(page, f"{name}-1440-light")


def test_a_link_that_was_altered_says_so_kindly(browser: Browser, street: Street) -> None:
    with open_page(browser) as page:
        page.goto(street.page_of(street.lot())[:-4] + "AAAA")
        assert page.get_by_role("heading", level=1).inner_text() == "This link does not work any more"
        assert faults(page) == []
        keep(page, "lost-390-light")
