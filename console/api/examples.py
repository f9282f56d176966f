"""One payment, as each endpoint answers it: examples for the documentation, made of the very shapes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from console.api import shapes
from console.exact_json import write
from domain.attempt import AttemptStatus
from domain.documents import DocumentKind
from domain.lifecycle import COMPLETED, PENDING
from domain.policies import AttemptKind
from domain.receipt import ReceiptStatus
from domain.transaction import Disposition, RefundStatus, TransactionStatus

_ID: Final = UUID("0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")
_MONEY: Final = UUID("0199c2f4-1d7c-7e02-8a4b-5d0e9c3a7711")
_REFUND: Final = UUID("0199c2f9-0b55-7c41-b0a3-9f2c6e1d4412")
_RECEIPT: Final = UUID("0199c2f4-8e31-7d10-9c2f-1a6b4d5e8813")
_BEGUN: Final = datetime(2026, 11, 2, 15, 4, 5, tzinfo=UTC)
_PAID: Final = _BEGUN + timedelta(minutes=11)
_ENDS: Final = _BEGUN + timedelta(hours=24)
_CHECKOUT: Final = "https://checkout.stripe.com/c/pay/cs_test_example"
_AMOUNT: Final = Decimal("275.50")

_SESSION: Final = shapes.SessionState(
    id=_ID,
    auction_id="auction-1",
    buyer_id="buyer-1",
    maker_id="maker-1",
    policy="standard",
    status=COMPLETED,
    reason=None,
    title="Walnut bracket clock",
    amount=_AMOUNT,
    currency="USD",
    created_at=_BEGUN,
    expires_at=_ENDS,
    completed_at=_PAID,
    closed_at=None,
    stripe_payment_intent_id="pi_example",
)
_TRANSACTION: Final = shapes.TransactionState(
    id=_MONEY,
    status=TransactionStatus.SUCCEEDED,
    disposition=Disposition.KEPT,
    amount=_AMOUNT,
    currency="USD",
    refunded=Decimal("0.00"),
    paid_at=_PAID,
    stripe_payment_intent_id="pi_example",
    method="visa 4242",
    fees=shapes.Fees(stripe_fee=Decimal("8.29"), stripe_fee_currency="USD", platform_fee=Decimal("13.78")),
)
_STATE: Final = shapes.State(
    payment_session=_SESSION,
    payment_window=shapes.TimeLeft(
        expires_at=_ENDS, remaining_time="00:00:00", remaining_seconds=0, server_time=_PAID + timedelta(minutes=1)
    ),
    retry=shapes.Retry(eligible=False, attempts_left=3, next_at=None, reason="paid"),
    transaction=_TRANSACTION,
    receipt=shapes.ReceiptLink(
        id=_RECEIPT,
        receipt_number="CRAFT-2026-000001",
        download_url="https://pay.example/receipts/0199c2f4?signature=example",
    ),
)
_REFUND_STATE: Final = shapes.RefundState(
    id=_REFUND,
    transaction_id=_MONEY,
    status=RefundStatus.REQUESTED,
    amount=Decimal("75.50"),
    currency="USD",
    reason="scratched",
    created_at=_PAID + timedelta(hours=5),
    awaits_approval=False,
    approval_until=None,
    requested_by="admin:alice",
    approved_by=None,
)
_ATTEMPT: Final = shapes.AttemptState(
    number=1,
    kind=AttemptKind.CHECKOUT,
    status=AttemptStatus.PAID,
    stripe_checkout_id="cs_test_example",
    stripe_payment_intent_id="pi_example",
    created_at=_BEGUN,
    opened_at=_BEGUN,
    expires_at=_ENDS,
    closed_at=_PAID,
    declined_at=None,
    decline_code=None,
    idempotency_key=None,
    last_error=None,
)
_ALL: Final = (
    shapes.Created(
        payment_session=shapes.CreatedSession(
            id=_ID,
            stripe_checkout_url=_CHECKOUT,
            client_secret=None,
            expires_at=_ENDS,
            status=PENDING,
            pay_page_url="https://pay.example/pay/kq3v5m2wz7",
        ),
        payment_window=shapes.Window(duration="24:00:00", expires_at=_ENDS),
    ),
    _STATE,
    shapes.Whole(
        **{name: getattr(_STATE, name) for name in shapes.State.model_fields},
        attempts=[_ATTEMPT],
        transactions=[_TRANSACTION],
        refunds=[_REFUND_STATE],
    ),
    shapes.Page(data=[_SESSION], next_cursor="AZnC8GoQe9GdXi8bfB8KEQ"),
    _REFUND_STATE,
    shapes.Retried(attempt=2, stripe_checkout_url=_CHECKOUT, expires_at=_ENDS),
    shapes.PaymentMethods(
        data=[
            shapes.PaymentMethodState(
                id=UUID("0199c2f4-2a6b-7f30-8d1c-7e9a0b2c4d14"),
                type="card",
                brand="visa",
                last4="4242",
                exp_month=12,
                exp_year=2034,
                first_used_at=_PAID,
                last_used_at=_PAID,
            )
        ]
    ),
    shapes.ReceiptState(
        id=_RECEIPT,
        receipt_number="CRAFT-2026-000001",
        kind=DocumentKind.RECEIPT,
        status=ReceiptStatus.ISSUED,
        void=False,
        session_id=_ID,
        transaction_id=_MONEY,
        refund_id=None,
        cancels=None,
        amount=_AMOUNT,
        currency="USD",
        language="en",
        template_version="2025-09-15",
        occurred_at=_PAID,
        issued_at=_PAID,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        size=48211,
        download_url="https://pay.example/receipts/0199c2f4?signature=example",
        download_expires_at=_PAID + timedelta(hours=1),
    ),
)

#: By the name of their shape.
EXAMPLES: Final[dict[str, dict[str, Any]]] = {type(one).__name__: orjson.loads(write(one.document())) for one in _ALL}
