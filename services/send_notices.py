"""Tell people what they wait to hear: claim, send, record.

A crash between sending and recording sends once more, under the same Message-ID. Nothing else is sent twice.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

import orjson
import structlog
from structlog.contextvars import bound_contextvars

from domain.backoff import backoff
from domain.clock import Clock
from domain.errors import GatewayRefused, GatewayUnavailable, TransientError
from domain.ids import NewId
from domain.messaging import DeadLetter
from domain.moot import why_moot
from domain.notice import Channel, Notice, NoticeStatus
from domain.payment import Payment
from gateways.letters import Carrier, CarrierAway, Letter
from models import notices
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import NOTICE_WORK
from services.observing import Observer
from services.rests import Rests
from services.write_letter import WriteLetter

log = structlog.get_logger()

#: A weekend, and a Monday to mend what broke on it; as outgoing events.
GIVE_UP: Final = timedelta(days=3)
#: Where dead letters of notices come from: no broker's queue, but rows.
NOTICES_QUEUE: Final = "notices"
#: Mail servers that put off a letter mean minutes (greylisting), so the first wait is half a minute.
_EASY: Final = 6
_LONGEST_WAIT: Final = 3600.0
_BATCH: Final = 16
#: A batch that takes longer lets others have the rest of it.
_BATCH_TIME: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class SendNotices:
    """Take notices that are due, and send what is still true."""

    begin: Begin
    write: WriteLetter
    carriers: Mapping[Channel, Carrier]
    hold: Hold
    observer: Observer
    now: Clock
    new_id: NewId
    rng: Random
    rests: Rests = field(default_factory=Rests)

    def __call__(self, limit: int = _BATCH) -> int:
        """Send one batch; returns how many were due. Channels that are away are left in peace for a while."""
        claimed = self._claim(limit)
        begun, known = self.now(), self._read(claimed)
        try:
            with ExitStack() as stack:
                holds = [stack.enter_context(ExitStack()) for _ in claimed]
                for hold, notice in zip(holds, claimed, strict=True):
                    hold.enter_context(self.hold(NOTICE_WORK, notice))
                for hold, notice in zip(holds, claimed, strict=True):
                    with hold:
                        if self.rests.rest_of(notice.channel, self.now()) or self.now() - begun > _BATCH_TIME:
                            self._give_back(notice)
                        else:
                            self._send(notice, self._as_it_stands(known[notice.session_id]))
        finally:
            for carrier in self.carriers.values():
                carrier.finish()
        return len(claimed)

    def _claim(self, limit: int) -> list[Notice]:
        resting = self.rests.resting(self.now())
        if len(resting) == len(Channel):
            return []
        with self.begin() as uow:
            work = NOTICE_WORK.without("channel", [str(channel) for channel in resting])
            claimed = work.claim(uow.connection, uow.cipher, self.now(), limit)
        # Topics and telephones first: a mail server may be slow.
        return sorted(claimed, key=lambda one: (one.channel is Channel.EMAIL, one.due_at, one.id))

    def _read(self, claimed: Sequence[Notice]) -> dict[UUID, Payment]:
        if not claimed:
            return {}
        with self.begin() as uow:
            found = uow.payments.read(sorted({one.session_id for one in claimed}))
        return {payment.session.id: payment for payment in found}

    def _as_it_stands(self, known: Payment) -> Payment:
        """A payment as it stands now: the letters before it may have taken long, and the buyer may have paid meanwhile.

        Whatever changes in a payment leaves its mark in its session, which alone is read where nothing has.
        """
        with self.begin() as uow:
            (session,) = uow.payments.find("r.id = %(id)s", id=known.session.id)
            return known if session == known.session else uow.payments.read([session.id])[0]

    def _send(self, notice: Notice, payment: Payment) -> None:
        with bound_contextvars(session_id=str(notice.session_id), notice_id=str(notice.id)):
            moot = why_moot(payment, notice, self.now())
            if moot is not None:
                self._finish(notice, NoticeStatus.DROPPED, last_error=moot)
                return
            try:
                letter = self.write(payment, notice, self.now())
            except GatewayRefused as refusal:
                self._finish(notice, NoticeStatus.REFUSED, last_error=str(refusal))
            except TransientError:
                raise
            except Exception as error:
                # Our own mistake. It must not hold up the others; the next release may know better.
                log.exception("notice.not_written")
                self._try_later(notice, f"it could not be written: {type(error).__name__}")
            else:
                self._hand_over(notice, letter)

    def _hand_over(self, notice: Notice, letter: Letter) -> None:
        try:
            message_id = self._carrier(notice.channel).send(letter)
        except GatewayRefused as refusal:
            self._finish(notice, NoticeStatus.REFUSED, last_error=_without(letter.to, str(refusal)))
        except CarrierAway as away:
            until = self.rests.away(notice.channel, self.now(), self.rng)
            self._postpone(notice, until, _without(letter.to, str(away)), tries=notice.tries - 1)
        except GatewayUnavailable as failure:
            self._try_later(notice, _without(letter.to, str(failure)), asked=failure.retry_after)
        except Exception as torn:
            # Our own mistake again: the longest due is taken first, so it would be in front of all others for ever.
            log.exception("notice.torn")
            self._try_later(notice, f"it could not be sent: {type(torn).__name__}")
        else:
            self.rests.is_there(notice.channel)
            self._finish(notice, NoticeStatus.SENT, message_id=message_id, last_error=None)

    def _carrier(self, channel: Channel) -> Carrier:
        carrier = self.carriers.get(channel)
        if carrier is None:
            raise GatewayUnavailable(f"{channel} is not configured in this process")
        return carrier

    def _try_later(self, notice: Notice, why: str, *, asked: float | None = None) -> None:
        wait = backoff(notice.tries + _EASY, self.rng, longest=_LONGEST_WAIT, asked=asked)
        self._postpone(notice, self.now() + wait, why)

    def _postpone(self, notice: Notice, due: datetime, why: str, **values: object) -> None:
        if self.now() - notice.wanted_at >= GIVE_UP:
            self._give_up(notice, why)
            return
        with self.begin() as uow:
            notices.record(uow.connection, notice, due_at=due, last_error=why, **values)
        self.observer.noticed(notice.kind, notice.channel, "postponed")

    def _give_back(self, notice: Notice) -> None:
        """Let others have what was not begun, when its channel is there again."""
        due = max(notice.due_at, self.rests.rest_of(notice.channel, self.now()) or notice.due_at)
        with self.begin() as uow:
            notices.record(uow.connection, notice, due_at=due, tries=notice.tries - 1)

    def _give_up(self, notice: Notice, why: str) -> None:
        letter = DeadLetter(
            id=self.new_id(),
            queue=NOTICES_QUEUE,
            actor=f"{notice.channel}:{notice.kind}",
            message=orjson.dumps({"notice_id": str(notice.id), "session_id": str(notice.session_id)}),
            reason="not_sent",
            error=why,
            created_at=self.now(),
            tries=notice.tries,
            row_id=notice.id,
        )
        self._finish(notice, NoticeStatus.GIVEN_UP, [letter], last_error=why)

    def _finish(
        self, notice: Notice, status: NoticeStatus, letters: Sequence[DeadLetter] = (), **values: object
    ) -> None:
        with self.begin() as uow:
            mine = notices.record(uow.connection, notice, status=status.value, finished_at=self.now(), **values)
            if mine:
                uow.dead_letters.keep(letters)
        if mine:
            self.observer.noticed(notice.kind, notice.channel, status)


def _without(address: str, words: str) -> str:
    """What a server answered, without the address that it repeats: rows and logs name nobody."""
    for part in (address, address.rpartition("@")[0]):
        if part:
            words = words.replace(part, "…")
    return words[:300]
