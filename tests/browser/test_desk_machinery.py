"""Queues, workers, Stripe's events and dead letters in a browser: nothing that axe can find, nothing too wide.

`GAVELPAY_PICTURES=DIR` keeps a picture of each page.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from playwright.sync_api import Browser, Page

from domain.messaging import DeadLetter, StoredEvent
from domain.queues import INTAKE
from services.show_life import ShowLife
from tests.browser.conftest import open_page
from tests.browser.street import Street
from tests.browser.test_desk import look, sign_in
from tests.house import message

_WIDE = {"width": 1440, "height": 900}
PAGES = {
    "queues": "/console/queues",
    "pause-queue": "/console/queues/windows/pause",
    "events": "/console/events",
    "event": "/console/events/{aside}",
    "dead-letters": "/console/dead-letters?cause=invalid_message&queue=payment_required&actor=payment_required",
    "dead-letter": "/console/dead-letters/{corrected}",
}


def test_everything_can_be_read_by_everybody(browser: Browser, street: Street) -> None:
    known = furnished(street)
    with open_page(browser, viewport=_WIDE) as page:
        sign_in(page, street, "admin")
        for name, path in PAGES.items():
            page.goto(street.url + path.format(**known))
            look(page, name)
        correct(page, street, known["wrong"])
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
    known = {"aside": set_aside(street), **letters(street)}
    workers(street)
    return known


def correct(page: Page, street: Street, letter_id: str) -> None:
    """Correct a message by keyboard and eye: what is wrong is said, and what changes is shown."""
    page.goto(f"{street.url}/console/dead-letters/{letter_id}/correct")
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("alert").wait_for()
    box = page.get_by_label("Message")
    box.fill(box.input_value().replace("275,50", "275.50"))
    page.get_by_role("button", name="Check it").click()
    page.get_by_label("Reason").fill("A comma where a point belongs.")
    look(page, "correct")
    page.get_by_role("button", name="Put back corrected").click()
    page.get_by_text("The corrected message was put back.").wait_for()


def letters(street: Street) -> dict[str, str]:
    """Dead letters of three causes; one of them was corrected."""
    known = {}
    for name, amount, auction in (("corrected", "12,00", "lot-19"), ("wrong", "275,50", "A-3F0C77")):
        known[name] = letter(
            street, "invalid_message", f"amount: must be a decimal such as 275.50, not {amount}", amount, auction
        )
    for number in range(4):
        street.home.forward(minutes=2)
        letter(street, "seller_is_buyer", "a seller cannot pay for their own lot", "80.00", f"lot-{number}")
    desk, one = street.home.app.operating, UUID(known["corrected"])
    draft = desk.correct.draft(street.home.app.dead_letters.show(one))
    desk.correct(one, draft.text.replace("12,00", "12.00"), "admin:tomas.w", "A comma where a point belongs.")
    return known


def letter(street: Street, reason: str, error: str, amount: str, auction: str) -> str:
    """One of them."""
    kwargs = message(amount=amount, auction_id=auction, title="Stoneware jug, tall")
    body = {"queue_name": INTAKE, "actor_name": INTAKE, "args": [], "kwargs": kwargs, "options": {}}
    one = DeadLetter(street.home.app.new_id(), INTAKE, INTAKE, orjson.dumps(body), reason, error, street.home.time())
    street.home.app.keep_dead_letters([one])
    return str(one.id)


def set_aside(street: Street) -> str:
    """An event of the other mode."""
    event = orjson.loads(done_body(street))
    event |= {"id": "evt_1SmanyStrangers8Qd2cAx", "livemode": True}
    street.home.app.receive_events([street.home.app.read_event(orjson.dumps(event))])
    street.home.process()
    return str(event["id"])


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
