"""Acts of operators: done under the payment's lock, and audited also where the rules forbid them."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from domain.errors import ActRefused, NotFound
from domain.payment import Payment
from models.unit_of_work import Begin, UnitOfWork

T = TypeVar("T")


def found(uow: UnitOfWork, session_id: UUID) -> Payment:
    """The payment, locked; raises `NotFound`."""
    payment = uow.payments.lock_one(session_id)
    if payment is None:
        raise NotFound("there is no such payment")
    return payment


def act(
    begin: Begin,
    session_id: UUID,
    do: Callable[[Payment], T],
    *,
    name: str,
    reason: str,
    actor: str,
    now: datetime,
    **asked: object,
) -> T:
    """Do something to a payment in an operator's name.

    Args:
        begin: opens a unit of work.
        session_id: which payment.
        do: what to do to it; may raise `ActRefused` before it has changed anything.
        name: what it is called in the audit trail where it is refused.
        reason: why, in the operator's words; must not be empty.
        actor: who, such as `admin:alice`.
        now: the time.
        asked: what was asked, for the audit trail of a refusal.

    Raises:
        NotFound: there is no such payment.
        ActRefused: the rules forbid it; that is on record.
    """
    with begin() as uow:
        payment = found(uow, session_id)
        try:
            _check_reason(reason)
            done = do(payment)
        except ActRefused as refusal:
            payment.note(f"{name}_refused", now, actor, code=refusal.code, why=str(refusal), reason=reason, **asked)
            refused = refusal
        else:
            payment.session.updated_at = now
            return done
    raise refused


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ActRefused("reason_missing", "a reason must be given")
