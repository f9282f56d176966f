"""The whole of Stripe, as far as Gavelpay can see it, in one process: no socket, no thread, no clock of its own.

The core is used by one thread at a time. `handle` answers an API call at once; `begin` and `finish` are its two halves,
for a shell that lets time pass between them (so that a second use of an idempotency key finds the first under way).
"""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sandbox.stripe import timers, webhooks
from sandbox.stripe.acts import aftermath, buyer, checkouts, refunds
from sandbox.stripe.api import Api, Ticket
from sandbox.stripe.books import books
from sandbox.stripe.endpoints.call import named
from sandbox.stripe.faults import Fault, FaultPlan
from sandbox.stripe.limits import Limiter, RateLimits
from sandbox.stripe.objects.webhook_endpoint import webhook_endpoint
from sandbox.stripe.settings import Settings
from sandbox.stripe.store import Store
from sandbox.stripe.wire import Obj, Request, Response
from sandbox.stripe.world import NOBODY, Clock, World


class StripeCore:
    """One Stripe account in test mode. The clock is the caller's; every random choice comes from `rng`."""

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        settings: Settings | None = None,
        faults: Iterable[Fault] = (),
        store: Store | None = None,
    ) -> None:
        self.settings = settings or Settings()
        # Dice of their own: a fault must not change the ids that follow.
        plan = FaultPlan(random.Random(rng.random()), faults)  # noqa: S311
        self.world = World(clock, rng, self.settings, plan, store or Store())
        self.world.restore()
        self.api = Api(self.world)

    def handle(self, request: Request) -> Response:
        """Answer one API call. Latency of a fault is the caller's to pass; here it takes no time."""
        begun = self.api.begin(request)
        return self.api.finish(begun) if isinstance(begun, Ticket) else begun

    def begin(self, request: Request) -> Ticket | Response:
        """Let an API call in, or turn it away."""
        return self.api.begin(request)

    def finish(self, ticket: Ticket) -> Response:
        """Do the work of a call that was let in."""
        return self.api.finish(ticket)

    # Time and webhooks

    def now(self) -> datetime:
        """The sandbox's own time."""
        return self.world.at()

    def advance(self, seconds: float = 0.0) -> int:
        """Move the sandbox's clock forward, and do what has become due; returns how many things were done."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.world.shift_by(seconds)
        self.world.cause = NOBODY
        return timers.fire_due(self.world)

    def next_due(self) -> datetime | None:
        """When something (a timer or a webhook) is due next; None: nothing is."""
        due = self.world.next_due()
        return None if due is None else datetime.fromtimestamp(due, UTC)

    def take_deliveries(self, limit: int = 1000) -> list[webhooks.Delivery]:
        """Webhooks whose time has come. Send each, then `report_delivery`."""
        self.advance()
        return webhooks.take_due(self.world, limit)

    def report_delivery(self, delivery_id: str, status: int | None) -> None:
        """What the endpoint answered; None: nothing. Failures are tried again later."""
        webhooks.report(self.world, delivery_id, status)

    def resend(self, event_id: str) -> int:
        """Send an event again to every endpoint; returns to how many."""
        return webhooks.resend(self.world, event_id)

    def listen(
        self, url: str, secret: str | None = None, events: Iterable[str] = ("*",), *, name: str | None = None
    ) -> Obj:
        """Have events sent to a URL. Returns the webhook endpoint.

        The same `name` (by default the URL) means the same endpoint, also after a restart; its URL follows.
        """
        name = name or url
        store = self.world.store
        known = (one for one in store.table("webhook_endpoint").oldest() if store.note(one["id"]).get("name") == name)
        made = next(known, None) or webhook_endpoint(self.world, {"url": url, "enabled_events": list(events)})
        made.update(url=url, enabled_events=list(events), status="enabled")
        store.save(made)
        store.save({**store.note(made["id"]), "name": name})
        if not secret or secret not in webhooks.active_secrets(self.world, made["id"]):
            webhooks.give_secret(self.world, made["id"], secret)
        return made

    def roll_secret(self, endpoint_id: str, secret: str | None = None, overlap: float = webhooks.ROLL_OVERLAP) -> str:
        """Give a webhook endpoint a new secret; the old one signs beside it for `overlap` seconds."""
        return webhooks.give_secret(self.world, endpoint_id, secret, overlap=overlap)

    def books(self) -> Obj:
        """Every charge, refund and dispute, totals by currency, and how often which operation was called."""
        self.advance()
        return books(self.world)

    # Settings that may change while it runs

    def limit(self, total: float | None = None, per_endpoint: float | None = None) -> None:
        """Limit the rate of calls per second from now on; None: no limit."""
        self.api.limiter = Limiter(RateLimits(total, per_endpoint))

    def reset(self) -> None:
        """Forget everything but the webhook endpoints, their secrets and the connected accounts."""
        self.world.forget({"webhook_endpoint", "account", "sandbox.setting"})
        self.api = Api(self.world)

    # Buyers and banks

    def pay(
        self, target: str, card: str = "4242424242424242", *, email: str | None = None, name: str | None = None
    ) -> buyer.Outcome:
        """Pay a session (`cs_…`) or intent (`pi_…`) with a test card's number, name or alias (see `cards.py`).

        Raises:
            StripeError: it does not exist, cannot be paid any more, or there is no such card.
        """
        with self._act():
            return buyer.pay(self.world, target, card, email=email, name=name)

    def recover(self, session_id: str) -> Obj | None:
        """Follow the recovery link of an expired session; the new session, or None where there is no way back."""
        with self._act():
            return checkouts.recover(self.world, named(self.world, "checkout.session", session_id))

    def authenticate(self, target: str, *, passed: bool = True) -> buyer.Outcome:
        """Answer the 3-D Secure step of a session or an intent."""
        with self._act():
            return buyer.authenticate(self.world, target, passed=passed)

    def settle(self, target: str, *, passed: bool = True) -> buyer.Outcome:
        """Let a bank debit under way arrive or fail."""
        with self._act():
            return buyer.settle(self.world, target, passed=passed)

    def dispute(self, charge_id: str, reason: str = "fraudulent", amount: int | None = None) -> Obj:
        """The buyer disputes a charge."""
        with self._act():
            return aftermath.open_dispute(self.world, named(self.world, "charge", charge_id), reason, amount)

    def close_dispute(self, dispute_id: str, *, won: bool, returned: int = 0) -> Obj:
        """The bank decides a dispute; one that is lost may give a part back ("partially won")."""
        with self._act():
            made = named(self.world, "dispute", dispute_id)
            return aftermath.close_dispute(self.world, made, won=won, returned=returned)

    def warn(self, charge_id: str, fraud_type: str = "made_with_stolen_card") -> Obj:
        """The issuer sends an early fraud warning."""
        with self._act():
            return aftermath.warn(self.world, named(self.world, "charge", charge_id), fraud_type)

    def close_review(self, review_id: str, reason: str = "approved") -> Obj:
        """Somebody decides a review in the dashboard."""
        with self._act():
            review = named(self.world, "review", review_id)
            aftermath.close_review(self.world, named(self.world, "charge", review["charge"]), reason)
            return review

    def refund(self, charge_id: str, amount: int | None = None) -> Obj:
        """Somebody refunds a charge in the dashboard.

        Raises:
            StripeError: more than is left, disputed, not captured.
        """
        with self._act():
            return refunds.refund(self.world, named(self.world, "charge", charge_id), {"amount": amount})

    def fail_refund(self, refund_id: str, reason: str = "unknown") -> Obj:
        """The buyer's bank sends a refund back."""
        with self._act():
            made = named(self.world, "refund", refund_id)
            refunds.fail(self.world, made, reason)
            return made

    @contextmanager
    def _act(self) -> Iterator[None]:
        """First what is due, then the act; afterwards nobody is acting."""
        self.advance()
        try:
            yield
        finally:
            self.world.cause = NOBODY
