"""Queues, workers, Stripe's events and dead letters in a browser: nothing that axe can find, nothing too wide.

`GAVELPAY_PICTURES=DIR` keeps a picture of each page.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from playwright.sync_api import Browser

from domain.messaging import StoredEvent
from services.show_life import ShowLife
from tests.browser.conftest import open_page
from tests.browser.street import Street
from tests.browser.test_desk import look, sign_in

_WIDE = {"width": 1440, "height": 900}
PAGES = {
    "queues": "/console/queues",
    "pause-queue": "/console/queues/windows/pause",
    "events": "/console/events",
    "event": "/console/events/{aside}",
    "replay": "/console/events/{done}/replay",
}


def test_everything_can_be_read_by_everybody(browser: Browser, street: Street) -> None:
    known = furnished(street)
    with open_page(browser, viewport=_WIDE) as page:
        sign_in(page, street, "admin")
        for name, path in PAGES.items():
            page.goto(street.url + path.format(**known))
            look(page, name)
    street.home.app.operating.pauses.resume("receipts", "admin:ines.k", "it is back")


def furnished(street: Street) -> dict[str, str]:
    """A house in which something of everything has happened."""
    home = street.home
    session_id = street.lot()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    home.work()
    street.lot(buyer_email="late@buyer.example")
    home.app.operating.pauses.pause(
        "receipts", "admin:ines.k", "the storage is moved", home.time() + timedelta(minutes=50)
    )
    workers(street)
    return {"aside": set_aside(street), "done": str(done(street, session_id))}


def set_aside(street: Street) -> str:
    """An event of the other mode."""
    event = orjson.loads(done_body(street))
    event |= {"id": "evt_1SmanyStrangers8Qd2cAx", "livemode": True}
    street.home.app.receive_events([street.home.app.read_event(orjson.dumps(event))])
    street.home.process()
    return str(event["id"])


def done(street: Street, session_id: UUID) -> str:
    """The event that completed a payment."""
    return str(_events(street, "r.session_id = %(id)s AND r.status = 'done'", id=session_id)[0].stripe_event_id)


def done_body(street: Street) -> bytes:
    """What Stripe said of a payment that is done."""
    return _events(street, "r.type = 'checkout.session.completed' ORDER BY r.received_at LIMIT 1")[0].body


def _events(street: Street, condition: str, **params: Any) -> list[StoredEvent]:
    with street.home.app.store.begin() as uow:
        return uow.inbox.find(condition, **params)


def workers(street: Street) -> None:
    """Three workers, one of which is gone, and a scheduler."""
    home = street.home
    all_queues: dict[str, Any] = {"queues": [], "threads": 8, "seconds": 60.0}
    gone = ShowLife(home.app.database, home.time, home.app.new_id, "worker")
    gone(all_queues)
    home.forward(minutes=12)
    ShowLife(home.app.database, home.time, home.app.new_id, "worker", lambda: 3)(
        all_queues | {"busy": {"checkouts.open": 2, "events.process": 1}, "done": {"events": 64, "checkouts": 9}}
    )
    ShowLife(home.app.database, home.time, home.app.new_id, "worker")(
        all_queues | {"queues": ["receipts", "notices"], "threads": 2, "busy": {}, "done": {"notices": 11}}
    )
    rang = home.time().timestamp() - 3
    jobs = {"expire_windows": {"every": 15, "last": rang}, "explain_money": {"every": 30, "last": None}}
    ShowLife(home.app.database, home.time, home.app.new_id, "scheduler")({"leads": True, "jobs": jobs})
