"""What readers of a payment's status get, worked out once for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

import orjson

from console.api import views
from console.api.shapes import ReceiptLink, State
from console.exact_json import write
from console.pages.stages import stage_of
from domain.lifecycle import FINAL
from domain.payment import Payment
from domain.policies import Policy
from domain.telling import Audience, is_told_alike

#: Milliseconds in which a window's end is news.
_INSTANT: Final = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A payment's status at one version, without the time left, which is worked out when somebody asks."""

    session_id: UUID
    #: Rises with everything that is noted about the payment.
    version: int
    buyer_id: str
    maker_id: str
    expires_at: datetime
    is_over: bool
    #: JSON objects: for the API by whom it tells, and for the buyer's page.
    states: Mapping[Audience, bytes]
    page: bytes

    @classmethod
    def of(cls, payment: Payment, policy: Policy, now: datetime, receipt: ReceiptLink | None = None) -> Self:
        """Take it."""
        session = payment.session
        state = views.state(payment, policy, now, Audience.STAFF, receipt)
        states = dict.fromkeys(Audience, _written(state))
        if not is_told_alike(payment):
            for to in Audience:
                states[to] = _written(views.state(payment, policy, now, to, receipt))
        stage = stage_of(payment, policy, now, back_from_paying=False)
        retry = state.retry.document()
        page = {"version": session.audit_seq, "status": session.status, "stage": stage, "retry": retry}
        return cls(
            session_id=session.id,
            version=session.audit_seq,
            buyer_id=session.buyer_id,
            maker_id=session.maker_id,
            expires_at=session.window_expires_at,
            is_over=session.status in FINAL,
            states=states,
            page=write(page),
        )

    @classmethod
    def read(cls, session_id: UUID, kept: bytes) -> Self | None:
        """One that was kept; None if it cannot be understood, such as one of another release."""
        try:
            fields = orjson.loads(kept)
            states: dict[Audience, bytes] = {}
            for state, told in fields["states"]:
                states.update(dict.fromkeys(told, state.encode()))
            if len(states) < len(Audience):
                return None
            return cls(
                session_id=session_id,
                version=int(fields["version"]),
                buyer_id=fields["buyer"],
                maker_id=fields["maker"],
                expires_at=datetime.fromisoformat(fields["expires"]),
                is_over=bool(fields["over"]),
                states=states,
                page=fields["page"].encode(),
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def kept(self) -> bytes:
        """Itself, to be kept."""
        # Mostly one for all.
        told: dict[bytes, list[Audience]] = {}
        for to, state in self.states.items():
            told.setdefault(state, []).append(to)
        fields: dict[str, Any] = {
            "version": self.version,
            "buyer": self.buyer_id,
            "maker": self.maker_id,
            "expires": self.expires_at.isoformat(),
            "over": self.is_over,
            "states": [(state.decode(), audiences) for state, audiences in told.items()],
            "page": self.page.decode(),
        }
        return orjson.dumps(fields)

    def good_for(self, now: datetime, longest: int) -> int:
        """Milliseconds for which it may be kept: no longer than until the window's end, which changes what is told."""
        left = int((self.expires_at - now) / timedelta(milliseconds=1))
        return longest if self.is_over or left < 0 else max(min(longest, left), _INSTANT)

    def for_api(self, now: datetime, to: Audience) -> bytes:
        """The API's answer to them."""
        return self._timed(self.states[to], now)

    def for_page(self, now: datetime) -> bytes:
        """The buyer's page's answer."""
        return self._timed(self.page, now)

    def _timed(self, document: bytes, now: datetime) -> bytes:
        left = views.span_left(self.expires_at, now, is_over=self.is_over).document()
        return b'{"paymentWindow":' + write(left) + b"," + document[1:]


def _written(state: State) -> bytes:
    document = state.document()
    del document["paymentWindow"]
    return write(document)
