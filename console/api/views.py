"""Payments as the API shows them."""

from datetime import datetime, timedelta
from decimal import Decimal

from console.api import shapes
from console.api.retries import retry_of
from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.lifecycle import FINAL
from domain.money import Money
from domain.payment import Payment
from domain.policies import Policy
from domain.session import PaymentSession
from domain.telling import Audience, hears_method, hears_of, reason_for
from domain.transaction import Refund, Transaction
from services.create_checkout import Created
from services.view_receipts import ShownReceipt


def created(answer: Created, page_url: str) -> shapes.Created:
    """The answer to a request to pay."""
    session, attempt = answer.session, answer.attempt
    payable = attempt if attempt is not None and is_payable(session, attempt) else None
    begun = session.window_started_at or session.created_at
    return shapes.Created(
        payment_session=shapes.CreatedSession(
            id=session.id,
            stripe_checkout_url=payable.url if payable else None,
            client_secret=payable.client_secret if payable else None,
            expires_at=session.window_expires_at,
            status=session.status,
            pay_page_url=page_url,
        ),
        payment_window=shapes.Window(
            duration=clock_time(session.window_expires_at - begun), expires_at=session.window_expires_at
        ),
    )


def is_payable(session: PaymentSession, attempt: CheckoutAttempt) -> bool:
    """Whether the buyer can pay through this attempt now."""
    return session.status not in FINAL and attempt.status is AttemptStatus.OPEN and attempt.close_requested_at is None


def state(
    payment: Payment, policy: Policy, now: datetime, to: Audience, receipt: shapes.ReceiptLink | None = None
) -> shapes.State:
    """Where a payment stands, as far as they are told."""
    money = payment.kept_transaction or (payment.transactions[-1] if payment.transactions else None)
    return shapes.State(
        payment_session=session_state(payment, to),
        payment_window=time_left(payment.session, now),
        retry=retry_of(payment, policy, now),
        transaction=transaction(money, to) if money else None,
        receipt=receipt,
    )


def whole(
    payment: Payment, policy: Policy, now: datetime, to: Audience, receipt: shapes.ReceiptLink | None = None
) -> shapes.Whole:
    """A payment with all that belongs to it, as far as they are told."""
    known = state(payment, policy, now, to, receipt)
    return shapes.Whole(
        **{name: getattr(known, name) for name in shapes.State.model_fields},
        attempts=[_attempt(one, to) for one in payment.attempts],
        transactions=[transaction(one, to) for one in payment.transactions],
        refunds=[refund(one, to) for one in payment.refunds if hears_of(one, to)],
    )


def session_state(payment: Payment, to: Audience) -> shapes.SessionState:
    """Where its session stands, as far as they are told."""
    session, kept, newest = payment.session, payment.kept_transaction, payment.newest_attempt
    intent = kept.stripe_payment_intent_id if kept else newest.stripe_payment_intent_id if newest else None
    return shapes.SessionState(
        id=session.id,
        auction_id=session.auction_id,
        buyer_id=session.buyer_id,
        maker_id=session.maker_id,
        policy=session.policy,
        status=session.status,
        reason=reason_for(session.reason, to),
        title=session.title,
        amount=session.amount.major,
        currency=session.currency,
        created_at=session.created_at,
        expires_at=session.window_expires_at,
        completed_at=session.completed_at,
        closed_at=session.closed_at,
        stripe_payment_intent_id=intent,
    )


def time_left(session: PaymentSession, now: datetime) -> shapes.TimeLeft:
    """What is left of its window, in whole seconds."""
    return span_left(session.window_expires_at, now, is_over=session.status in FINAL)


def span_left(expires_at: datetime, now: datetime, *, is_over: bool) -> shapes.TimeLeft:
    """What is left of a window that ends then, in whole seconds; nothing of one that is over."""
    left = timedelta() if is_over else max(expires_at - now, timedelta())
    seconds = timedelta(seconds=left // timedelta(seconds=1))
    return shapes.TimeLeft(
        expires_at=expires_at,
        remaining_time=clock_time(seconds),
        remaining_seconds=int(seconds.total_seconds()),
        server_time=now,
    )


def clock_time(span: timedelta) -> str:
    """`HH:MM:SS`, to the nearest second; hours go on beyond a day."""
    seconds = round(span.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def receipt_link(shown: ShownReceipt | None) -> shapes.ReceiptLink | None:
    """A payment's receipt, in short; None until it has a number."""
    if shown is None or shown.receipt.number is None:
        return None
    return shapes.ReceiptLink(id=shown.receipt.id, receipt_number=shown.receipt.number, download_url=shown.download_url)


def transaction(money: Transaction, to: Audience) -> shapes.TransactionState:
    """Money that Stripe took, as far as they are told."""
    method = " ".join(filter(None, (money.method_brand or money.method_type, money.method_last4)))
    return shapes.TransactionState(
        id=money.id,
        status=money.status,
        disposition=money.disposition,
        amount=_major(money.amount_minor, money.currency),
        currency=money.currency,
        refunded=_major(money.refunded_minor, money.currency),
        paid_at=money.paid_at,
        stripe_payment_intent_id=money.stripe_payment_intent_id,
        method=method if method and hears_method(to) else None,
        fees=_fees(money),
    )


def _fees(money: Transaction) -> shapes.Fees:
    settled, fee = money.settlement_currency or money.currency, money.stripe_fee_minor
    return shapes.Fees(
        stripe_fee=None if fee is None else _major(fee, settled),
        stripe_fee_currency=None if fee is None else settled,
        platform_fee=_major(money.platform_fee_minor, money.currency),
    )


def _attempt(attempt: CheckoutAttempt, to: Audience) -> shapes.AttemptState:
    for_staff = to is Audience.STAFF
    return shapes.AttemptState(
        number=attempt.attempt_no,
        kind=attempt.kind,
        status=attempt.status,
        stripe_checkout_id=attempt.stripe_checkout_id,
        stripe_payment_intent_id=attempt.stripe_payment_intent_id,
        created_at=attempt.created_at,
        opened_at=attempt.opened_at,
        expires_at=attempt.expires_at,
        closed_at=attempt.closed_at,
        declined_at=attempt.declined_at,
        decline_code=attempt.decline_code if for_staff else None,
        idempotency_key=attempt.idempotency_key if for_staff else None,
        last_error=attempt.last_error if for_staff else None,
    )


def refund(one: Refund, to: Audience) -> shapes.RefundState:
    """Money that goes back, as far as they are told."""
    for_staff = to is Audience.STAFF
    return shapes.RefundState(
        id=one.id,
        transaction_id=one.transaction_id,
        status=one.status,
        amount=_major(one.amount_minor, one.currency),
        currency=one.currency,
        reason=one.reason if for_staff else None,
        created_at=one.created_at,
        awaits_approval=one.awaits_approval,
        approval_until=one.approval_until,
        requested_by=one.requested_by if for_staff else None,
        approved_by=one.approved_by if for_staff else None,
    )


def _major(minor: int, currency: str) -> Decimal:
    return Money(currency, minor).major
