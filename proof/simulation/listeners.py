"""The auction and the order service: they may be away, or lose their answer, and remember what they heard."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from domain.errors import GatewayUnavailable
from domain.messaging import OutgoingEvent
from proof.simulation.database import Died
from proof.simulation.dice import Dice
from proof.simulation.log import Log

_AWAY, _ANSWER_LOST, _DIES = 0.03, 0.03, 0.005
ENDPOINTS: Final = {"auction": ("auction",), "order": ("order",)}


class Listeners:
    """Both services downstream. Whoever repeats an event is recognised by its id."""

    def __init__(self, dice: Dice, log: Log) -> None:
        self._dice, self._log = dice, log
        self._heard: set[tuple[str, UUID]] = set()
        self._last: dict[tuple[str, str], int] = {}
        #: What each auction's services were told, in the order of hearing.
        self.told: dict[str, list[str]] = {}
        #: What was not as it must be.
        self.problems: list[str] = []
        #: Hears of each event, once.
        self.hears: Callable[[OutgoingEvent], None] = lambda _event: None

    def send(self, endpoint: str, event: OutgoingEvent, *, late: bool = False) -> None:
        """Tell one endpoint of one event."""
        del late  # Nobody asks for anything out of its turn here.
        lot, site = event.auction_id, (endpoint, event.type, event.auction_id)
        if self._dice.strikes("listener_away", _AWAY, *site):
            raise GatewayUnavailable(f"{endpoint} is away")
        self._hear(endpoint, event)
        if self._dice.strikes("listener_answer_lost", _ANSWER_LOST, *site):
            self._log.add(lot, "told", endpoint, event.type, event.order_no, "answer lost")
            raise GatewayUnavailable(f"{endpoint} did not answer")
        if self._dice.strikes("teller_dies", _DIES, *site):
            self._log.add(lot, "told", endpoint, event.type, event.order_no, "and died")
            raise Died
        self._log.add(lot, "told", endpoint, event.type, event.order_no)

    def _hear(self, endpoint: str, event: OutgoingEvent) -> None:
        if (endpoint, event.id) in self._heard:
            return
        self._heard.add((endpoint, event.id))
        line = (endpoint, event.auction_id)
        if event.order_no <= self._last.get(line, 0):
            self.problems.append(
                f"Auction {event.auction_id} was told event {event.order_no} ({event.type}) after {self._last[line]}."
            )
        self._last[line] = event.order_no
        self.told.setdefault(event.auction_id, []).append(event.type)
        self.hears(event)
