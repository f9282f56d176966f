"""Notices: what was told to whom; and telling it again, in an operator's name."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.clock import Clock
from domain.errors import ActRefused, NotFound
from domain.ids import NewId
from domain.moot import why_moot
from domain.notice import Channel, Notice, NoticeStatus
from domain.notices import Recipient
from domain.payment import Payment
from models import notices
from models.unit_of_work import Begin
from services.acting import act

#: As often as one notice is sent again at most. Whoever needs more should telephone.
MOST_RESENT: Final = 5
#: Why a notice is not true any more.
_MOOT: Final = {
    "paid": "it is paid",
    "over": "the payment is over",
    "payment_in_flight": "money is on its way",
    "window_over": "the time is over",
    "window_changed": "there is another end of the time to pay",
    "not_over": "the payment is not over",
    "sale_taken_back": "the sale was taken back",
    "refund_failed": "the refund did not arrive",
}


@dataclass(frozen=True, slots=True)
class NoticeOffice:
    """What operators do with notices."""

    begin: Begin
    now: Clock
    new_id: NewId

    def listed(
        self,
        *,
        session_id: UUID | None = None,
        status: str | None = None,
        kind: str | None = None,
        limit: int = 100,
    ) -> list[Notice]:
        """The newest notices that match."""
        wanted: dict[str, Any] = {"session_id": session_id, "status": status, "kind": kind}
        filters = {name: value for name, value in wanted.items() if value is not None}
        condition = " AND ".join(f"r.{name} = %({name})s" for name in filters) or "true"
        with self.begin() as uow:
            return notices.find(uow.connection, uow.cipher, condition, limit, **filters)

    def show(self, notice_id: UUID) -> Notice:
        """One notice; raises `NotFound`."""
        with self.begin() as uow:
            found = notices.find(uow.connection, uow.cipher, "r.id = %(id)s", id=notice_id)
        if not found:
            raise NotFound("there is no such notice")
        return found[0]

    def preview(self, session_id: UUID, notice_id: UUID) -> tuple[Notice, int]:
        """Which notice of a payment would go out again, and how often it has before; nothing is changed.

        Raises:
            ActRefused: it cannot; `no_such_notice`, or as `resend`.
        """
        notice = self._of(session_id, notice_id)
        _, before = self._sent_before(notice)
        with self.begin() as uow:
            (payment,) = uow.payments.read([notice.session_id])
        _check(payment, notice, before, self.now())
        return notice, before

    def resend(self, notice_id: UUID, reason: str, actor: str, *, of: UUID | None = None) -> Notice:
        """Send it once more, in today's words, under a new Message-ID. It is audited, also if it is refused.

        Args:
            notice_id: which one.
            reason: why, for the record.
            actor: who asks, such as `admin:alice`.
            of: the payment that it must belong to, where one was looked at.

        Raises:
            NotFound: there is no such notice.
            ActRefused: `still_queued`, `not_true_any_more`, `no_address` or `too_often`; `no_such_notice`.
        """
        notice, now = self.show(notice_id) if of is None else self._of(of, notice_id), self.now()
        first, before = self._sent_before(notice)

        def do(payment: Payment) -> Notice:
            _check(payment, notice, before, now)
            fresh = replace(
                notice,
                id=self.new_id(),
                dedupe_key=f"{first}:again:{before + 1}",
                created_at=now,
                due_at=now,
                wanted_at=now,
                status=NoticeStatus.QUEUED,
                tries=0,
                leased_until=None,
                fence=0,
                message_id=None,
                last_error=None,
                finished_at=None,
            )
            payment.notices.append(fresh)
            payment.note("notice_resent", now, actor, reason=reason, **about(fresh), resent=str(notice.id))
            return fresh

        return act(
            self.begin,
            notice.session_id,
            do,
            name="notice_resend",
            reason=reason,
            actor=actor,
            now=now,
            notice=str(notice.id),
        )

    def _of(self, session_id: UUID, notice_id: UUID) -> Notice:
        try:
            notice = self.show(notice_id)
        except NotFound:
            notice = None
        if notice is None or notice.session_id != session_id:
            raise ActRefused("no_such_notice", "this payment has no such letter")
        return notice

    def _sent_before(self, notice: Notice) -> tuple[str, int]:
        """The key of the first of its kind, and how often that was sent again."""
        first = notice.dedupe_key.partition(":again:")[0]
        with self.begin() as uow:
            again = notices.find(
                uow.connection,
                uow.cipher,
                "r.session_id = %(id)s AND starts_with(r.dedupe_key, %(again)s)",
                id=notice.session_id,
                again=f"{first}:again:",
            )
        return first, len(again)


def about(notice: Notice) -> dict[str, str]:
    """What the audit trail says of a notice."""
    return {"notice": str(notice.id), "kind": notice.kind, "channel": notice.channel}


def _check(payment: Payment, notice: Notice, before: int, now: datetime) -> None:
    if notice.status is NoticeStatus.QUEUED:
        raise ActRefused("still_queued", "it is still to be sent")
    if (moot := why_moot(payment, notice, now)) is not None:
        raise ActRefused("not_true_any_more", f"it is not true any more: {_MOOT.get(moot, moot)}")
    if not _has_address(payment, notice):
        raise ActRefused("no_address", "no address is known")
    if before >= MOST_RESENT:
        raise ActRefused("too_often", f"it was sent again {before} times already")


def _has_address(payment: Payment, notice: Notice) -> bool:
    session = payment.session
    if notice.channel is Channel.TOPIC:
        return True
    if notice.channel is Channel.SMS:
        return session.buyer_phone is not None
    return bool(session.buyer_email if notice.recipient is Recipient.BUYER else session.maker_email)
