"""Why a payment is pending: its checkout is not open yet, or the buyer has not paid. Shared with declined ones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from domain.attempt import AttemptStatus
from domain.errors import GatewayBusy
from domain.lifecycle import PENDING
from domain.notice import NoticeStatus
from domain.opening import CHECKOUT_REFUSED
from domain.retries import attempts_left
from domain.standing.case import Case, Cause, opened_after
from domain.standing.explanation import Said, Sentence, Step, may, must, say
from domain.standing.on_hold import ON_HOLD_CAUSES

#: An opening whose outcome is unknown for longer than that deserves a look.
_LONG_UNKNOWN: Final = timedelta(minutes=10)
#: Fewer checkouts than this are no line: they are opened within seconds.
_LINE: Final = 20


def _refused(case: Case) -> Said | None:
    newest = case.newest
    if not case.is_unpaid or newest is None or case.session.reason != CHECKOUT_REFUSED:
        return None
    if newest.status is not AttemptStatus.REFUSED:
        return None
    message = (newest.last_error or "it gives no reason").rstrip(".")
    why = say("Stripe will not open this checkout: {message}.", message=message)
    reopened = Step(say("Nothing before; then closes, the lot is reopened."), case.end)
    return Said(why, (reopened,), must("Correct or terminate."))


def _ending(case: Case) -> Said | None:
    if not case.is_over:
        return None
    why = say("The time ran out {t}; Stripe is being asked whether money is on its way.", t=case.end)
    seconds = f"{case.beside.sweep.total_seconds():g}"
    return Said(why, (Step(say("Closed within {seconds} s, or waited for.", seconds=seconds)),))


def _circuit_open(case: Case) -> Said | None:
    one, circuit = case.opening, case.beside.circuit
    if one is None or case.is_over or (circuit is None and one.last_error != GatewayBusy.code):
        return None
    if circuit is None:
        why = say("Stripe is not being called for it now: its calls failed too often, or it asked for a rest.")
        return Said(why, (Step(say("Asked again; the earliest window first."), one.due_at),))
    why = say(
        "Stripe is not being called now: {failed} of the last {calls} calls failed since {since}.",
        failed=circuit.failed,
        calls=circuit.calls,
        since=circuit.since,
    )
    trial = Step(say("A trial call goes out; then this payment, by its window."), circuit.trial_at)
    return Said(why, (trial,))


def _outcome_unknown(case: Case) -> Said | None:
    one = case.opening
    if one is None or case.is_over or one.request is None or one.last_error in (None, GatewayBusy.code):
        return None
    tries = "1 try" if one.tries == 1 else f"{one.tries} tries"
    why = say(
        "Stripe did not answer when the checkout was being opened ({tries}). Whether it worked is unknown, so it is"
        " neither failed nor opened twice.",
        tries=tries,
    )
    steps = (Step(say("Asked again with the same key."), one.due_at), case.closes)
    if case.now - one.created_at >= _LONG_UNKNOWN:
        return Said(why, steps, may("Look at Stripe."))
    return Said(why, steps)


def _in_line(case: Case) -> Said | None:
    one, queue, rate = case.opening, case.beside.queue, case.beside.calls_per_second
    if one is None or case.is_over or one.request is not None or one.last_error is not None or queue < _LINE:
        return None
    if rate is None:
        why = say("The checkout waits its turn: {k} are due at the same time.", k=queue)
        return Said(why, (Step(say("Opens in its turn; earliest window first.")),))
    why = say(
        "The checkout waits its turn: {k} lots closed together, and Stripe permits {r} calls a second.",
        k=queue,
        r=f"{rate:g}",
    )
    about = case.now + timedelta(seconds=queue / rate)
    return Said(why, (Step(say("Opens about then; earliest window first."), about),))


def _opening(case: Case) -> Said | None:
    one = case.opening
    if one is None or case.is_over or case.session.status is not PENDING or one.last_error is not None:
        return None
    if _in_line(case) is not None:
        return None
    if one.due_at is not None and one.due_at > case.now:  # one before it came to nothing: it waits a while
        why = say("The checkout before came to nothing at Stripe; another one is opened in its place.")
        return Said(why, (Step(say("Attempt {a} opens.", a=one.attempt_no), one.due_at), case.closes))
    if one.attempt_no > 1:
        why = say("Attempt {a} is being opened, after {why}.", a=one.attempt_no, why=opened_after(case.payment, one))
    else:
        why = say("The auction asked for payment {t}; the checkout is being opened.", t=case.session.created_at)
    return Said(why, (Step(say("Opens within seconds.")),))


def _replacing(case: Case) -> Said | None:
    """The open one ends, or has ended, before the window does."""
    due, newest = case.session.next_retry_at, case.newest
    if not case.is_unpaid or case.session.status is not PENDING or due is None or newest is None:
        return None
    why = say("Stripe's page for attempt {a} ends before the window does.", a=newest.attempt_no)
    return Said(why, (Step(say("Attempt {a} opens in its place.", a=newest.attempt_no + 1), due), case.closes))


def _mail_refused(case: Case) -> Said | None:
    mail = case.link_mail
    if not case.is_unpaid or mail is None or mail.status is not NoticeStatus.REFUSED:
        return None
    reason = (mail.error or "it gives no reason").rstrip(".")
    why = say(
        "The buyer's mail server refused the link {t}: {reason}.", t=mail.finished_at or mail.due_at, reason=reason
    )
    steps = (Step(say("Nothing is mailed again by itself.")), case.closes)
    return Said(why, steps, must("Give the buyer the link another way."))


def _bank_asks(case: Case) -> Said | None:
    live = case.payment.live_attempt
    if not case.is_unpaid or live is None or live.action_required_at is None:
        return None
    if live.declined_at is not None and live.declined_at >= live.action_required_at:
        return None
    why = say(
        "The buyer's bank asked for a confirmation {t} and waits for the buyer.",
        t=live.action_required_at,
    )
    return Said(why, (Step(say("Stays open until then; then closes, the lot is reopened."), case.end),))


def _later_attempt(case: Case) -> Said | None:
    newest = case.newest
    if not case.is_unpaid or case.session.status is not PENDING or newest is None or newest.attempt_no < 2:  # noqa: PLR2004
        return None
    if newest.status is not AttemptStatus.OPEN:
        return None
    why = say("Attempt {a} is open after {why}.", a=newest.attempt_no, why=opened_after(case.payment, newest))
    again = case.retry_words(case.session.retry_count + 1)
    steps = [case.closes]
    if attempts_left(case.session, case.policy) != 0:
        steps.insert(0, Step(say("If declined again: {again}.", again=again)))
    return Said(why, tuple(steps), may("Extend, resend the link or terminate."))


def _waiting(case: Case) -> Said | None:
    if not case.is_unpaid or case.session.status is not PENDING:
        return None
    steps = [case.closes]
    reminder = case.end - case.policy.reminder
    if case.policy.reminder and reminder > case.now and case.session.buyer_email:
        steps.insert(0, Step(say("The buyer is reminded."), reminder))
    why = Sentence(*say("The buyer has not paid yet. ").parts, *_link(case).parts)
    return Said(why, tuple(steps), may("Extend, resend the link or terminate."))


def _link(case: Case) -> Sentence:
    mail = case.link_mail
    if mail is not None and mail.status is NoticeStatus.SENT:
        return say("The link was mailed {t}.", t=mail.finished_at or mail.due_at)
    if mail is not None and mail.status is NoticeStatus.QUEUED:
        return say("The link is being mailed.")
    return say("No letter with the link has gone out from here.")


#: Before all that is special about pending or failed.
UNPAID_CAUSES: Final[Sequence[Cause]] = (
    *ON_HOLD_CAUSES,
    Cause("pending.refused", _refused),
    Cause("pending.ending", _ending),
    Cause("pending.circuit_open", _circuit_open),
    Cause("pending.outcome_unknown", _outcome_unknown),
    Cause("pending.in_line", _in_line),
    Cause("pending.mail_refused", _mail_refused),
    Cause("pending.bank_asks", _bank_asks),
)
PENDING_CAUSES: Final[Sequence[Cause]] = (
    Cause("pending.opening", _opening),
    Cause("pending.replacing", _replacing),
    Cause("pending.attempt", _later_attempt),
)
#: What fits where nothing else does.
PENDING_REST: Final = Cause("pending.waiting", _waiting)
