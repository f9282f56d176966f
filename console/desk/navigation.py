"""What the console has pages for, in the order in which it is shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from domain.needs import NeedKind

#: Where the console begins.
HOME: Final = "/console"


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the navigation."""

    group: str
    title: str
    address: str
    icon: str
    #: Pressed after `g`.
    key: str
    #: What waits for a person there.
    needs: frozenset[NeedKind] = frozenset()


#: Only what there is. The order of groups: Money, Machinery, Trust.
PAGES: Final = (
    Page("Money", "Overview", HOME, "i-home", "o"),
    Page(
        "Money",
        "Payments",
        "/console/payments",
        "i-pay",
        "p",
        frozenset({NeedKind.HELD, NeedKind.APPROVAL, NeedKind.REFUND_STUCK, NeedKind.DISPUTE}),
    ),
    Page("Money", "Receipts", "/console/receipts", "i-receipt", "r", frozenset({NeedKind.RECEIPT_STUCK})),
    Page("Money", "Reconciliation", "/console/reconciliation", "i-scale", "c", frozenset({NeedKind.UNEXPLAINED})),
    Page("Machinery", "Webhook events", "/console/events", "i-webhook", "w", frozenset({NeedKind.SET_ASIDE})),
    Page("Machinery", "Dead letters", "/console/dead-letters", "i-dead", "d", frozenset({NeedKind.DEAD_LETTERS})),
    Page(
        "Machinery",
        "Queues & workers",
        "/console/queues",
        "i-queue",
        "q",
        frozenset({NeedKind.STUCK, NeedKind.NO_WORKER, NeedKind.QUEUE_PAUSED}),
    ),
    Page(
        "Machinery",
        "Deliveries",
        "/console/deliveries",
        "i-delivery",
        "l",
        frozenset({NeedKind.ENDPOINT_PAUSED, NeedKind.ENDPOINT_FAILING}),
    ),
    Page("Trust", "Risk and security", "/console/risk", "i-shield", "s"),
    Page("Trust", "Audit", "/console/audit", "i-book", "a"),
)


def groups() -> Iterator[tuple[str, list[Page]]]:
    """Groups with their pages."""
    for name, pages in groupby(PAGES, lambda page: page.group):
        yield name, list(pages)


def counts(waiting: Mapping[NeedKind, int]) -> dict[str, int]:
    """How much waits for a person behind each address."""
    return {page.address: sum(waiting.get(kind, 0) for kind in page.needs) for page in PAGES}


def has(address: str) -> bool:
    """Whether there is a page at an address."""
    return any(page.address == re.split("[?#]", address)[0] for page in PAGES)
