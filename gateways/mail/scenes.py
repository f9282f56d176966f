"""Which mail a notice becomes: its kind, and for some kinds how it came to that."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.notices import NoticeContent, NoticeKind, Recipient


class Scene(StrEnum):
    """One mail, with words of its own in every language."""

    REQUIRED = "required"
    REMINDER = "reminder"
    FAILED = "failed"
    RECEIVED = "received"
    LOT_PAID = "lot_paid"
    EXTENDED = "extended"
    EXPIRED = "expired"
    #: Somebody ended the time to pay before it was over.
    CANCELED = "canceled"
    #: Money came after the end and goes back.
    LATE = "late"
    NOT_PAID = "not_paid"
    NOT_PAID_CANCELED = "not_paid_canceled"
    NOT_PAID_LATE = "not_paid_late"
    REFUNDED = "refunded"
    #: Only a part went back.
    REFUNDED_IN_PART = "refunded_in_part"


class Tone(StrEnum):
    """What the line under the amount means; each has its colors."""

    PLAIN = "plain"
    #: Time that matters.
    WARN = "warn"
    GOOD = "good"


#: The buyer can pay: time counts, and the button leads to the payment.
PAYABLE: Final = frozenset({Scene.REQUIRED, Scene.REMINDER, Scene.FAILED, Scene.EXTENDED})
#: The buyer's page has something to show: that it is paid, what went back.
SHOWN: Final = frozenset({Scene.RECEIVED, Scene.REFUNDED, Scene.REFUNDED_IN_PART})
#: Nobody pays this amount: it stands small, with a word to say so.
UNPAID: Final = frozenset({Scene.EXPIRED, Scene.CANCELED, Scene.NOT_PAID, Scene.NOT_PAID_CANCELED, Scene.NOT_PAID_LATE})
TONES: Final[Mapping[Scene, Tone]] = {
    Scene.REMINDER: Tone.WARN,
    Scene.FAILED: Tone.WARN,
    Scene.RECEIVED: Tone.GOOD,
    Scene.LOT_PAID: Tone.GOOD,
}
AUDIENCE: Final[Mapping[NoticeKind, Recipient]] = {
    NoticeKind.LOT_PAID: Recipient.MAKER,
    NoticeKind.LOT_NOT_PAID: Recipient.MAKER,
}
_NEEDED: Final[Mapping[NoticeKind, tuple[str, ...]]] = {
    NoticeKind.PAYMENT_REQUIRED: ("window_end",),
    NoticeKind.REMINDER: ("window_end", "now"),
    NoticeKind.PAYMENT_FAILED: ("window_end",),
    NoticeKind.WINDOW_EXTENDED: ("window_end",),
}
_SIMPLE: Final[Mapping[NoticeKind, Scene]] = {
    NoticeKind.PAYMENT_REQUIRED: Scene.REQUIRED,
    NoticeKind.REMINDER: Scene.REMINDER,
    NoticeKind.PAYMENT_FAILED: Scene.FAILED,
    NoticeKind.PAYMENT_RECEIVED: Scene.RECEIVED,
    NoticeKind.LOT_PAID: Scene.LOT_PAID,
    NoticeKind.WINDOW_EXTENDED: Scene.EXTENDED,
}
_EXPIRED: Final[Mapping[str, Scene]] = {
    "closed_by_request": Scene.CANCELED,
    "terminated": Scene.CANCELED,
    "paid_late": Scene.LATE,
}
_NOT_PAID: Final[Mapping[str, Scene]] = {
    "closed_by_request": Scene.NOT_PAID_CANCELED,
    "terminated": Scene.NOT_PAID_CANCELED,
    "paid_late": Scene.NOT_PAID_LATE,
}


def scene_of(content: NoticeContent) -> Scene:
    """Return the mail that tells a notice.

    Raises:
        ValueError: the notice is for somebody else than its kind says, or lacks what its words cannot do without.
    """
    kind = content.kind
    if content.recipient is not AUDIENCE.get(kind, Recipient.BUYER):
        raise ValueError(f"{kind} is not for the {content.recipient}")
    missing = [name for name in _NEEDED.get(kind, ()) if getattr(content, name) is None]
    if missing:
        raise ValueError(f"{kind} lacks {' and '.join(missing)}")
    if kind is NoticeKind.WINDOW_EXPIRED:
        return _EXPIRED.get(content.reason or "", Scene.EXPIRED)
    if kind is NoticeKind.LOT_NOT_PAID:
        return _NOT_PAID.get(content.reason or "", Scene.NOT_PAID)
    if kind is NoticeKind.REFUNDED:
        in_full = content.refunded in (None, content.amount)
        return Scene.REFUNDED if in_full else Scene.REFUNDED_IN_PART
    return _SIMPLE[kind]
