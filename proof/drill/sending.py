"""Sends webhooks of its own at a steady rate, signed as Stripe signs, and keeps count of the answers."""

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

PATH: Final = "/payments/webhooks/stripe"
OK: Final = 200
#: Seconds that an answer may take, and between two tries of one that did not come.
TIMEOUT: Final = 15.0
PAUSE: Final = 0.1
_THREADS: Final = 8


def event(name: str) -> bytes:
    """An event of a type that changes nothing."""
    customer = {"id": "cus_drill", "object": "customer"}
    about = {"id": name, "object": "event", "type": "customer.updated", "livemode": False}
    return json.dumps({**about, "created": int(time.time()), "data": {"object": customer}}).encode()


def signature(body: bytes, secret: str) -> str:
    """A `Stripe-Signature` of now."""
    now = int(time.time())
    return f"t={now},v1={hmac.new(secret.encode(), b'%d.' % now + body, hashlib.sha256).hexdigest()}"


class Sender:
    """Sends so many webhooks a second while its block lasts; each again until somebody answers, as Stripe does.

    Args:
        ingest: where they go.
        secret: what signs them; it may be changed with `sign_with`.
        rate: how many a second, as far as the machine can.
    """

    def __init__(self, ingest: str, secret: str, rate: float) -> None:
        self.answers: Counter[int] = Counter()
        #: What the ids of these events begin with.
        self.prefix = f"evt_drill{uuid4().hex[:12]}_"
        #: How many a second were wanted, and how long it has sent.
        self.rate, self.seconds = rate, 0.0
        self._address, self._secret = urlsplit(ingest), secret
        self._over, self._lock = threading.Event(), threading.Lock()
        self._sent = [0] * _THREADS

    @property
    def accepted(self) -> int:
        """How many were answered with 200."""
        return self.answers[OK]

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send while the block lasts."""
        began = time.monotonic()
        with ThreadPoolExecutor(_THREADS, "sender") as threads:
            under_way = [threads.submit(self._send, number) for number in range(_THREADS)]
            try:
                yield
            finally:
                self._over.set()
                self.seconds = time.monotonic() - began
            for one in under_way:
                one.result()

    def sign_with(self, secret: str) -> None:
        """Sign with another secret; returns when nothing is under way that the former one has signed."""
        self._secret, before = secret, list(self._sent)
        while not all(now > then + 1 for now, then in zip(self._sent, before, strict=True)):
            time.sleep(PAUSE)

    def _send(self, number: int) -> None:
        line, due = self._line(), time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due = max(due + _THREADS / self.rate, time.monotonic() - 1)  # what was missed is not made up for at once
            body = event(f"{self.prefix}{number}_{self._sent[number]}")
            while (status := self._post(line, body)) is None and not self._over.wait(PAUSE):
                line = self._line()
            if status is not None:
                with self._lock:
                    self.answers[status] += 1
            self._sent[number] += 1
        line.close()

    def _post(self, line: http.client.HTTPConnection, body: bytes) -> int | None:
        with suppress(OSError, http.client.HTTPException):
            line.request("POST", PATH, body, {"Stripe-Signature": signature(body, self._secret)})
            answer = line.getresponse()
            answer.read()
            return None if answer.status >= http.client.INTERNAL_SERVER_ERROR else answer.status
        return None

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=TIMEOUT)
