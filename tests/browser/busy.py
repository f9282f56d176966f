"""A house in which something of everything has happened: for pages about trust and about what others are told."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.errors import GatewayRefused, OfferRefused
from domain.risk import Kind, RiskSignal
from domain.security import SecurityEventKind
from runtime.serving import listen
from services.verify_audit import SignAuditHeads
from tests.browser.conftest import serving
from tests.browser.street import Street
from tests.listener import SECRET, Listener, listening
from tests.services.posting import Posting, posting

TITLES = {
    "clock": "Walnut bracket clock, eight-day movement",
    "brooch": "Enamel brooch, 1962",
    "desk": "Walnut standing desk, hand-cut dovetails",
    "lamp": "Brass reading lamp",
    "map": "Map of the Baltic, copper engraving",
    "chair": "Windsor chair, elm and ash",
    "vase": "Stoneware vase, ash glaze",
    "bowl": "Burr elm bowl",
}


class FullShelf:
    """A storage that will not take anything."""

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        raise GatewayRefused("S3: NoSuchBucket: the bucket receipts-eu does not exist")


@contextmanager
def busy_street(database_url: str, redis_url: str) -> Iterator[tuple[Street, dict[str, str]]]:
    """The house with its `api` process, and the ids of what its pages are about."""
    listener = listen("api", "127.0.0.1", 0, 64)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with listening() as auction, listening() as order:
        environ = {
            "PUBLIC_URL": url,
            "REDIS_URL": redis_url,
            "AUCTION_WEBHOOK_URL": auction.url,
            "AUCTION_WEBHOOK_SECRET": SECRET,
            "ORDER_WEBHOOK_URL": order.url,
            "ORDER_WEBHOOK_SECRET": SECRET,
        }
        with posting(database_url, **environ) as post, serving(post.home, listener):
            yield Street(post.home, url), furnish(post, auction, order)


def furnish(post: Posting, auction: Listener, order: Listener) -> dict[str, str]:
    """Sell some lots, and let some things go wrong."""
    home = post.home
    now = home.time()
    home.time.at = now - timedelta(hours=7)
    post.box.faults.refuse("lost@nowhere.example")
    clock = _sold(post, "clock")
    home.issue()
    home.app.request_refund(clock, reason="a hand was bent", actor="admin:ines.k", amount="120.00")
    home.app.send_refunds()
    home.hear()
    home.issue()
    charge = home.payment(_sold(post, "lamp")).transactions[0].stripe_charge_id or ""
    with home.sandbox.host.using() as core:
        core.dispute(charge)
    home.hear()
    home.issue()
    _watched(home, now)

    order.refuses = lambda _event: 503
    sent = {name: _sold(post, name) for name in ("desk", "map")}
    home.issue()
    # Nobody heard of this one until somebody asked.
    lost = _opened(post, "bowl", amount="88.00")
    home.pay(lost)
    home.forward(minutes=12)
    home.new_events()
    home.app.reconcile_asked.ask(timedelta(days=1), "support:ines.k", "The bank asked about yesterday.")
    home.app.reconcile_asked()
    home.work()
    home.issue()

    auction.refuses = lambda event: 422 if event["data"].get("title") == TITLES["vase"] else None
    blocked = _opened(post, "vase", buyer_email="lost@nowhere.example")
    home.app.extend_window(blocked, timedelta(hours=2), "The buyer telephoned.", "admin:tomas.w")
    with suppress(OfferRefused):
        home.app.retry_payment(blocked, "support:ines.k", "She asked for it.")
    broken = replace(home.app.receipts.issue, storage=FullShelf())  # type: ignore[arg-type]
    _sold(post, "chair")
    while broken():
        pass
    _held(post)
    home.time.at = now
    home.app.deliver_events()
    home.work()
    for _ in range(10):
        home.app.explain_money()
        home.app.reconcile_events()
    list(SignAuditHeads(home.app.store.begin, home.app.now)(actor="cli:backup"))
    (stuck,) = home.app.receipts.view.listed(status="stuck")
    run = home.app.reconcile_asked.books().runs[0]
    (told,) = home.app.database.rows(
        "SELECT event_id FROM deliveries WHERE endpoint = 'order' AND status = 'waiting' ORDER BY event_id LIMIT 1"
    )
    notice = next(one for one in post.notices(session_id=sent["desk"]) if one.kind == "payment_received")
    receipt = home.app.receipts.view.of_payment(clock)[0].receipt
    return {
        "event": str(told[0]),
        "stuck": str(stuck.receipt.id),
        "receipt": str(receipt.id),
        "run": str(run.id),
        "sold": str(sent["desk"]),
        "notice": str(notice.id),
    }


def _opened(post: Posting, name: str, **changes: Any) -> UUID:
    ordinary = {"title": TITLES[name], "amount": "1240.00", "auction_id": f"KR-{name}", "buyer_id": f"buyer-{name}"}
    session_id = post.home.opened(**(ordinary | {"buyer_email": f"{name}@buyer.example"} | changes))
    post.home.work()
    return session_id


def _sold(post: Posting, name: str) -> UUID:
    session_id = _opened(post, name)
    post.home.forward(minutes=9)
    post.home.pay(session_id)
    post.home.forward(seconds=40)
    post.home.hear()
    post.home.work()
    return session_id


def _held(post: Posting) -> None:
    """A payment that many declines and a shared device speak against."""
    home = post.home
    session_id = home.require(title=TITLES["brooch"], amount="180.00", auction_id="KR-brooch", buyer_id="buyer-11")
    with home.app.store.begin() as uow:
        payment = uow.payments.lock_one(session_id)
        assert payment is not None
        payment.session.held_at, payment.session.hold_reason = home.time(), "risk_score"
        payment.session.risk_score = 95
        signals = ((Kind.MANY_DECLINES, 45, {"email": 7}), (Kind.MANY_BUYERS_ON_DEVICE, 50, {"buyers": 5}))
        payment.signals += [
            RiskSignal(session_id, kind, "intake", points, home.time(), dict(detail))
            for kind, points, detail in signals
        ]
        payment.note("risk_hold", home.time(), hold="risk_score", score=95)


def _watched(home: Any, now: Any) -> None:
    """Strangers at the door, over some hours."""
    begun = home.time()
    for minutes, count in ((-900, 40), (-640, 60), (-400, 240), (-395, 310), (-80, 22)):
        home.time.at = now + timedelta(minutes=minutes)
        home.app.record_security_event(SecurityEventKind.FORGED_WEBHOOKS, actor="ingest", refused=count)
    for minutes, who in ((-610, "maker:m-77"), (-390, "buyer:b-13"), (-388, "anonymous"), (-30, "support:eve")):
        home.time.at = now + timedelta(minutes=minutes)
        asked, code = "GET /payments/sessions/…", "not_theirs"
        home.app.record_security_event(SecurityEventKind.ACCESS_DENIED, actor=who, asked=asked, code=code)
    home.time.at = begun
