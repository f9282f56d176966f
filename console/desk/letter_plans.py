"""What sending a letter again will do."""

from collections.abc import Mapping
from uuid import UUID

from console.desk.deliveries.words import CHANNELS, NOTICES, SAYS
from console.desk.figures import clock, masked
from console.desk.plans import AUDIT, Effect, Plan, in_words
from domain.errors import ActRefused
from domain.notice import Channel, Notice, NoticeStatus
from domain.notices import Recipient
from domain.payment import Payment
from runtime.app import App
from services.notice_office import MOST_RESENT


def letters(app: App, payment: Payment) -> list[tuple[str, str]]:
    """The letters of a payment that are over, newest first: their ids, and how people tell one from another."""
    found = app.notices.listed(session_id=payment.session.id)
    return [(str(one.id), _told(app, one)) for one in found if one.status is not NoticeStatus.QUEUED]


def plan_resend(app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    """Of a letter that goes out once more."""
    if not form.get("notice"):
        if not letters(app, payment):
            return Plan("Send again", refused="No letter has been sent yet.")
        return Plan("Send again", question="Choose the letter that goes out again.")
    try:
        planned = app.notices.preview(payment.session.id, notice_of(form))
    except ActRefused as refused:
        return Plan("Send again", refused=in_words(refused))
    notice, before = planned
    said, way = SAYS[notice.kind], CHANNELS[notice.channel].lower()
    again = f"It was sent again {before} {'time' if before == 1 else 'times'} before; {MOST_RESENT} are the most."
    return Plan(
        f"Send “{said}” again",
        (
            Effect(
                "i-mail", f"“{said}” goes to {_whom(payment, notice)} by {way}, in today’s words and with today’s link."
            ),
            Effect(
                "i-info", again if before else f"It has not been sent again before; {MOST_RESENT} times are the most."
            ),
            Effect("i-timer", "If it is not true any more when its turn comes, it is not sent."),
            AUDIT,
        ),
    )


def notice_of(form: Mapping[str, str]) -> UUID:
    """The letter that a form names; raises `ActRefused` where it names none."""
    try:
        return UUID(form.get("notice", ""))
    except ValueError:
        raise ActRefused("no_such_notice", "choose the letter that goes out again") from None


def _told(app: App, one: Notice) -> str:
    how, state = CHANNELS[one.channel].lower(), NOTICES[one.status].word.lower()
    at = clock(one.finished_at or one.due_at, app.now())
    return f"{SAYS[one.kind]}, {how} to the {one.recipient}, {state} {at}"


def _whom(payment: Payment, notice: Notice) -> str:
    session = payment.session
    if notice.channel is Channel.SMS:
        return "the buyer’s telephone"
    if notice.channel is Channel.TOPIC:
        return f"whoever listens for the {notice.recipient}"
    return masked(session.buyer_email if notice.recipient is Recipient.BUYER else session.maker_email) or "nobody"
