"""What Stripe tells of the charge behind money that came: how it was paid, and under which number Stripe books it."""

from domain.errors import EventTooEarly
from domain.facts import ChargeReported
from domain.ids import NewId
from domain.payment import Payment
from domain.payment_method import PaymentMethod


def reported(payment: Payment, fact: ChargeReported, new_id: NewId) -> None:
    """Take over what Stripe tells of a charge.

    Raises:
        EventTooEarly: its payment is not recorded yet.
    """
    intent = fact.where.payment_intent_id
    transaction = next((one for one in payment.transactions if one.stripe_payment_intent_id == intent), None)
    if transaction is None:
        raise EventTooEarly("the payment of this charge is not recorded yet")
    transaction.stripe_charge_id = transaction.stripe_charge_id or fact.where.charge_id
    booked = transaction.stripe_balance_transaction_id
    transaction.stripe_balance_transaction_id = booked or fact.balance_transaction_id
    if transaction.method_type is not None or fact.method_type is None:
        return
    transaction.method_type = fact.method_type
    transaction.method_brand, transaction.method_last4 = fact.method_brand, fact.method_last4
    if fact.authentication is not None:
        payment.note("authentication_result", fact.at, result=fact.authentication)
    payment.methods.append(
        PaymentMethod(
            id=new_id(),
            buyer_id=payment.session.buyer_id,
            type=fact.method_type,
            brand=fact.method_brand,
            last4=fact.method_last4,
            exp_month=fact.method_exp_month,
            exp_year=fact.method_exp_year,
            stripe_payment_method_id=fact.stripe_payment_method_id,
            first_used_at=transaction.paid_at,
            last_used_at=transaction.paid_at,
        )
    )
