"""Reads all books when a drill is over, and tells what was lost, doubled or left out."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from cli.drill.target import Target
from cli.opening import open_app
from cli.run.comparing import (
    HELD,
    KEPT,
    Books,
    compare_balance,
    compare_pages,
    compare_with_house,
    compare_with_stripe,
    unexplained,
)
from cli.run.explaining import explain_money
from cli.run.invariants import broken_on_our_books
from cli.run.sale import Sale, read_books
from cli.run.standing import Standing, Standings, Taken
from domain.errors import GatewayRefused, GatewayUnavailable
from proof.drill.verdict import Losses

#: Of these only what the auction house asked for can be missing.
_RECEIPTS: Final = """
    SELECT s.auction_id FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
      LEFT JOIN receipts r ON r.transaction_id = t.id AND r.kind = 'receipt' AND r.status = 'issued'
     WHERE t.disposition = 'kept' GROUP BY s.auction_id, t.id HAVING count(r.id) <> 1
"""


def read_losses(target: Target, sale: Sale, standings: Standings) -> Losses:
    """Compare all books: ours, Stripe's, the auction house's, and the stored receipts."""
    payments, money = standings.of_sale(sale.auctions), standings.money()
    books, report = read_books(target.sandbox), sale.report()
    sentences = [*broken_on_our_books(target.env), *compare_with_house(report, payments, books, listens=sale.listens)]
    if books is None:
        sentences.append("Stripe's books could not be read.")
        books = {"charges": []}
    else:
        sentences += compare_with_stripe(books, money, payments)
        sentences += compare_pages(books, payments)
    receipts = set()
    with ExitStack() as exits:
        app = exits.enter_context(open_app(target.env))
        found = app.receipts.verify()
        auctions = {payment.session_id: payment.auction_id for payment in payments}
        for broken in found.broken:
            sentences.append(broken.why)
            receipts.add(auctions.get(broken.session_id, "") if broken.session_id else "")
        for (auction,) in app.database.rows(_RECEIPTS):
            sentences.append(f"{auction} was paid, and has not exactly one receipt that is issued.")
            receipts.add(auction)
    sentences += _explained(target, money)
    booked = read_books(target.sandbox)  # Fees are known now, on both sides.
    sentences += [] if booked is None else compare_balance(booked, standings.money(), standings.at_stripe())
    asked = {record.lot.auction_id for record in report.records}
    return Losses(lost(asked, payments, money, books), charged_twice(books), receipts, sentences)


def lost(asked: set[str], payments: Sequence[Standing], money: Sequence[Taken], books: Books) -> set[str]:
    """Lots whose payment is not there or never ended, and lots of which money is neither an order nor refunded."""
    over = {payment.auction_id for payment in payments if payment.over}
    ours = {taken.payment_intent_id: taken for taken in money}
    adrift = set()
    for charge in books["charges"]:
        taken = ours.get(charge["payment_intent"])
        left = charge["amount_captured"] - charge["amount_refunded"]
        if taken is None or (left and taken.disposition not in {KEPT, HELD}):
            adrift.add(charge["metadata"].get("auction_id", ""))
    return (asked - over) | adrift


def charged_twice(books: Books) -> set[str]:
    """Lots of which more than one charge was not refunded."""
    charges = Counter(
        charge["metadata"].get("auction_id", "")
        for charge in books["charges"]
        if charge["amount_captured"] > charge["amount_refunded"]
    )
    return {auction for auction, count in charges.items() if count > 1}


def _explained(target: Target, money: Sequence[Taken]) -> Iterator[str]:
    if not money:
        return
    try:
        yield from unexplained(explain_money(target.env, time.sleep))
    except (GatewayUnavailable, GatewayRefused) as error:
        yield f"Stripe's books could not be compared with ours: {error}."
