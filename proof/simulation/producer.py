"""The auction service: asks for payments, and asks again until it hears that they are pending."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from domain.messages import PaymentRequired, read_payment_required
from domain.messaging import OutgoingEvent
from proof.simulation.bells import Bells
from proof.simulation.lots import Lot
from proof.simulation.stage import Stage
from services.create_checkout import Created

#: As the producer's guide says: resend until `auction.payment_pending` arrives. Seconds, and beats of the house.
_RESEND: Final = 45.0
_BEATS: Final = 2.5


class Producer:
    """Sends what lots need, and reads what it is told."""

    def __init__(self, stage: Stage, bells: Bells, create: Callable[[PaymentRequired], Created]) -> None:
        self._bells, self._loop, self._log, self._create_checkout = bells, stage.loop, stage.log, create
        self._resend = max(_RESEND, _BEATS * stage.rules.beat)
        self._lots: dict[str, Lot] = {}
        self._answered: set[tuple[str, str]] = set()
        self._offered_again: set[str] = set()

    def sell(self, lot: Lot) -> None:
        """The hammer falls."""
        self._lots[lot.name] = lot
        self._loop.people_at(lot.starts, lambda: self._ask(lot.name, lot.message))
        if lot.rival:
            rival = lot.message | {"buyer_id": f"{lot.message['buyer_id']}-rival"}
            # Nobody waits for its answer: it is refused where the other one was faster.
            self._loop.people_at(lot.starts, lambda: self._bells.send(lot.name, rival))

    def hear(self, event: OutgoingEvent) -> None:
        """Read an event. A lot that is free again may go to somebody else."""
        lot = self._lots.get(event.auction_id)
        if lot is None:
            return
        if event.type == "auction.payment_pending":
            self._answered.add((lot.name, event.body["buyerId"]))
        if event.type == "auction.reopened" and lot.second_chance and lot.name not in self._offered_again:
            self._offered_again.add(lot.name)
            other = lot.message | {"buyer_id": f"{lot.message['buyer_id']}-second"}
            self._loop.people_at(self._loop.now + 20, lambda: self._ask(lot.name, other))

    def _ask(self, name: str, message: dict[str, Any], times: int = 1) -> None:
        self._log.add(name, "auction service asks", message["buyer_id"])
        if self._lots[name].by_http:
            self._bells.serve(name, "POST /payments/checkout/create", partial(self._page, message))
        else:
            self._bells.send(name, message)
        if times < 40:  # noqa: PLR2004 - somebody else has it

            def again() -> None:
                if (name, message["buyer_id"]) not in self._answered and not self._rival_has_it(name):
                    self._ask(name, message, times + 1)

            self._loop.people_at(self._loop.now + self._resend, again)

    def _rival_has_it(self, name: str) -> bool:
        return any(lot == name for lot, _ in self._answered) and self._lots[name].rival

    def _page(self, message: dict[str, Any]) -> str:
        created = self._create_checkout(read_payment_required(message))
        return "a page" if created.attempt is not None else "not yet"
