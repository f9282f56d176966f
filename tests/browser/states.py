"""Every state of the buyer's page, made on a real house."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from domain.ids import SessionId
from tests.browser.street import Street

_LONG: Final = "Standuhr mit Achttagewerk und Donaudampfschifffahrtsgesellschaftskapitän " * 4
State = Callable[[Street], tuple[SessionId, str]]


def _with(street: Street, sql: str, session_id: SessionId, **values: Any) -> SessionId:
    with street.home.app.database.transaction() as connection:
        query = f"UPDATE payment_sessions SET {sql} WHERE id = %(id)s"
        connection.execute(query.encode(), {"id": session_id, **values})
    return session_id


def _ending(street: Street, **left: float) -> tuple[SessionId, str]:
    end = street.home.time() + timedelta(**left)
    return _with(street, "window_expires_at = %(end)s", street.lot(), end=end), ""


def _declined(street: Street, card: str = "4000000000009995", **changes: Any) -> SessionId:
    session_id = street.lot(**changes)
    street.home.pay(session_id, card)
    street.home.hear()
    return session_id


def _paid(street: Street) -> tuple[SessionId, str]:
    session_id = street.lot(metadata={"lot": "14", "maker_name": "Haldrick Clockworks"})
    street.home.pay(session_id)
    street.home.hear()
    while street.home.app.issue_receipts():
        pass
    return session_id, ""


def _late(street: Street) -> tuple[SessionId, str]:
    session_id = street.lot()
    street.home.app.close_by_request(session_id, "admin:alice")
    street.home.forward(seconds=1)
    street.home.pay(session_id)
    street.home.hear()
    return session_id, ""


def _canceled(street: Street) -> tuple[SessionId, str]:
    session_id = street.lot()
    street.home.app.terminate_window(session_id, actor="admin:alice", reason="the lot was broken")
    return session_id, ""


def _expired(street: Street) -> tuple[SessionId, str]:
    session_id = street.lot()
    street.home.app.close_by_request(session_id, "admin:alice")
    return session_id, ""


STATES: Final[Mapping[str, State]] = {
    "pending": lambda street: (street.lot(), ""),
    "turned-back": lambda street: (street.lot(), "?from=canceled"),
    "under-60": lambda street: _ending(street, minutes=42, seconds=30),
    "under-10": lambda street: _ending(street, minutes=6, seconds=12),
    "under-1": lambda street: _ending(street, seconds=47),
    "checking": lambda street: (street.lot(), "?from=paid"),
    "opening": lambda street: (street.home.require(auction_id="opening", buyer_id="opening"), ""),
    "processing": lambda street: (_with(street, "status = 'processing'", street.lot()), ""),
    "declined": lambda street: (_declined(street), ""),
    "exhausted": lambda street: (_with(street, "retry_count = 3", _declined(street, "4000000000000069")), ""),
    "paid": _paid,
    "expired": _expired,
    "late": _late,
    "canceled": _canceled,
    "held": lambda street: (
        _with(street, "status = 'processing', reason = 'amount_differs'", street.lot()),
        "",
    ),
    "instant": lambda street: (street.lot(policy="instant", title="Enamel brooch, 1962", amount="180.00"), ""),
    "instant-declined": lambda street: (_declined(street, policy="instant", amount="180.00"), ""),
    "long-title": lambda street: (
        street.lot(title=_LONG),
        "",
    ),
}
