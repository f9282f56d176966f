"""Stripe's webhooks on their way to us: late, twice, out of order, or never."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import orjson

from domain.errors import TransientError
from domain.messaging import StoredEvent
from gateways.stripe.signatures import Signatures
from proof.simulation.calls import Calls
from proof.simulation.database import Died
from proof.simulation.stage import Stage
from sandbox.stripe.webhooks import Delivery

_DROPPED, _TRY_LOST, _LATE, _REPEATED, _ANSWER_LOST = 0.01, 0.03, 0.08, 0.05, 0.02
_OK, _AWAY = 200, 503


class Courier:
    """Takes what Stripe wants to send, and hands it to the ingest in batches."""

    def __init__(
        self,
        stage: Stage,
        calls: Calls,
        at_work: Callable[[str], AbstractContextManager[None]],
        signatures: Signatures,
        receive: Callable[[list[bytes]], int],
    ) -> None:
        self._core, self._calls, self._dice, self._loop, self._log = (
            stage.core, calls, stage.dice, stage.loop, stage.log,
        )  # fmt: skip
        self._at_work, self._signatures, self._receive = at_work, signatures, receive
        #: Deliveries of so many seconds travel together, as they do where many arrive during one commit.
        self._beat = stage.rules.beat
        self._waiting: list[Delivery] = []

    def look(self) -> None:
        """Plan the next round, if Stripe has anything to do or to send."""
        due = self._core.next_due()
        if due is not None:
            when = max(self._loop.now, self._loop.seconds_of(due))
            self._loop.once_at(self._rounded(when), "courier", self._round)

    def _rounded(self, seconds: float) -> float:
        """The next moment at which a batch leaves."""
        return -(-seconds // self._beat) * self._beat

    def _round(self) -> None:
        for delivery in self._core.take_deliveries():
            self._send(delivery)
        self.look()

    def _send(self, delivery: Delivery) -> None:
        lot = self._lot_of(delivery)
        site = (delivery.event_type, lot or "-")
        if self._dice.strikes("webhook_dropped", _DROPPED, *site):
            self._log.add(lot, "webhook", delivery.event_type, "is dropped for ever")
            self._calls.unheard.add(lot)
            self._core.report_delivery(delivery.id, _OK)
            return
        if self._dice.strikes("webhook_try_lost", _TRY_LOST, *site):
            self._log.add(lot, "webhook", delivery.event_type, "is lost on the way")
            self._core.report_delivery(delivery.id, None)
            return
        if self._dice.strikes("webhook_late", _LATE, *site):
            self._later(delivery, self._dice.between(1, 300, "lateness", *site))
            return
        if self._dice.strikes("webhook_repeated", _REPEATED, *site):
            self._later(delivery, self._dice.between(0, 120, "repetition", *site))
        self._arrive(delivery)

    def _later(self, delivery: Delivery, seconds: float) -> None:
        self._loop.at(self._rounded(self._loop.now + seconds), lambda: self._arrive(delivery))

    def _arrive(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)
        self._loop.once_at(self._loop.now, "ingest", self._ingest)

    def _ingest(self) -> None:
        """Verify, store in one commit, acknowledge."""
        batch, self._waiting = self._waiting, []
        for one in batch:
            signed = one.headers["Stripe-Signature"]
            # A delivery that was late is old, which only real time would tell from a replay.
            assert self._signatures.problem_with(one.body, signed) in (None, "too_old")  # noqa: S101
        try:
            with self._at_work("ingest"):
                self._receive([one.body for one in batch])
            status: int | None = _OK
        except TransientError:
            status = _AWAY
        except Died:
            status = None
        for one in batch:
            lot = self._lot_of(one)
            lost = self._dice.strikes("webhook_answer_lost", _ANSWER_LOST, one.event_type, lot or "-")
            self._log.add(lot, "webhook", one.event_type, one.event_id, status, "answer lost" if lost else "")
            self._core.report_delivery(one.id, None if lost else status)
        self.look()

    def _lot_of(self, delivery: Delivery) -> str:
        event: Any = self._core.world.store.get("event", delivery.event_id)
        known = self._calls.lots.get(delivery.event_id)
        if known is None:
            known = self._calls.lots[delivery.event_id] = _lot_in(bytes(orjson.dumps(event["data"])), self._calls.lots)
        return known


def _lot_in(data: bytes, lots: dict[str, str]) -> str:
    document = orjson.loads(data)["object"]
    metadata = document.get("metadata") or {}
    if "auction_id" in metadata:
        lots[document["id"]] = metadata["auction_id"]
        return str(metadata["auction_id"])
    for name in ("payment_intent", "charge", "id"):
        if document.get(name) in lots:
            return lots[document[name]]
    return ""


def stored(
    read: Callable[[bytes], StoredEvent], receive: Callable[[list[StoredEvent]], int]
) -> Callable[[list[bytes]], int]:
    """What the ingest does with verified bodies."""
    return lambda bodies: receive([read(body) for body in bodies])
