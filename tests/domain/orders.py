"""Every order in which Stripe may tell a life, each fact told again at any place: walked as a graph of states.

Seven facts have 5,040 orders; but after the same facts most orders have left the same payment, and what follows depends
on that payment alone. So each state is gone on from once, and a walk over all of them covers every order. In each state
every fact that was taken is told again, and must change nothing and say nothing: so it may come again at any place, any
number of times.

That is sound only if a state is all that a rule can read. It is the facts that were taken, and every field of every
record in the order of its list: session, attempts, transactions, refunds, disputes, signals, ledger. What rules write
and do not read (notes, announcements, receipts, notices, ways to pay) is no part of it: while a fact is told, a thing
that can be written to and not be read stands in its place, so a rule that began to read it would fail here. Ids rise
with the records made, and the clock stands still, so equal pasts are equal texts.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from domain import radar
from domain.errors import EventTooEarly
from domain.facts import Fact, Paid
from domain.lifecycle import Status
from domain.payment import Payment
from domain.settlement import apply
from domain.transaction import RefundStatus
from tests.domain.lives import balances, booked_twice
from tests.domain.payments import ASKED, NOW, WHERE, a_payment, terms

#: Something that Stripe says; or what it says of a thing that we asked for, once we have (None before that).
Telling = Fact | Callable[[Payment], Fact | None]
#: Each end of a life, with an order for each state that leads there; what came too early stands in it again.
Ends = dict[str, list[list[Telling]]]

_RECORDS = ("attempts", "transactions", "refunds", "disputes")
_WRITTEN = ("notes", "announcements", "methods", "notices", "receipts")
_CAME_BACK = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})
_TERMS = terms()


class _Outward:
    """Takes what rules write, and is nothing that they could read."""

    def __init__(self) -> None:
        self.written: list[Any] = []

    def append(self, one: Any) -> None:
        self.written.append(one)


@dataclass(frozen=True, slots=True)
class _Said:
    """What has gone out so far, as far as it is compared."""

    #: Kind, amount, and the refund that it tells of.
    lines: tuple[tuple[str, str, str], ...] = ()
    #: Why the auction was told last that a payment failed.
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class _Node:
    payment: Payment
    #: Which facts were taken.
    taken: frozenset[int] = frozenset()
    #: In which order those were first told on whose order the end may depend.
    watched: tuple[int, ...] = ()
    said: _Said = field(default_factory=_Said)
    #: How much the last step announced.
    announced: int = 0
    #: One way to get here.
    order: tuple[Telling, ...] = ()

    @property
    def key(self) -> str:
        """All that decides what can follow, and what will have gone out."""
        payment = self.payment
        records = [payment.session, *(one for name in _RECORDS for one in getattr(payment, name)), *payment.signals]
        fields = [[getattr(one, name) for name in one.__slots__] for one in records]
        return repr((sorted(self.taken), self.watched, self.said, fields, payment.ledger))


def ends(
    facts: Sequence[Telling],
    charged: datetime | None = None,
    *,
    watch: Sequence[Fact] = (),
    view: Callable[[Payment], object] | None = None,
) -> Ends:
    """Where a life ends, in whatever order it is told, each fact any number of times.

    What comes before its cause is heard, and told again later, as the inbox does. As soon as only the charge can tell
    whether money came in time, Stripe may be asked, and once all is told it is.

    Args:
        facts: of one life.
        charged: when the charge was made, as Stripe answers.
        watch: facts on whose order the end may depend: orders that differ in it are not taken for one.
        view: what must be the same of the payment; `whole` unless told otherwise.

    Raises:
        AssertionError: in some order a fact is never taken, changes something when told again, or is booked twice.
    """
    life, found, seen = list(dict.fromkeys(facts)), Ends(), set[str]()
    todo = [_Node(_twin(a_payment()))]
    while todo:
        node = todo.pop()
        if (key := node.key) in seen:
            continue
        seen.add(key)
        told = {number: step for number in range(len(life)) if (step := _tell(node, life, number, watch)) is not None}
        for number in node.taken & told.keys():
            again = told[number]
            assert (again.key, again.announced) == (key, 0), f"told again, the last one does something: {again.order}"
        steps = [step for number, step in told.items() if number not in node.taken]
        if answer := _ask(node, charged):
            steps.append(answer)
        elif len(node.taken) == len(life):
            assert booked_twice(node.payment) == []
            found.setdefault(_end(node, view or whole), []).append(list(node.order))
        else:
            assert any(step.taken > node.taken for step in steps), f"waits for ever after {node.order}"
        todo += steps
    return found


def whole(payment: Payment) -> object:
    """Everything about a payment that must not depend on the order of news."""
    session, came_back = payment.session, any(one.status in _CAME_BACK for one in payment.refunds)
    return (
        (session.status, session.reason, session.next_retry_at, session.hold_reason, session.held_at),
        (session.news_attempt, session.news_at, session.news_rank, session.risk_score, session.window_version),
        # A refund that came back took the sale back only if we had heard of it before.
        came_back or session.fully_refunded,
        [
            (one.status, one.decline_code, one.declined_at, one.stripe_payment_intent_id, one.paid_near_end_at)
            for one in payment.attempts
        ],
        sorted(
            (one.disposition, one.status, one.amount_minor, one.refunded_minor, one.platform_fee_minor,
             one.method_last4 or "", one.stripe_charge_id or "")
            for one in payment.transactions
        ),
        sorted((one.stripe_refund_id or "", one.amount_minor, one.status) for one in payment.refunds),
        sorted(
            (one.stripe_dispute_id, one.status, str(one.evidence_due_at), one.amount_minor, one.movements,
             one.withdrawn_minor, one.reinstated_minor, one.lost_minor, one.fee_minor)
            for one in payment.disputes
        ),
        sorted((one.kind, one.source, one.points) for one in payment.signals),
        sorted(balances(payment).items()),
    )  # fmt: skip


def _tell(node: _Node, life: Sequence[Telling], number: int, watch: Sequence[Fact]) -> _Node | None:
    """The node after one more telling; None if Stripe cannot know of it yet."""
    telling = life[number]
    fact = telling(node.payment) if callable(telling) else telling
    if fact is None:
        return None
    first = fact in watch and number not in node.watched
    watched = (*node.watched, number) if first else node.watched
    twin, taken = _twin(node.payment), node.taken | {number}
    try:
        _apply(twin, fact)
    except EventTooEarly:
        twin, taken = _twin(node.payment), node.taken
        radar.hear(twin, fact, NOW)
    return _step(node, twin, taken, watched, telling)


def _ask(node: _Node, charged: datetime | None) -> _Node | None:
    """The node after Stripe's answer to when the charge was made; None if nothing is to be asked."""
    if all(one.paid_near_end_at is None for one in node.payment.attempts):
        return None
    assert charged is not None, "only the charge can tell whether this money came in time"
    twin, answer = _twin(node.payment), Paid(at=charged, where=WHERE, amount=ASKED, charged_at=charged)
    _apply(twin, answer)
    return _step(node, twin, node.taken, node.watched, answer)


def _apply(payment: Payment, fact: Fact) -> None:
    made = count(1000 * (1 + sum(len(getattr(payment, name)) for name in _RECORDS)))
    apply(payment, fact, NOW, replace(_TERMS, new_id=lambda: UUID(int=next(made))))


def _twin(payment: Payment) -> Payment:
    """The same payment once more, with nothing written yet."""
    twin = Payment(replace(payment.session), signals=list(payment.signals), ledger=list(payment.ledger))
    for name in _RECORDS:
        setattr(twin, name, [replace(one) for one in getattr(payment, name)])
    for name in _WRITTEN:
        setattr(twin, name, _Outward())
    return twin


def _step(node: _Node, twin: Payment, taken: frozenset[int], watched: tuple[int, ...], telling: Telling) -> _Node:
    """The node with this payment behind that one: with what has gone out since."""
    out: dict[str, list[Any]] = {name: getattr(twin, name).written for name in _WRITTEN}
    lines, failed = list(node.said.lines), node.said.failed
    for one in out["announcements"]:
        if one.type == "auction.payment_failed":
            failed = one.data["reason"]
        else:
            lines.append((one.type, one.data.get("amount", ""), one.data.get("refundId", "")))
    lines += [(one.kind, str(one.amount_minor), str(one.refund_id or "")) for one in out["receipts"]]
    said = _Said(tuple(sorted(lines)), failed)
    return _Node(twin, taken, watched, said, len(out["announcements"]), (*node.order, telling))


def _end(node: _Node, view: Callable[[Payment], object]) -> str:
    """The end as three lines: the payment, what went out of it, and why the auction was told that it failed.

    Of a refund that came back it depends on the order whether anybody heard of it at all; and of declines, how many.
    The last of them is the one that stands.
    """
    payment = node.payment
    refunds = {str(one.id): one for one in payment.refunds}
    out: dict[tuple[str, ...], int] = defaultdict(int)
    for kind, amount, refund in node.said.lines:
        if kind == "order.canceled":  # It names the refund that was told last.
            out[kind,] += all(one.status not in _CAME_BACK for one in refunds.values())
        elif not refund or refunds[refund].status is RefundStatus.SUCCEEDED:
            out[kind, amount, refunds[refund].stripe_refund_id or "" if refund else ""] += 1
    failed = node.said.failed if payment.session.status is Status.FAILED else None
    return f"{view(payment)}\n{sorted(item for item in out.items() if item[1])}\n{failed}"
