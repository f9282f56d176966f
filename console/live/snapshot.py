"""What readers of a payment's status get, worked out once for all of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

import orjson

from console.api import views
from console.api.shapes import ReceiptLink
from console.exact_json import write
from console.pages.stages import stage_of
from domain.lifecycle import FINAL
from domain.payment import Payment
from domain.policies import Policy

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
    #: JSON objects: for the API, and for the buyer's page.
    state: bytes
    page: bytes

    @classmethod
    def of(cls, payment: Payment, policy: Policy, now: datetime, receipt: ReceiptLink | None = None) -> Self:
        """Take it."""
        session = payment.session
        state = views.state(payment, policy, now, receipt).document()
        del state["paymentWindow"]
        stage = stage_of(payment, policy, now, back_from_paying=False)
        page = {"version": session.audit_seq, "status": session.status, "stage": stage, "retry": state["retry"]}
        return cls(
            session_id=session.id,
            version=session.audit_seq,
            buyer_id=session.buyer_id,
            maker_id=session.maker_id,
            expires_at=session.window_expires_at,
            is_over=session.status in FINAL,
            state=write(state),
            page=write(page),
        )

    @classmethod
    def read(cls, session_id: UUID, kept: bytes) -> Self | None:
        """One that was kept; None if it cannot be understood, such as one of another release."""
        try:
            fields = orjson.loads(kept)
            return cls(
                session_id=session_id,
                version=int(fields["version"]),
                buyer_id=fields["buyer"],
                maker_id=fields["maker"],
                expires_at=datetime.fromisoformat(fields["expires"]),
                is_over=bool(fields["over"]),
                state=fields["state"].encode(),
                page=fields["page"].encode(),
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def kept(self) -> bytes:
        """Itself, to be kept."""
        fields: dict[str, Any] = {
            "version": self.version,
            "buyer": self.buyer_id,
            "maker": self.maker_id,
            "expires": self.expires_at.isoformat(),
            "over": self.is_over,
            "state": self.state.decode(),
            "page": self.page.decode(),
        }
        return orjson.dumps(fields)

    def good_for(self, now: datetime, longest: int) -> int:
        """Milliseconds for which it may be kept: no longer than until the window's end, which changes what is told."""
        left = int((self.expires_at - now) / timedelta(milliseconds=1))
        return longest if self.is_over or left < 0 else max(min(longest, left), _INSTANT)

    def for_api(self, now: datetime) -> bytes:
        """The API's answer."""
        return self._timed(self.state, now)

    def for_page(self, now: datetime) -> bytes:
        """The buyer's page's answer."""
        return self._timed(self.page, now)

    def _timed(self, document: bytes, now: datetime) -> bytes:
        left = views.span_left(self.expires_at, now, is_over=self.is_over).document()
        return b'{"paymentWindow":' + write(left) + b"," + document[1:]
