"""Deliveries, receipts, reconciliation, risk and audit in a browser: nothing that axe can find, nothing too wide.

`GAVELPAY_PICTURES=DIR` keeps a picture of each page.
"""

from playwright.sync_api import Browser

from tests.browser.conftest import open_page
from tests.browser.street import Street
from tests.browser.test_desk import look, sign_in

_WIDE = {"width": 1440, "height": 900}
PAGES = {
    "deliveries": "/console/deliveries",
    "delivery": "/console/deliveries/events/{event}",
    "pause": "/console/deliveries/endpoints/queue/pause",
    "letters": "/console/deliveries/letters",
}


def test_everything_can_be_read_by_everybody(browser: Browser, street: Street) -> None:
    known = furnished(street)
    with open_page(browser, viewport=_WIDE) as page:
        sign_in(page, street, "admin")
        for name, path in PAGES.items():
            page.goto(street.url + path.format(**known))
            look(page, name)


def furnished(street: Street) -> dict[str, str]:
    """A house in which something of everything has happened."""
    home = street.home
    session_id = street.lot()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    home.work()
    rows = home.app.database.rows("SELECT id FROM outbox WHERE session_id = %s ORDER BY order_no", (session_id,))
    return {"event": str(rows[-1][0])}
