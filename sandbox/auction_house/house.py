"""The auction house itself: a thread with a listener, a hammer and buyers."""

import asyncio
import socket
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from random import Random
from typing import Final

import httpx
import uvicorn

from sandbox.auction_house.buyers import PAGE_SECONDS, LotBuyer, OpenPage
from sandbox.auction_house.channels import Intake, IntakeUnavailable, open_intake
from sandbox.auction_house.doors import Doors
from sandbox.auction_house.listener import listener
from sandbox.auction_house.lots import Lot
from sandbox.auction_house.payments import Payments, Refused
from sandbox.auction_house.record import Book, Ending, LotRecord, Report

#: Seconds to wait for `auction.payment_pending` before a message is sent again, growing to the longest.
FIRST_RESEND: Final = 3.0
LONGEST_RESEND: Final = 15.0
#: How long the listener may take to start or stop, in seconds.
PATIENCE: Final = 15.0
POLL_SECONDS: Final = 0.05


class AuctionHouse:
    """Listens from `start` on, sells from `open_sale` on; ends with `stop`.

    Args:
        lots: what is sold.
        secrets: the webhook secrets by endpoint (`auction`, `order`).
        seed: decides whose answers are lost.
        port: where it listens on 127.0.0.1; 0 is a free one.
        flaky: the share of deliveries whose answer is lost.
        buyers_pay: whether there are pages that a program may pay on.
        resend: seconds until a request that nobody has answered is sent again.
    """

    def __init__(
        self,
        lots: Sequence[Lot],
        secrets: dict[str, str],
        *,
        seed: int | str = 0,
        port: int = 0,
        flaky: float = 0.05,
        buyers_pay: bool = True,
        resend: float = FIRST_RESEND,
    ) -> None:
        self._lots = lots
        self._book = Book(lots)
        self._buyers_pay = buyers_pay
        self._resend = resend
        self._socket = _listen(port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        app = listener(secrets, self._book.take, self._book.problems.append, Random(f"answers {seed}"), flaky)  # noqa: S311
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, ws="none", lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
            )
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="auction-house", daemon=True)
        self._sale: asyncio.Task[None] | None = None
        # Brokers' clients block, so they have a thread of their own: one, for a client is used by one thread at a time.
        self._messenger = ThreadPoolExecutor(1, "messenger")

    def start(self) -> None:
        """Begin to listen; returns when it does.

        Raises:
            TimeoutError: it does not.
        """
        self._thread.start()
        for _ in range(int(PATIENCE / POLL_SECONDS)):
            if self._server.started:
                return
            threading.Event().wait(POLL_SECONDS)
        raise TimeoutError("the auction house does not listen")

    def open_sale(self, doors: Doors) -> None:
        """Begin to hammer; returns at once."""
        asyncio.run_coroutine_threadsafe(self._begin(doors), self._loop).result(PATIENCE)

    def end_sale(self) -> None:
        """Let the buyers go, and go on listening. Safe to call at any time."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end_sale(), self._loop).result(PATIENCE)

    def hear_of(self, auction_ids: Iterable[str]) -> None:
        """Learn otherwise that the payment system has these, where its webhooks go to another house."""
        for auction_id in auction_ids:
            self._loop.call_soon_threadsafe(self._book.records[auction_id].heard.set)

    def stop(self) -> None:
        """Stop whatever is under way. Safe to call twice."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        elif not self._loop.is_closed():
            self._loop.close()  # it was never started
        self._socket.close()
        self._messenger.shutdown(wait=False, cancel_futures=True)

    def report(self) -> Report:
        """What it knows now. May be called from any thread."""
        return self._book.report()

    @property
    def finished(self) -> bool:
        """Whether every buyer is done and every lot has its end."""
        return all(record.buyer_done and record.ending for record in self._book.records.values())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))
            self._loop.run_until_complete(self._end_sale())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _begin(self, doors: Doors) -> None:
        self._sale = asyncio.create_task(self._sell(doors))

    async def _end_sale(self) -> None:
        if self._sale:
            self._sale.cancel()
            with suppress(asyncio.CancelledError):
                await self._sale

    async def _sell(self, doors: Doors) -> None:
        intake = open_intake(doors.broker_url)
        try:
            async with httpx.AsyncClient(timeout=20.0, trust_env=False) as client:
                payments = Payments(client, doors.api_url, doors.service_token)
                sales = (
                    self._sell_one(self._book.records[lot.auction_id], intake, payments, partial(doors.page, client))
                    for lot in self._lots
                )
                await asyncio.gather(*sales)
        finally:
            intake.close()

    async def _sell_one(self, record: LotRecord, intake: Intake, payments: Payments, page: OpenPage) -> None:
        await asyncio.sleep(record.lot.hammer_at)
        try:
            if record.lot.by_queue:
                await self._ask_by_queue(record, intake)
            else:
                record.asked = True
                together = (payments.checkout(record.lot, PAGE_SECONDS) for _ in range(record.lot.copies))
                await asyncio.gather(*together)
            if self._buyers_pay:
                await LotBuyer(record, payments, page).play()
        except Refused as refusal:
            record.ending = Ending.REFUSED
            self._book.problems.append(f"{record.lot.auction_id} was refused: {refusal}")
        record.buyer_done = True

    async def _ask_by_queue(self, record: LotRecord, intake: Intake) -> None:
        """Send the message until the payment system says that it has it."""
        wait = self._resend
        while not record.heard.is_set():
            for _ in range(1 if record.asked else record.lot.copies):
                with suppress(IntakeUnavailable):
                    await asyncio.get_running_loop().run_in_executor(self._messenger, intake.send, record.lot.message())
                    record.asked = True
            with suppress(TimeoutError):
                await asyncio.wait_for(record.heard.wait(), wait)
            wait = min(wait * 1.5, LONGEST_RESEND)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError:
        listening.close()
        raise
    return listening
