"""Every endpoint times every role, and nobody: who is let in, who is turned away, and how."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from fastapi import FastAPI

from tests.console.calling import Client, wanted
from tests.house import House

Caller = Callable[..., Client]
ROLES: Final = ("service", "buyer", "maker", "support", "admin", "auditor")
EVERYBODY: Final = frozenset(ROLES)
#: Who may; of buyers and makers, those whose payment it is.
WHO: Final[Mapping[str, frozenset[str]]] = {
    "POST /payments/checkout/create": frozenset({"service", "buyer"}),
    "GET /payments/checkout/{sessionId}/status": EVERYBODY,
    "POST /payments/checkout/{sessionId}/expire": frozenset({"service", "admin"}),
    "POST /payments/retry/{sessionId}": frozenset({"buyer", "support"}),
    "POST /payments/window/{sessionId}/override": frozenset({"admin"}),
    "POST /payments/{sessionId}/refund": frozenset({"admin"}),
    "POST /payments/{sessionId}/refunds/{refundId}/approve": frozenset({"admin"}),
    "POST /payments/{sessionId}/refunds/{refundId}/decline": frozenset({"admin"}),
    "GET /payments": EVERYBODY,
    "GET /payments/methods": frozenset({"buyer"}),
    "GET /payments/auctions/{auctionId}": EVERYBODY,
    "GET /payments/{sessionId}": EVERYBODY,
    "GET /payments/{sessionId}/events": EVERYBODY,
    "GET /payments/receipts/{receiptId}": EVERYBODY,
}
#: These need no token.
OPEN: Final = ("/healthz", "/readyz", "/metrics", "/pay/", "/console")
#: What is let in, and then says that the rules forbid it as things stand, is let in.
LET_IN: Final = frozenset({200, 201, 202, 409})
BODIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "create": wanted(),
    "override": {"action": "extend", "minutes": 5, "reason": "asked by telephone"},
    "refund": {"amount": 1, "reason": "scratched"},
    "approve": {"reason": "agreed"},
    "decline": {"reason": "no"},
}


@pytest.fixture
def sold(home: House) -> dict[str, str]:
    """A lot that is paid for, with its receipt, and a refund that waits; as the parts of paths."""
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    home.issue()
    refund = home.app.request_refund(session_id, reason="scratched", actor="admin:ann", amount="1.00")
    receipt = home.app.receipts.view.receipt_of(session_id)
    assert receipt is not None
    return {
        "sessionId": str(session_id),
        "refundId": str(refund.id),
        "auctionId": "auction-1",
        "receiptId": str(receipt.receipt.id),
    }


def operations(api: FastAPI) -> set[str]:
    return {f"{verb.upper()} {path}" for path, verbs in api.openapi()["paths"].items() for verb in verbs}


def test_the_table_knows_every_endpoint(api: FastAPI) -> None:
    closed = {one for one in operations(api) if not one.partition(" ")[2].startswith(OPEN)}

    assert closed - WHO.keys() == set()
    assert WHO.keys() - closed <= {"GET /payments/{sessionId}/events"}


def test_every_endpoint_lets_its_roles_in_and_turns_the_others_away(
    api: FastAPI, sold: dict[str, str], caller: Caller
) -> None:
    there = operations(api)
    wrong = []
    for operation, roles in WHO.items():
        if operation not in there or operation.endswith("/events"):  # a stream has tests of its own
            continue
        for role in ROLES:
            answer = ask(caller(role, f"{role}-1"), operation, sold)
            problem = answer.json().get("code")
            right = answer.status_code in LET_IN if role in roles else answer.status_code == 403
            if not right or (answer.status_code == 403 and problem != "role_not_permitted"):
                wrong.append((operation, role, answer.status_code, problem))

    assert wrong == []


def test_every_endpoint_answers_strangers_as_if_there_were_nothing(
    api: FastAPI, sold: dict[str, str], caller: Caller
) -> None:
    there = operations(api)
    for operation, roles in WHO.items():
        if "{" not in operation or operation not in there:
            continue
        for role in roles & {"buyer", "maker"}:
            answer = ask(caller(role, f"{role}-2"), operation, sold)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (operation, role)


def test_every_endpoint_asks_for_a_token(api: FastAPI, sold: dict[str, str], caller: Caller) -> None:
    there = operations(api)
    for operation in WHO.keys() & there:
        answer = ask(caller(), operation, sold)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), operation


def ask(client: Client, operation: str, parts: Mapping[str, str]) -> Any:
    verb, _, path = operation.partition(" ")
    return client(verb, path.format(**parts), json=BODIES.get(path.rpartition("/")[2]))
