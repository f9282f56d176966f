"""Receipts over HTTP: who sees them, and the link that needs no token."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.console.calling import Client, Wire
from tests.house import House

Caller = Callable[..., Client]


@pytest.fixture
def paid(home: House) -> UUID:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()
    return session_id


def receipt_id(home: House) -> str:
    ((found,),) = home.app.database.rows("SELECT id FROM receipts")
    return str(found)


def test_a_receipt_is_shown_with_a_link_that_needs_no_token(
    home: House, caller: Caller, wire: Wire, paid: UUID
) -> None:
    home.issue()
    path = f"/payments/receipts/{receipt_id(home)}"
    answers = [
        caller(role, subject).get(path)
        for role, subject in [("buyer", "buyer-1"), ("maker", "maker-1"), ("admin", "ada"), ("auditor", "odo")]
    ]
    assert {answer.status_code for answer in answers} == {200}
    body: dict[str, Any] = answers[0].json()
    assert body["receiptNumber"] == f"CRAFT-{home.time().year}-000001"
    assert (body["kind"], body["status"], body["void"], body["cancels"]) == ("receipt", "issued", False, None)
    assert (body["amount"], body["currency"], body["sessionId"]) == (275.5, "USD", str(paid))
    link = urlsplit(body["downloadUrl"])
    fetched = wire.request("GET", f"{link.path}?{link.query}")
    assert fetched.status_code == 200
    assert fetched.headers["content-type"] == "application/pdf"
    assert (sha256(fetched.content).hexdigest(), len(fetched.content)) == (body["sha256"], body["size"])
    home.time.forward(minutes=61)
    assert wire.request("GET", f"{link.path}?{link.query}").status_code == 410


def test_anothers_receipt_is_answered_like_one_that_does_not_exist(home: House, caller: Caller, paid: UUID) -> None:
    mine, nobodys = receipt_id(home), "0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"
    answers = [
        caller(role, subject).get(f"/payments/receipts/{asked}")
        for role, subject in [("buyer", "buyer-2"), ("maker", "buyer-1")]
        for asked in (mine, nobodys, "7")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert caller().get(f"/payments/receipts/{mine}").status_code == 401


def test_what_is_not_issued_yet_has_no_link(home: House, caller: Caller, paid: UUID) -> None:
    body = caller("buyer", "buyer-1").get(f"/payments/receipts/{receipt_id(home)}").json()
    assert (body["status"], body["receiptNumber"], body["downloadUrl"], body["sha256"]) == ("wanted", None, None, None)


def test_a_payments_status_names_its_receipt(home: House, service: Client, paid: UUID) -> None:
    path = f"/payments/checkout/{paid}/status"
    assert service.get(path).json()["receipt"] is None
    home.issue()
    receipt = service.get(path).json()["receipt"]
    assert receipt["id"] == receipt_id(home)
    assert receipt["receiptNumber"].endswith("-000001")
    assert "signature=" in receipt["downloadUrl"]
    assert service.get(f"/payments/{paid}").json()["receipt"]["id"] == receipt["id"]
