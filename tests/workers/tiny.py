"""A tiny application whose work is files, so that whole worker processes can be tested without a database.

`ROOT/due/BELL/NAME` is a piece of work; it is moved to `ROOT/done/BELL/NAME`. Every request, dead letter and piece is a
line in `ROOT/log`. While `ROOT/away` exists, everything raises TransientError. `ROOT/slow` holds the seconds that a
piece takes. While `ROOT/full` exists, no dead letter can be kept; while `ROOT/no-net` exists, nothing is called due.
`ROOT/paused` holds the names of queues that are paused.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from domain import bells
from domain.endpoint import BELL_OF
from domain.errors import GatewayUnavailable, OfferRefused
from domain.ids import SessionId
from domain.messages import PaymentRequired
from domain.messaging import DeadLetter
from domain.refusals import Refusal
from gateways.queue.connect import open_broker, open_ring
from services.require_payment import Accepted, Answer
from workers import process

BELLS = (
    bells.OPEN_CHECKOUTS,
    bells.PROCESS_EVENTS,
    bells.EXPIRE_WINDOWS,
    bells.SEND_REFUNDS,
    *BELL_OF.values(),
    bells.MIRROR_WINDOWS,
    bells.RECONCILE_EVENTS,
    bells.RECONCILE_ATTEMPTS,
    bells.EXPLAIN_MONEY,
)


class TinyLife:
    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, report: Mapping[str, Any], /) -> frozenset[str]:
        (self.root / f"life-{os.getpid()}").write_text(json.dumps(report))
        paused = self.root / "paused"
        return frozenset(paused.read_text().split()) if paused.exists() else frozenset()

    def leave(self) -> None:
        (self.root / f"life-{os.getpid()}").unlink(missing_ok=True)


class TinyApp:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.show_life = TinyLife(root)

    def write(self, **what: Any) -> None:
        line = json.dumps(what | {"pid": os.getpid()}) + "\n"
        with (self.root / "log").open("ab", buffering=0) as log:  # a line is one write, however long it is
            log.write(line.encode())

    def check(self) -> None:
        if (self.root / "away").exists():
            raise GatewayUnavailable("the tiny database is away")

    def require_payments(self, requests: list[PaymentRequired], /) -> list[Answer]:
        self.check()
        slow = self.root / "slow"
        for request in requests:
            self.write(begin=request.auction_id)
        if slow.exists():
            time.sleep(float(slow.read_text()))
        answers: list[Answer] = []
        for request in requests:
            if request.title == "boom":
                raise ZeroDivisionError("boom")
            if request.title == "refused":
                answers.append(OfferRefused("seller_is_buyer", "a seller cannot pay for their own lot"))
                continue
            self.write(required=request.auction_id)
            answers.append(Accepted(SessionId(uuid4()), is_new=True))
        return answers

    def keep_dead_letters(self, letters: list[DeadLetter], _refusals: Sequence[Refusal] = (), /) -> None:
        self.check()
        if (self.root / "full").exists():
            raise ZeroDivisionError("nothing can be kept")
        for one in letters:
            self.write(
                dead=one.message.decode("latin-1"), reason=one.reason, error=one.error, queue=one.queue, actor=one.actor
            )

    def work(self, bell: str) -> int:
        self.check()
        for piece in sorted((self.root / "due" / bell).iterdir()):
            slow = self.root / "slow"
            if slow.exists():
                time.sleep(float(slow.read_text()))
            try:
                piece.rename(self.root / "done" / bell / piece.name)
            except FileNotFoundError:
                continue
            self.write(bell=bell, piece=piece.name)
            if piece.name.startswith("boom"):
                raise ZeroDivisionError(piece.name)
            return 1
        return 0

    def open_checkouts(self, *, most: int) -> int:
        assert most > 0
        return self.work(bells.OPEN_CHECKOUTS)

    def process_events(self) -> int:
        return self.work(bells.PROCESS_EVENTS)

    def open_retries(self) -> int:
        return 0

    def expire_windows(self) -> int:
        return self.work(bells.EXPIRE_WINDOWS)

    def send_refunds(self) -> int:
        return self.work(bells.SEND_REFUNDS)

    def deliver_events(self, *, endpoint: str) -> int:
        return self.work(BELL_OF[endpoint])

    def reconcile_events(self) -> int:
        return self.work(bells.RECONCILE_EVENTS)

    def reconcile_attempts(self) -> int:
        return self.work(bells.RECONCILE_ATTEMPTS)

    def reconcile_refunds(self) -> int:
        return 0

    def explain_money(self) -> int:
        return self.work(bells.EXPLAIN_MONEY)

    def reconcile_asked(self) -> int:
        return 0

    def mirror_windows(self) -> int:
        return self.work(bells.MIRROR_WINDOWS)

    def count(self, bell: str) -> int:
        self.check()
        if (self.root / "no-net").exists():
            return 0
        return len(list((self.root / "due" / bell).iterdir()))

    @property
    def due(self) -> Mapping[str, Callable[[], int]]:
        return {bell: lambda bell=bell: self.count(bell) for bell in BELLS}  # type: ignore[misc]

    def now(self) -> datetime:
        return datetime.now(UTC)

    def new_id(self) -> UUID:
        return uuid4()


def main(root: str, url: str, options: str) -> int:
    given = json.loads(options)

    def open_app() -> TinyApp:
        if given.get("broken"):
            sys.exit(1)
        return TinyApp(Path(root))

    return process.run(
        open_app,
        lambda: open_broker(url),
        open_ring(url),
        queues=given.get("queues", ()),
        processes=given.get("processes", 1),
        threads=given.get("threads", 4),
        metrics_port=given.get("metrics_port"),
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
