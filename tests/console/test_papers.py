"""Where the links in mails lead."""

from uuid import UUID

from tests.console.calling import Client, Wire
from tests.house import House


def test_a_link_leads_to_the_receipt_or_to_the_page_while_there_is_none(
    home: House, service: Client, wire: Wire
) -> None:
    session_id = UUID(service.create())
    links, session = home.app.links, home.payment(session_id).session
    path = f"/pay/{links.token(session.id)}/receipt"
    early = wire.request("GET", path)
    assert (early.status_code, early.headers["location"]) == (303, links.page(session.id))

    home.pay(session_id)
    home.hear()
    home.issue()
    (shown,) = home.app.receipts.view.of_payment(session_id)
    for query in ("", f"?number={shown.receipt.number}"):
        answer = wire.request("GET", path + query)
        assert answer.status_code == 303
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["location"].partition("?")[0] == (shown.download_url or "").partition("?")[0]
    other = wire.request("GET", f"{path}?number=CRAFT-2026-999999")
    assert other.headers["location"] == links.page(session.id)


def test_a_link_of_nobody_leads_nowhere(home: House, service: Client, wire: Wire) -> None:
    token = home.app.links.token(home.payment(UUID(service.create())).session.id)
    assert wire.request("GET", f"/pay/{token[:-2]}zz/receipt").status_code == 404
