"""The list, one payment, and raw records, on a real database."""

from collections.abc import Callable

from tests.console.desk.conftest import Desk
from tests.house import House


def test_the_list_shows_payments_and_what_happens_next(home: House, desk: Callable[..., Desk]) -> None:
    session_id = home.opened(title="Walnut clock")
    page = desk("support").get("/console/payments")
    assert page.status_code == 200, page.text
    assert f'href="/console/payments/{session_id}"' in page.text
    assert "Walnut clock" in page.text
    assert "275.50" in page.text
    assert "left" in page.text


def test_a_payments_page_tells_why_and_what_happened(home: House, desk: Callable[..., Desk]) -> None:
    session_id = home.opened()
    home.pay(session_id, "4000000000000002")
    home.hear()
    home.work()
    page = desk("admin").get(f"/console/payments/{session_id}")
    assert page.status_code == 200, page.text
    assert "The auction asked for" in page.text
    assert "Stripe opened attempt 1" in page.text
    assert "Declined" in page.text
    assert "b•••@example.com" in page.text
    assert "buyer@example.com" not in page.text
    for word in ("state", "stripe", "sent", "people"):
        assert desk("auditor").get(f"/console/payments/{session_id}", show=word).status_code == 200


def test_what_strangers_wrote_stays_text(home: House, desk: Callable[..., Desk]) -> None:
    nasty = "<script>alert(1)</script>'\"&"
    session_id = home.opened(title=nasty, description="<img src=x>")
    admin = desk("admin")
    assert admin.act(f"/console/payments/{session_id}/extend", nasty).status_code == 303
    paths = [
        "",
        f"/{session_id}",
        f"/{session_id}/terminate",
        f"/{session_id}/raw/entry/1",
        f"?q={nasty.replace('&', '%26')}",
    ]
    for path in paths:
        text = admin.get(f"/console/payments{path}").text
        assert "<script>alert" not in text
        assert "<img src=x>" not in text
    assert "&lt;script&gt;alert(1)" in admin.get(f"/console/payments/{session_id}").text


def test_any_id_finds_its_payment(home: House, desk: Callable[..., Desk]) -> None:
    session_id = home.opened(auction_id="lot-7", buyer_id="b-7", buyer_email="Ann@Example.com")
    other = home.opened(auction_id="lot-8", buyer_id="b-8", buyer_email="ben@example.com")
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    home.issue()
    payment = home.payment(session_id)
    (money,) = payment.transactions
    receipt = home.app.receipts.view.receipt_of(session_id)
    assert receipt is not None
    event = home.app.database.rows("SELECT stripe_event_id FROM webhook_events WHERE session_id IS NOT NULL")[0][0]
    known = [
        str(session_id),
        "lot-7",
        "b-7",
        "ann@example.com",
        payment.attempts[0].stripe_checkout_id,
        str(payment.attempts[0].id),
        money.stripe_payment_intent_id,
        money.stripe_charge_id,
        receipt.receipt.number,
        event,
    ]
    support = desk("support")
    for one in known:
        answer = support.get("/console/payments", q=one)
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/console/payments/{session_id}"), one
    nothing = support.get("/console/payments", q="nobody@example.com").text
    assert "No payment matches search: nobody@example.com." in nothing
    assert str(other) in support.get("/console/payments", buyer="b-8").text


def test_filters_narrow_the_list_and_can_be_dropped(home: House, desk: Callable[..., Desk]) -> None:
    one, two = home.opened(auction_id="a-1", buyer_id="b-1"), home.opened(auction_id="a-2", buyer_id="b-2")
    home.pay(two)
    home.forward(seconds=30)
    home.hear()
    support = desk("support")
    done = support.get("/console/payments", status="completed", policy="standard").text
    assert str(two) in done
    assert str(one) not in done
    assert "Remove filter: status: completed" in done
    assert 'href="/console/payments?policy=standard"' in done
    assert str(one) not in support.get("/console/payments", left="under:60m").text
    home.forward(hours=23, minutes=30)
    assert str(one) in desk("support").get("/console/payments", left="under:60m").text
    for wrong in ({"status": "gone"}, {"left": "soon"}, {"after": "x"}, {"q": "\x00"}):
        assert desk("support").get("/console/payments", **wrong).status_code == 422


def test_pages_go_to_older_ones_and_back(home: House, desk: Callable[..., Desk]) -> None:
    ids = sorted(str(home.require(auction_id=f"a-{number}", buyer_id=f"b-{number}")) for number in range(30))
    support = desk("support")
    first = support.get("/console/payments").text
    assert ids[29] in first
    assert f'payments/{ids[4]}"' not in first
    older = first.split('data-key="]"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    second = support.get(older).text
    assert ids[4] in second
    assert f'payments/{ids[5]}"' not in second
    newer = second.split('data-key="["')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert ids[5] in support.get(newer).text


def test_raw_records_are_one_click_away(home: House, desk: Callable[..., Desk]) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    home.work()
    auditor = desk("auditor")
    page = auditor.get(f"/console/payments/{session_id}").text
    links = {part.split('"')[0] for part in page.split('class="raw" href="')[1:]}
    assert {link.split("/raw/")[1].split("/")[0] for link in links} >= {"entry", "event"}
    for link in links:
        answer = auditor.get(link)
        assert answer.status_code == 200, link
        assert "buyer@example.com" not in answer.text
    for kind in ("entry/999", "event/evt_none", "notice/x", "delivery-auction/x", "other/x"):
        assert auditor.get(f"/console/payments/{session_id}/raw/{kind}").status_code == 404
