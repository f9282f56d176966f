"""Every page of deliveries, receipts, reconciliation, risk and audit, as each role and as nobody."""

from collections.abc import Callable

import pytest

from tests.console.desk.conftest import Desk
from tests.house import House

#: Path → the roles that get in; all others get 403.
EVERYBODY = ("support", "admin", "auditor")
STAFF = ("support", "admin")
PAGES = {
    "/console/deliveries": EVERYBODY,
    "/console/deliveries/letters": EVERYBODY,
    "/console/deliveries/replay": ("admin",),
    "/console/deliveries/endpoints/auction/pause": ("admin",),
    "/console/deliveries/endpoints/auction/resume": ("admin",),
    "/console/receipts": EVERYBODY,
    "/console/receipts/{receipt}": EVERYBODY,
    "/console/receipts/{receipt}/reissue": STAFF,
    "/console/reconciliation": EVERYBODY,
    "/console/reconciliation/run": STAFF,
    "/console/risk": EVERYBODY,
    "/console/risk/security": EVERYBODY,
    "/console/audit": EVERYBODY,
    "/console/audit/verify": EVERYBODY,
    "/console/audit/export": ("admin", "auditor"),
    "/console/payments/{session}/accept": ("admin",),
    "/console/payments/{session}/resend": STAFF,
    "/console/payments/{session}/refund": ("admin",),
}


@pytest.fixture
def known(home: House) -> dict[str, str]:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    home.issue()
    return {"session": str(session_id), "receipt": str(home.app.receipts.view.of_payment(session_id)[0].receipt.id)}


def test_each_role_gets_in_where_it_belongs(desk: Callable[..., Desk], known: dict[str, str]) -> None:
    people = {role: desk(role) for role in EVERYBODY}
    for pattern, roles in PAGES.items():
        path = pattern.format(**known)
        for role, somebody in people.items():
            assert somebody.get(path).status_code == (200 if role in roles else 403), (role, path)
        answer = desk().get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/console/sign-in?why=not_signed_in&next=")


def test_what_is_posted_without_a_form_of_ours_does_nothing(desk: Callable[..., Desk], known: dict[str, str]) -> None:
    admin = desk("admin")
    for pattern in PAGES:
        path = pattern.format(**known)
        assert admin.post(path, {"csrf": "x", "reason": "y"}).status_code in (403, 405), path
        assert admin.post(path, {"reason": "y"}, **{"Sec-Fetch-Site": "cross-site"}).status_code in (403, 405), path
