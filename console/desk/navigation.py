"""What the console has pages for, in the order in which it is shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

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


#: Only what there is. The order of groups: Money, Machinery, Trust.
PAGES: Final = (
    Page("Money", "Overview", HOME, "i-home", "o"),
    Page("Money", "Payments", "/console/payments", "i-pay", "p"),
    Page("Money", "Receipts", "/console/receipts", "i-receipt", "r"),
    Page("Money", "Reconciliation", "/console/reconciliation", "i-scale", "c"),
    Page("Machinery", "Webhook events", "/console/events", "i-webhook", "w"),
    Page("Machinery", "Dead letters", "/console/dead-letters", "i-dead", "d"),
    Page("Machinery", "Queues and workers", "/console/queues", "i-queue", "q"),
    Page("Machinery", "Deliveries", "/console/deliveries", "i-delivery", "l"),
    Page("Trust", "Risk and security", "/console/risk", "i-shield", "s"),
    Page("Trust", "Audit", "/console/audit", "i-book", "a"),
)


def groups() -> Iterator[tuple[str, list[Page]]]:
    """Groups with their pages."""
    for name, pages in groupby(PAGES, lambda page: page.group):
        yield name, list(pages)


def has(address: str) -> bool:
    """Whether there is a page at an address."""
    return any(page.address == re.split("[?#]", address)[0] for page in PAGES)
