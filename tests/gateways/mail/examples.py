"""Notices to write mails from: each kind in each way it can come to it, and titles of every sort."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from domain.documents import House, Party
from domain.ids import SessionId
from domain.money import Money
from domain.notices import NoticeContent, NoticeKind, Recipient

END: Final = datetime(2026, 11, 19, 17, 4, tzinfo=UTC)
LINK: Final = "https://kestrelrow.example/pay/0mWqk3vJfVYQx7dKQmZJ2hR8nTBz1cLw5ySgE4uPaoI"
DOCUMENT_LINK: Final = "https://kestrelrow.example/documents/CRAFT-2026-004230.pdf?until=1795712640&seal=9a1f"
MAKERS: Final = frozenset({NoticeKind.LOT_PAID, NoticeKind.LOT_NOT_PAID})

_BASE: Final = NoticeContent(
    kind=NoticeKind.PAYMENT_REQUIRED,
    recipient=Recipient.BUYER,
    language="en",
    house=House("Kestrel Row Auctions", ("12 Kestrel Row", "London E2 8DP"), "hello@kestrelrow.example"),
    buyer=Party("buyer-77", "Ada Quist", "ada@example.com"),
    maker=Party("maker-9", "Haldrick Clockworks", "haldrick@example.com"),
    session_id=SessionId(UUID("0199c2f0-6a10-7bd1-9d5e-2f1b4d164853")),
    auction_id="auction-14",
    lot="14",
    title="Walnut bracket clock, eight-day movement",
    amount=Money("USD", 124000),
    link=LINK,
    window_end=END,
    now=END - timedelta(hours=2),
)
_OF_KIND: Final[dict[NoticeKind, dict[str, Any]]] = {
    NoticeKind.PAYMENT_REQUIRED: {"now": END - timedelta(hours=24)},
    NoticeKind.PAYMENT_FAILED: {
        "decline_code": "do_not_honor",
        "attempts_left": 2,
        "next_attempt_at": END - timedelta(minutes=115),
    },
    NoticeKind.PAYMENT_RECEIVED: {"document_number": "CRAFT-2026-004230", "document_link": DOCUMENT_LINK},
    NoticeKind.LOT_PAID: {"payout": Money("USD", 111600)},
    NoticeKind.WINDOW_EXPIRED: {"reason": "window_elapsed"},
    NoticeKind.LOT_NOT_PAID: {"reason": "window_elapsed"},
    NoticeKind.REFUNDED: {
        "refunded": Money("USD", 124000),
        "document_number": "CRAFT-CN-2026-000031",
        "document_link": DOCUMENT_LINK,
    },
}
#: The other ways in which it can come to a mail, by name.
_TURNS: Final[dict[str, tuple[NoticeKind, dict[str, Any]]]] = {
    "failed-confirmation": (NoticeKind.PAYMENT_FAILED, {"decline_code": "authentication_required"}),
    "failed-last": (NoticeKind.PAYMENT_FAILED, {"attempts_left": 0, "next_attempt_at": None}),
    "received-without-receipt": (NoticeKind.PAYMENT_RECEIVED, {"document_number": None, "document_link": None}),
    "canceled": (NoticeKind.WINDOW_EXPIRED, {"reason": "terminated"}),
    "late": (NoticeKind.WINDOW_EXPIRED, {"reason": "paid_late"}),
    "not-paid-canceled": (NoticeKind.LOT_NOT_PAID, {"reason": "terminated"}),
    "not-paid-late": (NoticeKind.LOT_NOT_PAID, {"reason": "paid_late"}),
    "refunded-in-part": (NoticeKind.REFUNDED, {"refunded": Money("USD", 20000)}),
    "refunded-duplicate": (NoticeKind.REFUNDED, {"reason": "duplicate"}),
}
#: Titles that strangers write.
TITLES: Final = {
    "markup": "<script>alert(1)</script> & <b>bold</b> \"quoted\" 'clock' {{ 7 * 7 }} {amount}",
    "right-to-left": "ساعة حائط من خشب الجوز مع حركة ثمانية أيام",
    "override": "clock \u202e gnp.exe \u202d end",
    "emoji": "🕰️ Clock 👩🏽‍🔧 by 🇩🇪 makers 🕰️",
    "lines": "Clock\r\nBcc: everyone@example.com\n\n\tTitle\u2028two",
    "long": "Walnut bracket clock with an eight-day movement, signed and numbered. " * 143,
    "unbroken": "Uhrwerk" * 1430,
    "heaped": "C\u0335\u0322\u0300\u0301\u0302\u0303\u0304\u0305\u0306lock" * 20,
    "empty": " \n ",
}


def notice(kind: NoticeKind = NoticeKind.PAYMENT_REQUIRED, language: str = "en", **changes: Any) -> NoticeContent:
    """A notice of a kind, with all that belongs to it."""
    recipient = Recipient.MAKER if kind in MAKERS else Recipient.BUYER
    # A maker's notice carries the buyer's link here, so that a mail that showed it would be found out.
    return replace(_BASE, kind=kind, recipient=recipient, language=language, **_OF_KIND.get(kind, {}) | changes)


def all_notices() -> Iterator[tuple[str, NoticeContent]]:
    """Every mail in every language, with a name for each."""
    for language in ("en", "de"):
        for kind in NoticeKind:
            yield f"{kind}-{language}", notice(kind, language)
        for name, (kind, changes) in _TURNS.items():
            yield f"{name}-{language}", notice(kind, language, **changes)
        yield f"bare-{language}", bare(language=language)
        for name, title in TITLES.items():
            yield f"title-{name}-{language}", notice(language=language, title=title, lot=None)


def bare(**changes: Any) -> NoticeContent:
    """A notice of which nothing is known that may be unknown."""
    nobody: dict[str, Any] = {
        "house": House("Gavelpay"),
        "buyer": Party("buyer-77"),
        "maker": Party("maker-9"),
        "lot": None,
        "title": None,
        "link": None,
        "now": None,
    }
    return notice(**nobody | changes)


def long_in_yen(language: str = "en") -> NoticeContent:
    """A title of more than a few lines, and a currency without cents."""
    title = (
        "Kakedokei: wall clock in keyaki wood by the Seikōsha works, with its original pendulum, key and travelling"
        " case, dial restored by hand in Ōsaka, running, Tokyo 1934"
    )
    maker = Party("maker-3", "Minato Restorers & Sons")
    return notice(language=language, title=title, maker=maker, lot="208-B", amount=Money("JPY", 48000))
