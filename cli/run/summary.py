"""What a sale came to, in a few lines."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cli.run.explaining import Explained
from cli.run.standing import Standing, Taken
from domain.money import Money
from sandbox.auction_house import Report


def summary(
    payments: Sequence[Standing],
    money: Sequence[Taken],
    delivered: tuple[int, int],
    report: Report,
    books: Mapping[str, Any] | None,
    *,
    explained: Explained | None = None,
) -> Iterator[str]:
    """One line for each thing that a person asks."""
    statuses = Counter(payment.status for payment in payments)
    told = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    yield f"{len(payments)} payments: {told or 'none'}"
    mine = {payment.session_id for payment in payments}
    taken = [one for one in money if one.session_id in mine]
    yield from _money(taken)
    if explained is not None:
        sums = dict.fromkeys((one.currency for one in taken), 0) | dict(explained.unexplained)
        yield "Unexplained money: " + ", ".join(f"{Money(name, minor).major:,} {name}" for name, minor in sums.items())
    received, sent = delivered
    yield f"Webhooks to the auction house: {received} events received, sent {sent} times, {report.repeats} repeats seen"
    if books is not None:
        yield from _stripe(books)


def _money(money: Sequence[Taken]) -> Iterator[str]:
    kept: Counter[str] = Counter()
    for taken in money:
        if taken.disposition == "kept":
            kept[taken.currency] += taken.amount_minor
    if kept:
        sums = (Money(currency, amount) for currency, amount in sorted(kept.items()))
        yield "Kept: " + ", ".join(f"{money.major:,} {money.currency}" for money in sums)
    for disposition, words in (("late", "came after the end"), ("duplicate", "came twice")):
        back = [taken for taken in money if taken.disposition == disposition]
        if back:
            done = sum(taken.refunded_minor == taken.amount_minor for taken in back)
            yield f"Money that {words}: {len(back)}, of these refunded in full: {done}"
    if money:
        known = sum(taken.fee_minor is not None for taken in money)
        yield f"Stripe's fees are known for {known} of {len(money)} charges"


def _stripe(books: Mapping[str, Any]) -> Iterator[str]:
    calls = books["calls"]
    listed = ", ".join(f"{operation} {count}" for operation, count in sorted(calls.items()))
    yield f"Calls to Stripe: {sum(calls.values())} ({listed})"
    yield f"Stripe's webhooks: {', '.join(f'{count} {status}' for status, count in books['deliveries'].items())}"
    if books["refused_429"]:
        yield f"Calls that Stripe turned away (429): {books['refused_429']}"
