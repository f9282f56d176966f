"""Signed webhooks as Stripe sends them: some 3 KB, each with an id of its own, four to a payment."""

import hmac
import json
import time
from dataclasses import dataclass
from typing import Any, Final

from sandbox.stripe.schema import blank
from sandbox.stripe.wire import API_VERSION

PATH: Final = "/payments/webhooks/stripe"
#: Events that one payment causes.
_PER_PAYMENT: Final = 4
_EVENT, _CHECKOUT, _SESSION, _INTENT = "evt_NUMBER", "cs_NUMBER", "SESSION", "pi_NUMBER"


def event_id(number: int) -> str:
    """The id of an event: as long as Stripe's, and in another order than they come, as Stripe's are."""
    return f"evt_{(number * 2_654_435_761) % 2**32:010}{number:014}"


@dataclass(frozen=True)
class SignedEvents:
    """Makes the request of an event by its number. `secret` signs it, and `path` is where it is posted."""

    secret: str
    path: str = PATH

    def __post_init__(self) -> None:
        text = json.dumps(_event(), indent=2)
        before, _, rest = text.partition(_EVENT)
        between, _, rest = rest.partition(_CHECKOUT)
        parts = [before, between]
        for name in (_SESSION, _INTENT):
            part, _, rest = rest.partition(name)
            parts.append(part)
        object.__setattr__(self, "_parts", [*(part.encode() for part in parts), rest.encode()])

    def body(self, number: int) -> bytes:
        """The event itself."""
        payment = number // _PER_PAYMENT
        before, between, after, metadata, rest = self._parts  # type: ignore[attr-defined]
        return b"%b%b%bcs_test_%024d%b%b%bpi_%024d%b" % (
            before,
            event_id(number).encode(),
            between,
            payment,
            after,
            b"0192f3a0-%04x-7000-8000-%012x" % (payment & 0xFFFF, payment),
            metadata,
            payment,
            rest,
        )

    def __call__(self, number: int) -> bytes:
        """The whole request."""
        body, now = self.body(number), b"%d" % time.time()
        signature = hmac.digest(self.secret.encode(), b"%b.%b" % (now, body), "sha256").hex().encode()
        return (
            b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
            b"Accept: */*; q=0.5, application/xml\r\nContent-Type: application/json; charset=utf-8\r\n"
            b"Content-Length: %d\r\nStripe-Signature: t=%b,v1=%b\r\n\r\n%b"
        ) % (self.path.encode(), len(body), now, signature, body)


def _event() -> dict[str, Any]:
    checkout = blank("checkout.session")
    checkout |= {
        "id": _CHECKOUT,
        "metadata": {"payment_session_id": _SESSION, "auction_id": "A-05531B", "buyer_id": "b-5519"},
        "payment_intent": _INTENT,
        "amount_subtotal": 124_000,
        "amount_total": 124_000,
        "currency": "usd",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "payment_method_types": ["card", "link", "sepa_debit"],
        "success_url": "https://auctions.example/paid?lot=A-05531B",
        "cancel_url": "https://auctions.example/lots/A-05531B",
        "customer_details": {
            "address": {"city": "Harbour Quarter", "country": "US", "line1": "7 Kestrel Row", "postal_code": "02109"},
            "email": "m.vasq@buyer.example",
            "name": "Marisol Vasquez",
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    checkout = {"id": checkout.pop("id"), "metadata": checkout.pop("metadata"), **checkout}
    event = {"id": _EVENT, **{name: value for name, value in blank("event").items() if name != "id"}}
    event |= {"api_version": API_VERSION, "created": int(time.time()), "livemode": False, "object": "event"}
    event |= {"type": "checkout.session.completed", "data": {"object": checkout}, "pending_webhooks": 1}
    return event
