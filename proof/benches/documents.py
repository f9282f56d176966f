"""Documents that show what paper looks like: in both languages, with a long title, in yen, in other scripts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from domain.documents import Document, DocumentKind, House, PaidWith, Party
from domain.ids import SessionId
from domain.money import Money

RECEIPT: Final = Document(
    kind=DocumentKind.RECEIPT,
    number="CRAFT-2026-004230",
    language="en",
    template_version="2025-09-15",
    house=House("Kestrel Row Auctions", ("7 Kestrel Row, Harbour Quarter",), "help@kestrelrow.example"),
    buyer=Party("b-5519", None, "m.vasq@buyer.example"),
    maker=Party("m-208", "Haldrick Clockworks"),
    session_id=SessionId(UUID("01a1ef2f-d2c8-7d81-98ef-a3604d164853")),
    auction_id="A-05531B",
    lot="14",
    title="Walnut bracket clock, eight-day movement",
    at=datetime(2026, 11, 19, 14, 39, 12, tzinfo=UTC),
    price=Money("USD", 124_000),
    fees=Money("USD", 0),
    total=Money("USD", 124_000),
    paid_with=PaidWith("card", "visa", "4242"),
)
GERMAN_RECEIPT: Final = replace(
    RECEIPT,
    number="CRAFT-2026-004231",
    language="de",
    house=House("Auktionshaus Möwengrund", ("Am Alten Hafen 12", "20457 Hamburg"), "hilfe@moewengrund.example"),
    buyer=Party("b-7120", "Jörg Weißenfels", "j.weissenfels@kaeufer.example"),
    maker=Party("m-311", "Werkstatt Käthe Brügge"),
    auction_id="A-07714",
    lot="203",
    title="Sekretär aus Nussbaum, süddeutsch, um 1840",
    at=datetime(2026, 3, 2, 8, 5, 0, tzinfo=UTC),
    price=Money("EUR", 1_275_050),
    fees=Money("EUR", 191_258),
    total=Money("EUR", 1_466_308),
    paid_with=PaidWith("sepa_debit", None, "3000"),
)
LONG_TITLE: Final = replace(
    RECEIPT,
    number="CRAFT-2026-004232",
    title="A pair of George III mahogany dining chairs, the pierced splats carved with acanthus & ribbons, "
    "the drop-in seats in <i>later</i> silk, on square chamfered legs joined by stretchers; together with a footstool, "
    "the property of a lady, by descent to the present owner, with old repairs and one replaced rail",
    fees=Money("USD", 18_600),
    total=Money("USD", 142_600),
    paid_with=PaidWith("card", "amex", "0005"),
)
YEN: Final = replace(
    RECEIPT,
    number="CRAFT-2026-004233",
    buyer=Party("b-8834", "Haruko Inoue", "h.inoue@buyer.example"),
    maker=Party("m-097", "Studio Tachibana"),
    title="Tea bowl, ash glaze, with its box",
    lot="7",
    price=Money("JPY", 480_000),
    fees=Money("JPY", 0),
    total=Money("JPY", 480_000),
    paid_with=PaidWith("card", "jcb", "0505"),
)
SCRIPTS: Final = replace(
    RECEIPT,
    number="CRAFT-2026-004234",
    house=House("Dom Aukcyjny Łabędź", ("ul. Żeglarska 5", "87-100 Toruń"), "pomoc@labedz.example"),
    buyer=Party("b-9002", "Ναυσικά Παπαδοπούλου", "n.papadopoulou@buyer.example"),
    maker=Party("m-415", "ورشة الساعات"),
    lot=None,
    title="שעון קיר מאגוז (1890), מנגנון לשמונה ימים",
    paid_with=PaidWith("paypal"),
)
CREDIT_NOTE: Final = replace(
    RECEIPT,
    kind=DocumentKind.CREDIT_NOTE,
    number="CRAFT-C-2026-000118",
    at=datetime(2026, 11, 24, 9, 20, 45, tzinfo=UTC),
    cancels=RECEIPT.number,
    in_full=True,
)
GERMAN_CREDIT_NOTE: Final = replace(
    GERMAN_RECEIPT,
    kind=DocumentKind.CREDIT_NOTE,
    number="CRAFT-C-2026-000119",
    at=datetime(2026, 3, 14, 16, 2, 9, tzinfo=UTC),
    price=Money("EUR", 250_000),
    fees=Money("EUR", 0),
    total=Money("EUR", 250_000),
    paid_with=PaidWith("card", "mastercard", "4444"),
    cancels=GERMAN_RECEIPT.number,
)

#: By the names of their pictures in `docs/pictures/`.
SAMPLES: Final[Mapping[str, Document]] = MappingProxyType(
    {
        "receipt-en": RECEIPT,
        "receipt-de": GERMAN_RECEIPT,
        "receipt-long-title": LONG_TITLE,
        "receipt-jpy": YEN,
        "receipt-scripts": SCRIPTS,
        "credit-note-en": CREDIT_NOTE,
        "credit-note-de": GERMAN_CREDIT_NOTE,
    }
)
