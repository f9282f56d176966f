"""What is still to come after a payment is paid, and that it is done."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from domain.documents import DocumentKind
from domain.lifecycle import COMPLETED
from domain.notice import NoticeStatus
from domain.notices import NoticeKind
from domain.receipt import ReceiptStatus
from domain.refund_requests import person_of
from domain.standing.anywhere import SERVICES
from domain.standing.beside import Paper, Waiting
from domain.standing.case import Case, Cause, amount_of
from domain.standing.explanation import NOTHING, Part, Said, Sentence, Step, may, must, say
from domain.transaction import Transaction

#: Stripe's list of what it booked is read every quarter of an hour at most, and tells of fees with some delay.
_FEE_KNOWN: Final = timedelta(hours=1)
_UNPRINTED: Final = (ReceiptStatus.WANTED, ReceiptStatus.NUMBERED, ReceiptStatus.STUCK)


def _to_come(case: Case) -> Said | None:
    kept = case.payment.kept_transaction
    if case.session.status is not COMPLETED or kept is None:
        return None
    papers = [one for one in case.beside.papers if one.status in _UNPRINTED]
    mails = [one for one in case.beside.mails if one.status is NoticeStatus.QUEUED and one.due_at <= case.now]
    mails = [one for one in mails if one.kind is NoticeKind.PAYMENT_RECEIVED]
    waiting = case.beside.waiting
    if not papers and not waiting and not mails:
        return None
    told = [_paper(one) for one in papers] + [_waiting(one) for one in waiting]
    if mails:
        told.append(say("the letter with the receipt is being sent"))
    parts = _listed(told)
    why = Sentence(*say("Paid {t}. Still to come: ", t=kept.paid_at).parts, *parts, ".")
    steps = [Step(say("{What}.", What=_capital(_document(one))), one.due_at) for one in papers]
    steps += [
        Step(say("{What} is told again.", What=SERVICES.get(one.endpoint, one.endpoint)), one.due_at) for one in waiting
    ]
    if mails:
        steps.append(Step(say("The letter with the receipt goes out."), mails[0].due_at))
    steps.sort(key=lambda step: (step.at is None, step.at or case.now))
    you = NOTHING
    if any(one.paused_at is not None for one in waiting):
        you = must("Resume what is paused.")
    elif any(one.status is ReceiptStatus.STUCK for one in papers):
        you = must("Mend what stops the receipt, then put it back.")
    return Said(why, tuple(steps[:3]), you)


def _honored(case: Case) -> Said | None:
    kept, ended = case.payment.kept_transaction, case.beside.ended
    if case.session.status is not COMPLETED or kept is None or ended is None or kept.paid_at <= case.end:
        return None
    if ended.before not in ("expired", "pending", "failed"):
        return None
    amount, after = amount_of(kept.amount_minor, kept.currency), round((kept.paid_at - case.end).total_seconds())
    why = say("{amount} came {s} s after the end and is kept: the lot was not yet reopened.", amount=amount, s=after)
    return Said(why, (Step(say("Nothing.")),), may("Refund."))


def _fee_unknown(case: Case) -> Said | None:
    kept = case.payment.kept_transaction
    if case.session.status is not COMPLETED or kept is None or kept.stripe_fee_minor is not None:
        return None
    why = say("Paid {t}. Stripe has not told its fee yet.", t=kept.paid_at)
    by = kept.created_at + _FEE_KNOWN
    if by > case.now:
        return Said(why, (Step(say("Read in bulk by then."), by),))
    return Said(why, (Step(say("Read in bulk, as soon as Stripe lists it.")),))


def _done(case: Case) -> Said | None:
    if case.session.status is not COMPLETED:
        return None
    kept = case.payment.kept_transaction
    at = kept.paid_at if kept is not None else case.session.completed_at or case.now
    issued = (one for one in case.beside.papers if one.kind is DocumentKind.RECEIPT)
    receipt = next((one.number for one in issued if one.status is ReceiptStatus.ISSUED), None)
    out = f" Receipt {receipt} is out; the auction and the order service know." if receipt else ""
    method = _method(kept)
    paid = say("Paid {t} with {method}.", t=at, method=method) if method else say("Paid {t}.", t=at)
    return Said(Sentence(*paid.parts, out), (Step(say("Nothing.")),), may("Refund."))


def _method(kept: Transaction | None) -> str:
    if kept is None or kept.method_type is None:
        return ""
    name = (kept.method_brand or kept.method_type).replace("_", " ")
    name = name[0].upper() + name[1:]
    return f"{name} ending in {kept.method_last4}" if kept.method_last4 else name


def _document(one: Paper) -> str:
    return "the receipt" if one.kind is DocumentKind.RECEIPT else "the credit note"


def _paper(one: Paper) -> Sentence:
    if one.status is ReceiptStatus.STUCK:
        error = (one.error or "it cannot be printed or stored").rstrip(".")
        return say("{what} {no} is stuck: {error}", what=_document(one), no=one.number or "", error=error)
    return say("{what} is being printed", what=_document(one))


def _waiting(one: Waiting) -> Sentence:
    who = SERVICES.get(one.endpoint, one.endpoint)
    who = who[0].lower() + who[1:]
    if one.paused_at is not None:
        return say(
            "{who} is paused by {by} since {t}", who=who, by=person_of(one.paused_by or "somebody"), t=one.paused_at
        )
    if one.error:
        return say("{who} answered: {error}", who=who, error=one.error.rstrip("."))
    return say("{who} is being told", who=who)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _listed(sentences: Sequence[Sentence]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for number, sentence in enumerate(sentences):
        parts.extend((" · ",) if number else ())
        parts.extend(sentence.parts)
    return tuple(parts)


#: In this order.
COMPLETED_CAUSES: Final[Sequence[Cause]] = (
    Cause("completed.to_come", _to_come),
    Cause("completed.honored", _honored),
    Cause("completed.fee_unknown", _fee_unknown),
)
#: What fits where nothing else does.
COMPLETED_REST: Final = Cause("completed.done", _done)
