"""A receiver that fails a third of its calls, and is started again and again, hears of everything in order."""

import contextlib
import random
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any

import orjson
import pytest
from redis import Redis

from tests.crashes import Died, DiesAfterCall
from tests.house import House, house
from tests.listener import SECRET

QUEUE = "marketplace_events"
AUCTIONS = 12


@dataclass
class Flaky:
    """Two services behind one port. What it heard survives its restarts, as a database would."""

    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - chance, not a secret
    heard: list[tuple[str, str, bytes]] = field(default_factory=list)
    calls: int = 0
    failed: int = 0
    port: int = 0
    #: Counts its restarts.
    _life: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        flaky, life = self, self._life

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                flaky._open.add(self.request)

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # cut off by a restart; its signature would not match either
                if (status := flaky.hear(life, self.path, self.headers["webhook-id"], body)) is None:
                    self.close_connection = True  # it dies between its commit and its answer
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:
                """It was killed in the middle of a call."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        with self._lock:
            self._life += 1
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        while self._open:
            with contextlib.suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def hear(self, life: int, path: str, name: str, body: bytes) -> int | None:
        with self._lock:
            if life != self._life:
                return None  # A thread that outlived its server: of a process that was killed there would be none.
            self.calls += 1
            chance = self.rng.random()
            self.failed += chance < 1 / 3
            if chance < 1 / 6:
                return 500
            self.heard.append((path, name, body))
            return None if chance < 1 / 3 else 200


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    flaky = Flaky()
    flaky.start()
    yield flaky
    flaky.stop()


def sale(home: House) -> None:
    """Lots that are sold after a decline, and lots that are not sold."""
    sessions = [home.opened(auction_id=f"lot-{number}", buyer_id=f"buyer-{number}") for number in range(AUCTIONS)]
    for session_id in sessions:
        home.pay(session_id, "4000000000000002")
    home.forward(seconds=2)
    home.hear()
    for session_id in sessions[::2]:
        home.pay(session_id)
    home.hear()
    for session_id in sessions[1::2]:
        home.app.terminate_window(session_id, "withdrawn", "cli:test")


def all_told(home: House) -> bool:
    return home.app.database.rows("SELECT 1 FROM deliveries WHERE status = 'waiting' LIMIT 1") == []


def test_it_hears_of_everything_in_order_and_of_no_id_twice_with_another_content(
    database_url: str, redis_url: str, flaky: Flaky
) -> None:
    address = f"http://127.0.0.1:{flaky.port}"
    environ = {
        "AUCTION_WEBHOOK_URL": f"{address}/auction",
        "AUCTION_WEBHOOK_SECRET": SECRET,
        "ORDER_WEBHOOK_URL": f"{address}/order",
        "ORDER_WEBHOOK_SECRET": SECRET,
        "EVENTS_QUEUE": QUEUE,
        "BROKER_URL": redis_url,
    }
    with house(database_url, **environ) as home, house(database_url, **environ) as other:
        sale(home)
        other.time.at = home.time.at
        deliver = home.app.deliver_events
        with pytest.raises(Died):  # a worker that dies with what it has in hand
            replace(deliver, downstream=DiesAfterCall(deliver.downstream, "send"))(4, endpoint="auction")
        home.leases_run_out()
        workers: list[Callable[[], Any]] = [deliver, other.app.deliver_events] * 2
        with ThreadPoolExecutor(len(workers)) as threads:
            for number in range(200):
                running = [threads.submit(worker) for worker in workers]
                if number % 3 == 0:
                    flaky.stop()
                    flaky.start()
                for one in running:
                    one.result()
                if all_told(home):
                    break
                home.forward(seconds=20)
                other.time.at = home.time.at
        assert all_told(home)
        assert home.app.check_invariants() == []
        rows = home.app.database.rows("SELECT id, type, auction_id FROM outbox ORDER BY auction_id, order_no")

    assert flaky.failed > flaky.calls / 5
    contents = defaultdict(set)
    for _, name, body in flaky.heard:
        contents[name].add(body)
    assert all(len(bodies) == 1 for bodies in contents.values())
    for path in ("auction", "order"):
        heard = [(name, orjson.loads(body)) for where, name, body in flaky.heard if where == f"/{path}"]
        assert in_order(heard) == expected(rows, path)
    with Redis.from_url(redis_url) as redis:
        ids: Any = redis.lrange(f"dramatiq:{QUEUE}", 0, -1)
        messages: Any = redis.hmget(f"dramatiq:{QUEUE}.msgs", ids)
    queued = [orjson.loads(message)["kwargs"] for message in messages]
    assert in_order([(one["id"], one) for one in queued]) == expected(rows, "auction", "order")


def in_order(heard: list[tuple[str, dict[str, Any]]]) -> dict[str, list[str]]:
    """For each auction the ids as they came; one that was repeated at once counts once."""
    ids = defaultdict(list)
    for name, event in heard:
        ids[event["data"]["auctionId"]].append(name)
    return {auction: [name for name, _ in groupby(names)] for auction, names in ids.items()}


def expected(rows: list[tuple[Any, ...]], *families: str) -> dict[str, list[str]]:
    ids = defaultdict(list)
    for event_id, event_type, auction_id in rows:
        if event_type.partition(".")[0] in families:
            ids[auction_id].append(f"evt_{event_id.hex}")
    return dict(ids)
