"""Compares three books: ours, Stripe's, and what the auction house was told. Every difference is a sentence."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from cli.run.explaining import Explained
from cli.run.standing import Standing, Taken
from sandbox.auction_house import Ending, LotRecord, Report

#: Money that is an order; all other money goes back.
KEPT: Final = "kept"
#: Money that waits for a person: it is explained, and neither order nor refund.
HELD: Final = "held"

Books = Mapping[str, Any]
_TWICE: Final = 2


def compare_with_stripe(books: Books, money: Sequence[Taken], payments: Sequence[Standing]) -> Iterator[str]:
    """Every cent that Stripe took is an order or a refund, and both books know the same charges.

    Args:
        books: Stripe's own.
        money: all that we have recorded.
        payments: those of the sale; of these Stripe must know everything that we do.
    """
    charges = {charge["payment_intent"]: charge for charge in books["charges"]}
    ours = {taken.payment_intent_id: taken for taken in money}
    for intent, charge in charges.items():
        taken = ours.get(intent)
        if taken is None:
            yield f"Stripe took {_money(charge)} ({charge['id']}), and we do not know of it."
        else:
            yield from _differences(charge, taken)
    yield from _kept_once(charges, ours)
    sale = {payment.session_id for payment in payments}
    for intent, taken in ours.items():
        if taken.session_id in sale and intent not in charges:
            yield f"We recorded {intent} of {taken.auction_id}, and Stripe does not know of it."


def compare_pages(books: Books, payments: Iterable[Standing]) -> Iterator[str]:
    """Each attempt opened one page at Stripe, each refund was sent once, and nothing that is over can still be paid."""
    over = {str(payment.session_id) for payment in payments if payment.over}
    opened: Counter[tuple[str, str]] = Counter()
    for page in books["pages"]:
        mine = page["metadata"]
        attempt = mine.get("payment_session_id", ""), mine.get("attempt", "")
        opened[attempt] += 1
        if attempt[0] and opened[attempt] == _TWICE:
            yield f"Attempt {attempt[1]} of payment {attempt[0]} opened twice at Stripe."
        if page["payable"] and attempt[0] in over:
            yield f"{page['id']} of {mine['auction_id']} can still be paid, and its payment is over."
    sent: Counter[str] = Counter()
    for refund in books["refunds"]:
        name = (refund["metadata"] or {}).get("refund_id", "")
        sent[name] += 1
        if name and sent[name] == _TWICE:
            yield f"Refund {name} was sent twice."


def compare_balance(books: Books, money: Sequence[Taken], ours: Mapping[str, int]) -> Iterator[str]:
    """What Stripe has of ours, our ledger says to the cent.

    Nothing is said while Stripe has not booked every charge, or where an earlier sandbox knew money of ours.

    Args:
        books: Stripe's own.
        money: all that we have recorded.
        ours: what our ledger says that Stripe has, in minor units, by currency.
    """
    charges = {charge["payment_intent"]: charge for charge in books["charges"]}
    if any(one.payment_intent_id not in charges for one in money):
        return
    if any(charge["balance_transaction"] is None for charge in charges.values()):
        return
    theirs = {currency.upper(): total["net"] for currency, total in books["totals"].items()}
    for currency in sorted(theirs.keys() | ours.keys()):
        if theirs.get(currency, 0) != ours.get(currency, 0):
            yield f"Stripe has {theirs.get(currency, 0)} {currency}, and our ledger says {ours.get(currency, 0)}."


def unexplained(explained: Explained | None) -> Iterator[str]:
    """Money of ours that only one of both books knows, or that they know differently."""
    for currency, minor in ({} if explained is None else explained.unexplained).items():
        if minor:
            yield f"{minor} {currency} (in minor units) are unexplained; `gavelpay reconcile` lists them."


def _differences(charge: Mapping[str, Any], taken: Taken) -> Iterator[str]:
    lot, currency = taken.auction_id, charge["currency"].upper()
    if (charge["amount_captured"], currency) != (taken.amount_minor, taken.currency):
        yield f"Stripe took {_money(charge)} for {lot}, and we recorded {taken.amount_minor} {taken.currency}."
    if charge["amount_refunded"] != taken.refunded_minor:
        yield f"Stripe refunded {charge['amount_refunded']} of {lot}, and we recorded {taken.refunded_minor}."
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left and taken.disposition not in {KEPT, HELD}:
        yield f"{left} {currency} of {lot} is neither an order nor refunded: it came {taken.disposition}."


def _kept_once(charges: Mapping[str, Mapping[str, Any]], ours: Mapping[str, Taken]) -> Iterator[str]:
    kept: dict[str, list[str]] = defaultdict(list)
    for intent, charge in charges.items():
        if charge["amount_captured"] > charge["amount_refunded"] and intent in ours:
            kept[str(ours[intent].session_id)].append(charge["id"])
    for session, several in kept.items():
        if len(several) > 1:
            yield f"Payment {session} keeps {len(several)} charges: {', '.join(several)}."


def compare_with_house(
    report: Report, payments: Sequence[Standing], books: Books | None, *, listens: bool = True
) -> Iterator[str]:
    """What the auction house was told is what happened, in the right order, each event once.

    A house that does not listen still knows how often it asked.
    """
    yield from (f"The auction house says: {problem}." for problem in report.problems)
    of_auction: dict[str, list[Standing]] = defaultdict(list)
    for payment in payments:
        of_auction[payment.auction_id].append(payment)
    left = _left_by_auction(books["charges"]) if books is not None else None
    for record in report.records:
        lot = record.lot.auction_id
        mine = of_auction[lot]
        if record.ending is not Ending.REFUSED and len(mine) != 1:
            yield f"{lot} was asked for once, and has {len(mine)} payments."
        if listens:
            yield from _told_wrong(record, mine)
        if left is not None:
            yield from _unpaid(record, left.get(lot, 0))


def _told_wrong(record: LotRecord, payments: Iterable[Standing]) -> Iterator[str]:
    for payment in payments:
        if record.ending is Ending.SOLD and payment.status != "completed":
            yield f"{record.lot.auction_id} was told to be sold, and its payment is {payment.status}."
        if record.ending is Ending.REOPENED and payment.status == "completed":
            yield f"{record.lot.auction_id} was reopened, and its payment is completed."


def _unpaid(record: LotRecord, left: int) -> Iterator[str]:
    lot, amount = record.lot.auction_id, _minor(record.lot.amount)
    if record.ending is Ending.SOLD and left != amount:
        yield f"{lot} was sold for {amount}, and Stripe holds {left}."
    if record.ending in {Ending.REOPENED, Ending.REFUNDED} and left:
        yield f"{lot} is {record.ending}, and Stripe still holds {left}."


def _left_by_auction(charges: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    left: dict[str, int] = defaultdict(int)
    for charge in charges:
        left[charge["metadata"].get("auction_id", "")] += charge["amount_captured"] - charge["amount_refunded"]
    return left


def _minor(amount: str) -> int:
    """The lots' amounts have all the decimals of their currency."""
    return int(amount.replace(".", ""))


def _money(charge: Mapping[str, Any]) -> str:
    return f"{charge['amount_captured']} {charge['currency'].upper()}"
