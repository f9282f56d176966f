"""One ordinary payment, one ordinary piece of money, one ordinary charge; tests change what they are about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cli.run.standing import Standing, Taken, Work
from sandbox.auction_house import Ending, LotRecord, Report, plan_lots

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SESSION = UUID(int=1)
LOT = replace(plan_lots(1, seed=1, rate=1.0, sale="lot")[0], amount="50.00", currency="USD")
IDLE = Work(0, 0, 0, 0, 0, 0)


def standing(**changes: Any) -> Standing:
    ordinary = Standing(
        session_id=SESSION,
        auction_id=LOT.auction_id,
        buyer_id=LOT.buyer_id,
        amount_minor=5000,
        currency="USD",
        status="completed",
        reason=None,
        window_begun=True,
        window_ends=NOW + timedelta(seconds=30),
        next_retry_at=None,
        fully_refunded=False,
        refund_open=False,
        refunded=False,
        untold=False,
    )
    return replace(ordinary, **changes)


def taken(**changes: Any) -> Taken:
    return replace(Taken(SESSION, LOT.auction_id, "pi_1", 5000, "USD", "kept", 0, 175), **changes)


def charge(**changes: Any) -> dict[str, Any]:
    ordinary = {
        "id": "ch_1",
        "payment_intent": "pi_1",
        "amount_captured": 5000,
        "amount_refunded": 0,
        "currency": "usd",
        "balance_transaction": "txn_1",
        "metadata": {"auction_id": LOT.auction_id},
    }
    return ordinary | changes


def page(**changes: Any) -> dict[str, Any]:
    metadata = {"auction_id": LOT.auction_id, "payment_session_id": str(SESSION), "attempt": "1"}
    return {"id": "cs_1", "status": "complete", "payable": False, "metadata": metadata} | changes


def books(*charges: dict[str, Any], **more: Any) -> dict[str, Any]:
    nothing = {"pages": [], "refunds": [], "totals": {}, "deliveries": {}, "calls": {}, "refused_429": 0}
    return nothing | {"charges": list(charges)} | more


def report(ending: Ending | None = Ending.SOLD, *problems: str) -> Report:
    record = LotRecord(LOT, ending=ending, buyer_done=ending is not None)
    return Report((record,), {}, 0, 0, problems)
