"""Held payments, risk signals, and what happened to the system, as the console shows it."""

from collections.abc import Callable
from uuid import UUID

from domain.risk import Kind, RiskSignal
from domain.security import SecurityEventKind
from tests.console.desk.conftest import Desk
from tests.house import House

Sit = Callable[..., Desk]
PAGE = "/console/risk"


def held(home: House) -> UUID:
    session_id = home.require(title="Walnut clock")
    with home.app.store.begin() as uow:
        payment = uow.payments.lock_one(session_id)
        assert payment is not None
        payment.session.held_at, payment.session.hold_reason = home.time(), "risk_score"
        payment.session.risk_score = 95
        for kind, points in ((Kind.MANY_DECLINES, 45), (Kind.MANY_BUYERS_ON_DEVICE, 50)):
            payment.signals.append(RiskSignal(session_id, kind, "intake", points, home.time(), {"email": 7}))
    return session_id


def test_what_waits_for_a_decision_is_named_with_its_reasons(home: House, desk: Sit) -> None:
    assert "Nothing is held, and nobody disputes a payment." in desk("auditor").get(PAGE).text
    session_id = held(home)
    admin = desk("admin").get(PAGE).text
    assert "1 payment waits for a decision." in admin
    assert "Held: risk 95 of 100" in admin
    assert f"/console/payments/{session_id}/release" in admin
    assert "Many declines were collected within a day" in admin
    assert f"/console/payments/{session_id}/release" not in desk("auditor").get(PAGE).text
    one = desk("auditor").get(PAGE, kind="many_declines").text
    assert one.count("<td") < admin.count("<td")
    assert "email: 7" in one
    for wrong in ({"kind": "x"}, {"after": "x"}, {"after": "~~~"}):
        assert desk("support").get(PAGE, **wrong).status_code == 422


def test_who_knocked_is_counted_and_listed(home: House, desk: Sit) -> None:
    auditor = desk("auditor", "ada")
    assert "Nobody knocked in the last 24 hours." in auditor.get(f"{PAGE}/security").text
    home.app.record_security_event(SecurityEventKind.FORGED_WEBHOOKS, refused=240, actor="ingest")
    home.time.forward(hours=30)
    auditor = desk("auditor", "ada")
    assert auditor.get(f"/console/payments/{home.require()}/retry").status_code == 403
    page = auditor.get(f"{PAGE}/security").text
    assert "1 security event in the last 24 hours." in page
    assert "auditor:ada" in page
    assert "Webhooks with bad signatures</a>" not in page
    week = auditor.get(f"{PAGE}/security", span="7d").text
    assert "refused: 240" in week
    assert "2 security events in the last 7 days." in week
    assert "never yet: gavelpay audit heads" in week
    only = auditor.get(f"{PAGE}/security", span="7d", kind="forged_webhooks", actor="ingest").text
    assert "refused: 240" in only
    assert "auditor:ada</a>" not in only
    for wrong in ({"kind": "x"}, {"span": "9y"}, {"after": "-1"}, {"payment": "x"}):
        assert auditor.get(f"{PAGE}/security", **wrong).status_code == 422
