"""What the tests of the Stripe gateway are about: sessions, attempts, refunds, and servers that misbehave."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.facts import RefundReported
from domain.ids import AttemptId, RefundId, SessionId, TransactionId
from domain.policies import AttemptKind, Policy, instant, standard
from domain.session import PaymentSession
from domain.transaction import Disposition, Refund, RefundStatus, Transaction, TransactionStatus
from gateways.stripe.adapter import Stripe
from gateways.stripe.gateway import Opened
from gateways.stripe.guard import Guard, unguarded
from gateways.stripe.requests import opening_request, refund_request

STANDARD = standard(
    window=timedelta(hours=24), retry_limit=3, retry_backoff=(timedelta(minutes=1),), max_extension=timedelta(days=2)
)
INSTANT = instant(window=timedelta(minutes=10), max_extension=timedelta(days=2))
KEY = "sk_test_sandbox_gavelpay"
DAY = timedelta(hours=23)


def now() -> datetime:
    return datetime.now(UTC)


def session(**changes: Any) -> PaymentSession:
    at = now()
    ordinary: dict[str, Any] = {
        "id": SessionId(uuid4()),
        "auction_id": "auction-1",
        "buyer_id": "buyer-1",
        "maker_id": "maker-1",
        "intake_key": "auction-1:buyer-1",
        "policy": "standard",
        "amount_minor": 27550,
        "currency": "USD",
        "created_at": at,
        "updated_at": at,
        "window_expires_at": at + DAY,
        "title": "A vase",
        "buyer_email": "buyer@example.com",
    }
    return PaymentSession(**ordinary | changes)


def attempt(session: PaymentSession, kind: AttemptKind = AttemptKind.CHECKOUT, number: int = 1) -> CheckoutAttempt:
    key = f"{session.auction_id}:{session.buyer_id}:{session.id}:{number}"
    return CheckoutAttempt(AttemptId(uuid4()), session.id, number, key, kind, AttemptCause.FIRST, now())


def request_of(session: PaymentSession, attempt: CheckoutAttempt, policy: Policy | None = None) -> dict[str, Any]:
    policy = policy or (STANDARD if attempt.kind is AttemptKind.CHECKOUT else INSTANT)
    return opening_request(
        session,
        attempt,
        policy,
        expires_at=now() + DAY if attempt.kind is AttemptKind.CHECKOUT else None,
        return_url="https://house.example/pay/token",
        cancel_url="https://house.example/pay/token?canceled=1",
    )


def refund_of(session: PaymentSession, amount: int) -> Refund:
    return Refund(
        id=RefundId(uuid4()),
        session_id=session.id,
        transaction_id=TransactionId(uuid4()),
        amount_minor=amount,
        currency=session.currency,
        status=RefundStatus.REQUESTED,
        reason="late",
        idempotency_key=f"refund:{uuid4()}",
        created_at=now(),
        updated_at=now(),
    )


def money_of(session: PaymentSession, intent: str, **changes: Any) -> Transaction:
    """Money that pays for the lot."""
    ordinary: dict[str, Any] = {
        "id": TransactionId(uuid4()),
        "session_id": session.id,
        "stripe_payment_intent_id": intent,
        "amount_minor": session.amount_minor,
        "currency": session.currency,
        "status": TransactionStatus.SUCCEEDED,
        "disposition": Disposition.KEPT,
        "paid_at": now(),
        "created_at": now(),
    }
    return Transaction(**ordinary | changes)


def send_back(stripe: Stripe, paying: PaymentSession, refund: Refund, intent: str, **changes: Any) -> RefundReported:
    """Ask for a refund as it is asked for: the parameters are kept."""
    refund.request = refund_request(refund, money_of(paying, intent, **changes))
    return stripe.refund(refund.request, idempotency_key=refund.idempotency_key)


@contextmanager
def talking_to(url: str, *, key: str = KEY, guard: Guard = unguarded, timeout: float = 10.0) -> Iterator[Stripe]:
    stripe = Stripe(key, api_base=url, guard=guard, now=now, timeout=timeout, connections=4)
    try:
        yield stripe
    finally:
        stripe.close_connections()


def recorded(attempt: CheckoutAttempt, opened: Opened) -> CheckoutAttempt:
    """The attempt as it stands once Stripe's answer is recorded."""
    attempt.status = AttemptStatus.OPEN
    attempt.stripe_checkout_id, attempt.stripe_payment_intent_id = opened.checkout_id, opened.payment_intent_id
    return attempt


class Wire:
    """A server that answers with whatever bytes it is told to; encrypted, if it has something to do it with."""

    def __init__(self, answer: Callable[[socket.socket, int], None], tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self.connections = 0
        self.requests = 0
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=[connection], daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), self._secured(connection) as secured:
            while self._read_request(secured):
                self.requests += 1
                self._answer(secured, self.requests)

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def _read_request(self, connection: socket.socket) -> bool:
        """Read one whole request; False: the client is gone."""
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return False
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return True

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)


@contextmanager
def wire(answer: Callable[[socket.socket, int], None], tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    server = Wire(answer, tls)
    try:
        yield server
    finally:
        server.close()


def http(status: str, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body
