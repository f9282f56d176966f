"""Deliveries, receipts, reconciliation, risk and audit in a browser: nothing that axe can find, nothing too wide.

`GAVELPAY_PICTURES=DIR` keeps a picture of each page.
"""

import os
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.busy import busy_street
from tests.browser.conftest import open_page
from tests.browser.street import faults
from tests.browser.test_desk import look, sign_in
from tests.databases import Databases
from tests.house import prepare
from tests.servers import Urls

_WIDE: Final[ViewportSize] = {"width": 1440, "height": 900}
#: Looked at each time; short lists, for axe takes its time.
PAGES = {
    "deliveries": "/console/deliveries?endpoint=order&auction=KR-bowl",
    "delivery": "/console/deliveries/events/{event}",
    "letters": "/console/deliveries/letters?state=refused",
    "receipts": "/console/receipts?check=1&state=stuck",
    "receipt": "/console/receipts/{receipt}?verify=1",
    "reconciliation": "/console/reconciliation",
    "risk": "/console/risk",
    "security": "/console/risk/security?kind=act_refused",
    "audit": "/console/audit/verify?who=admin:tomas.w",
}
#: Where pictures are kept, instead or besides.
PICTURES = {
    "replay": "/console/deliveries/replay?endpoint=auction&since=2026-01-01T00:00",
    "run": "/console/reconciliation/{run}",
    "resend": "/console/payments/{sold}/resend?notice={notice}",
    "deliveries": "/console/deliveries",
    "drop": "/console/deliveries/events/{event}/drop?endpoint=order",
    "letters": "/console/deliveries/letters",
    "receipts": "/console/receipts?check=1",
    "receipt-stuck": "/console/receipts/{stuck}",
    "security": "/console/risk/security",
    "audit": "/console/audit",
    "audit-verified": "/console/audit/verify?chain={sold}",
    "nothing": "/console/audit?who=nobody",
}


# Pictures take their time.
@pytest.mark.timeout(600 if os.environ.get("GAVELPAY_PICTURES") else 120)
def test_everything_can_be_read_by_everybody(browser: Browser, databases: Databases, server_urls: Urls) -> None:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    database_url = databases.create(databases.template("migrated", prepare))
    redis_url = f"{server_urls.redis.rpartition('/')[0]}/{number}"
    with busy_street(database_url, redis_url) as (street, known), open_page(browser, viewport=_WIDE) as page:
        sign_in(page, street, "admin")
        for name, path in (PAGES | (PICTURES if os.environ.get("GAVELPAY_PICTURES") else {})).items():
            answer = page.goto(street.url + path.format(**known))
            assert answer is not None
            assert answer.status == 200, (name, page.inner_text("main"))
            glance(page, name)


def glance(page: Page, name: str) -> None:
    """One look by axe, on a phone in the dark, where most goes wrong; all looks where pictures are kept."""
    if os.environ.get("GAVELPAY_PICTURES"):
        look(page, name)
        return
    assert page.evaluate("document.documentElement.scrollWidth") <= _WIDE["width"]
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size(_WIDE)
