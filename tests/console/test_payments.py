"""Looking at payments over HTTP: who sees which, and what."""

from collections.abc import Callable

import pytest

from tests.console.calling import Client, wanted
from tests.house import House

Caller = Callable[..., Client]
STRANGERS = [("buyer", "buyer-2"), ("maker", "maker-2"), ("buyer", "maker-1"), ("maker", "buyer-1")]
WHO_SEES = [
    ("service", "auctions"),
    ("support", "sue"),
    ("admin", "ada"),
    ("auditor", "odo"),
    ("buyer", "buyer-1"),
    ("maker", "maker-1"),
]


def test_a_payment_is_shown_to_its_buyer_its_maker_and_the_house(caller: Caller, service: Client) -> None:
    session_id = service.create()

    for role, subject in WHO_SEES:
        for path in ("/payments/checkout/{}/status", "/payments/{}"):
            answer = caller(role, subject).get(path.format(session_id))
            assert answer.status_code == 200, (role, path)
            assert answer.json()["paymentSession"]["id"] == session_id


@pytest.mark.parametrize("path", ["/payments/checkout/{}/status", "/payments/{}", "/payments/auctions/auction-1"])
def test_anothers_payment_is_answered_like_one_that_does_not_exist(caller: Caller, service: Client, path: str) -> None:
    session_id = service.create()
    nobodys = path.format("0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11").replace("auction-1", "auction-9")
    no_id = path.format("7").replace("auction-1", "a:b")

    answers = [
        caller(role, subject).get(asked)
        for role, subject in STRANGERS
        for asked in (path.format(session_id), nobodys, no_id)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_without_a_token_nothing_is_told(caller: Caller) -> None:
    nobody = caller()
    answers = [
        nobody.post("/payments/checkout/create", wanted()),
        nobody.get("/payments/checkout/x/status"),
        nobody.post("/payments/checkout/x/expire"),
        nobody.get("/payments"),
        nobody.get("/payments/x"),
        nobody.get("/payments/auctions/x"),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
        assert answer.headers["www-authenticate"] == 'Bearer realm="gavelpay"'


def test_only_the_auction_service_and_buyers_create_checkouts(caller: Caller) -> None:
    for role in ("maker", "support", "admin", "auditor"):
        answer = caller(role).post("/payments/checkout/create", wanted())
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")


def test_status_tells_what_the_specification_promises(home: House, service: Client) -> None:
    session_id = service.create()
    home.forward(hours=1, seconds=3)

    body = service.get(f"/payments/checkout/{session_id}/status").json()

    assert body["paymentSession"]["status"] == "pending"
    assert body["paymentSession"]["amount"] == 275.5
    assert body["paymentSession"]["completedAt"] is None
    assert body["paymentWindow"]["remainingTime"] in ("22:59:57", "22:59:56")
    assert body["paymentWindow"]["remainingSeconds"] in (82797, 82796)
    assert body["paymentWindow"]["serverTime"].endswith("Z")
    assert body["retry"] == {"eligible": False, "attemptsLeft": 3, "nextAt": None, "reason": "not_declined"}
    assert body["transaction"] is None
    assert body["receipt"] is None


def test_a_declined_payment_can_be_retried_and_only_staff_is_told_the_banks_own_words(
    home: House, caller: Caller, service: Client
) -> None:
    session_id = service.create()
    home.pay(home.app.view_payments.listed()[0].session.id, "4000000000000002")
    home.hear()

    shown = {role: caller(role, f"{role}-1").get(f"/payments/{session_id}").json() for role in ("buyer", "support")}

    assert shown["buyer"]["paymentSession"]["status"] == "failed"
    assert shown["buyer"]["retry"].pop("nextAt") > shown["buyer"]["paymentSession"]["createdAt"]
    assert shown["buyer"]["retry"] == {"eligible": True, "attemptsLeft": 3, "reason": None}
    assert shown["buyer"]["attempts"][0]["declineCode"] is None
    assert shown["buyer"]["attempts"][0]["idempotencyKey"] is None
    assert shown["support"]["attempts"][0]["declineCode"]
    assert shown["support"]["attempts"][0]["idempotencyKey"] == "auction-1:buyer-1:1"


def test_a_paid_checkout_shows_its_transaction_exactly(home: House, caller: Caller, service: Client) -> None:
    session_id = service.create()
    home.pay(home.app.view_payments.listed()[0].session.id)
    home.hear()
    # The charge may be told before the payment that it belongs to; then it waits for it.
    home.forward(minutes=1)
    home.hear()

    answer = service.get(f"/payments/checkout/{session_id}/status")
    body = answer.json()

    assert body["paymentSession"]["status"] == "completed"
    assert body["paymentSession"]["stripePaymentIntentId"].startswith("pi_")
    assert body["paymentWindow"]["remainingTime"] == "00:00:00"
    assert body["retry"]["reason"] == "paid"
    assert b'"amount":275.50' in answer.content
    assert b'"platformFee":13.78' in answer.content
    assert body["transaction"]["method"] == "visa 4242"
    for role, method in (("buyer", "visa 4242"), ("maker", None)):
        who = caller(role, f"{role}-1")
        whole, status = (who.get(f"/payments/{each}").json() for each in (session_id, f"checkout/{session_id}/status"))
        seen = [whole["transaction"], *whole["transactions"], status["transaction"]]
        assert [one["method"] for one in seen] == [method] * 3


def test_money_that_came_late_is_shown_with_its_refund(home: House, service: Client) -> None:
    session_id = service.create()
    service.post(f"/payments/checkout/{session_id}/expire")
    home.pay(home.app.view_payments.listed()[0].session.id)
    home.forward(seconds=1)
    home.hear()

    body = service.get(f"/payments/{session_id}").json()

    assert body["paymentSession"]["status"] == "expired"
    assert body["transactions"][0]["disposition"] == "late"
    assert body["refunds"][0]["amount"] == 275.5


@pytest.mark.parametrize("role", ["admin", "service"])
def test_a_window_is_closed_by_request_and_the_request_may_be_repeated(
    home: House, caller: Caller, service: Client, role: str
) -> None:
    session_id = service.create()
    path = f"/payments/checkout/{session_id}/expire"

    answers = [caller(role, "ada").post(path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["paymentSession"]["status"] == "expired"
    assert answers[0].json()["paymentSession"]["reason"] == "closed_by_request"
    assert home.told() == ["auction.payment_pending", "auction.reopened"]
    entries = home.app.view_payments.history(home.app.view_payments.listed()[0].session.id)
    assert [entry.actor for entry in entries if entry.action == "payment_expired"] == [f"{role}:ada"]


def test_others_close_nothing(caller: Caller, service: Client) -> None:
    session_id = service.create()

    for role in ("buyer", "maker", "support", "auditor"):
        assert caller(role, f"{role}-1").post(f"/payments/checkout/{session_id}/expire").status_code == 403


def test_what_is_paid_is_not_closed(home: House, service: Client) -> None:
    session_id = service.create()
    home.pay(home.app.view_payments.listed()[0].session.id)
    home.hear()

    answer = service.post(f"/payments/checkout/{session_id}/expire")

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_completed")
    assert service.post("/payments/checkout/nothing/expire").status_code == 404


def test_pages_follow_each_other_without_gap_or_repeat(home: House, service: Client) -> None:
    created = []
    for number in range(7):
        created.append(service.create(auctionId=f"auction-{number}"))
        home.forward(seconds=1)

    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = service.get("/payments", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["nextCursor"]

    assert seen == created[::-1]
    assert cursor is None


def test_payments_are_found_by_status_auction_buyer_and_maker(home: House, service: Client) -> None:
    first = service.create()
    home.forward(seconds=1)
    second = service.create(auctionId="auction-2", buyerId="buyer-2", makerId="maker-2")
    service.post(f"/payments/checkout/{second}/expire")

    def found(**params: str) -> list[str]:
        return [one["id"] for one in service.get("/payments", **params).json()["data"]]

    assert found() == [second, first]
    assert found(status="expired") == [second]
    assert found(status="pending") == [first]
    assert found(auctionId="auction-1") == [first]
    assert found(buyerId="buyer-2") == [second]
    assert found(makerId="maker-1") == [first]
    assert found(makerId="maker-1", status="expired") == []


def test_lists_hold_ones_own_payments_whatever_is_asked_for(home: House, caller: Caller, service: Client) -> None:
    mine = service.create()
    home.forward(seconds=1)
    service.create(auctionId="auction-2", buyerId="buyer-2", makerId="maker-2")

    for role in ("buyer", "maker"):
        me = caller(role, f"{role}-1")
        assert [one["id"] for one in me.get("/payments").json()["data"]] == [mine]
        assert [one["id"] for one in me.get("/payments", **{f"{role}Id": f"{role}-1"}).json()["data"]] == [mine]
        assert me.get("/payments", **{f"{role}Id": f"{role}-2"}).json() == {"data": [], "nextCursor": None}
        assert me.get("/payments/auctions/auction-1").json()["data"][0]["id"] == mine
    for role in ("service", "support", "admin", "auditor"):
        assert len(caller(role).get("/payments").json()["data"]) == 2


def test_an_auction_that_was_reopened_shows_all_its_payments(home: House, service: Client) -> None:
    first = service.create()
    home.forward(seconds=1)
    service.post(f"/payments/checkout/{first}/expire")
    second = service.create(buyerId="buyer-2")

    page = service.get("/payments/auctions/auction-1").json()

    assert [one["id"] for one in page["data"]] == [second, first]


def test_filters_that_cannot_be_are_refused_all_at_once(service: Client) -> None:
    answer = service.get("/payments", status="paid", auctionId="\x00", limit=1000)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == ["status", "auctionId", "limit"]


def test_a_cursor_that_was_never_given_out_is_refused(service: Client) -> None:
    for cursor in ("nonsense", "\u00e9", "AAAA", "%00"):
        answer = service.get("/payments", cursor=cursor)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "cursor"
