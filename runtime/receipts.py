"""Wires receipts: what prints them, where they are stored, and the use cases about them."""

from dataclasses import dataclass
from random import Random

from domain.clock import Clock
from domain.documents import House
from domain.ids import NewId
from domain.receipts import Stationery
from gateways.paper.printer import Printer
from gateways.storage.storage import ReceiptStorage
from models.leases import Hold
from models.unit_of_work import Begin
from runtime.settings import Settings
from services.issue_receipts import IssueReceipts
from services.number_receipts import NumberReceipts
from services.observing import Observer
from services.receipt_office import ReceiptOffice
from services.verify_receipts import VerifyReceipts
from services.view_receipts import ViewReceipts


@dataclass(frozen=True)
class ReceiptDesk:
    """The use cases about receipts."""

    issue: IssueReceipts
    view: ViewReceipts
    verify: VerifyReceipts
    office: ReceiptOffice


def build_receipts(
    settings: Settings,
    begin: Begin,
    storage: ReceiptStorage,
    *,
    hold: Hold,
    observer: Observer,
    now: Clock,
    new_id: NewId,
    rng: Random,
) -> ReceiptDesk:
    """Wire them."""
    printer = Printer()
    number = NumberReceipts(begin, build_stationery(settings), now)
    return ReceiptDesk(
        issue=IssueReceipts(begin, number, printer, storage, hold, observer, now, new_id, rng),
        view=ViewReceipts(begin, storage, settings.receipts.url_ttl, now),
        verify=VerifyReceipts(begin, printer, storage),
        office=ReceiptOffice(begin, now),
    )


def build_verify_receipts(begin: Begin, storage: ReceiptStorage) -> VerifyReceipts:
    """What verifies receipts, alone."""
    return VerifyReceipts(begin, Printer(), storage)


def build_stationery(settings: Settings) -> Stationery:
    """What the house has decided about its paper."""
    house = House(settings.house.name, settings.house.address_lines, settings.house.email)
    return Stationery(house, settings.receipts.number_prefix, settings.receipts.template_version)
