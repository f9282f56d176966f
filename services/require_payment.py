"""Take an auction's request to collect: one session and its first attempt, however often the request comes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.attempt import AttemptCause, CheckoutAttempt
from domain.clock import Clock
from domain.errors import OfferRefused
from domain.ids import AttemptId, NewId, SessionId
from domain.lifecycle import Status
from domain.messages import PaymentRequired
from domain.origins import origin_or_none
from domain.payment import Payment
from domain.policies import Policy
from domain.session import PaymentSession
from models.payments import Payments
from models.unit_of_work import Begin
from services.weigh_requests import weigh_requests

#: A request can lose against a session that ends at the same moment; more than twice in a row it does not.
_ROUNDS = 3
#: It names nobody: what others pay is not the asker's business.
_TAKEN = "another payment for the auction is live"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that has its session."""

    session_id: SessionId
    #: False if an earlier, equal request had made it.
    is_new: bool


Answer = Accepted | OfferRefused


@dataclass(frozen=True, slots=True)
class RequirePayments:
    """Take any number of requests in one transaction. Safe to run any number of times, on any number of workers."""

    begin: Begin
    policies: Mapping[str, Policy]
    now: Clock
    new_id: NewId
    #: Where a buyer's browser may be sent back to.
    allowed_origins: frozenset[str]

    def __call__(self, requests: Sequence[PaymentRequired]) -> list[Answer]:
        """Answer each request, in order: accepted, accepted before, or refused with the reason."""
        answers: dict[int, Answer] = {}
        for _ in range(_ROUNDS):
            waiting = [number for number in range(len(requests)) if number not in answers]
            if not waiting:
                break
            self._answer(requests, waiting, answers)
        lost = OfferRefused("auction_has_live_session", _TAKEN)
        return [answers.get(number, lost) for number in range(len(requests))]

    def _answer(self, requests: Sequence[PaymentRequired], waiting: list[int], answers: dict[int, Answer]) -> None:
        with self.begin() as uow:
            known = _sessions_of(uow.payments, {requests[number].auction_id for number in waiting})
            opened: dict[int, Payment] = {}
            counts = _keys_used(uow.payments, known)
            for number in waiting:
                request = requests[number]
                decision = self._decide(request, known.get(request.auction_id, []))
                if decision is not None:
                    answers[number] = decision
                else:
                    opened[number] = self._new_payment(request, counts.get((request.auction_id, request.buyer_id), 0))
            weigh_requests(uow, list(opened.values()), self.now())
            inserted = {payment.session.id for payment in uow.payments.insert_new(list(opened.values()))}
            for number, payment in opened.items():
                if payment.session.id in inserted:
                    answers[number] = Accepted(payment.session.id, is_new=True)

    def _decide(self, request: PaymentRequired, known: Sequence[PaymentSession]) -> Answer | None:
        """What can be said of a request by what is there; None if it may have a session."""
        mine = [session for session in known if session.buyer_id == request.buyer_id]
        same = [session for session in mine if session.intake_key == request.intake_key]
        if not same and request.request_id is None:
            same = mine
        if same:
            session = max(same, key=lambda one: one.created_at)
            return Accepted(session.id, is_new=False) if _equal(request, session) else _conflict(session)
        if request.buyer_id == request.maker_id:
            return OfferRefused("seller_is_buyer", "a seller cannot pay for their own lot")
        try:
            self.policies[request.policy].admit(request.amount)
            self._admit_addresses(request)
        except OfferRefused as refusal:
            return refusal
        live = next((session for session in known if _is_live(session)), None)
        if live is not None:
            return OfferRefused("auction_has_live_session", _TAKEN, blocked_by=live.id)
        return None

    def _admit_addresses(self, request: PaymentRequired) -> None:
        """Raise `OfferRefused` if the buyer would be sent to a place that nobody has allowed."""
        for name, url in (("return_url", request.return_url), ("cancel_url", request.cancel_url)):
            if url is None:
                continue
            origin = origin_or_none(url)
            if origin not in self.allowed_origins:
                # The origin alone: the rest of an address may hold what is nobody's business.
                sentence = f"{name} points to {origin or 'no readable address'}, which is no allowed origin"
                raise OfferRefused("url_not_allowed", sentence)

    def _new_payment(self, request: PaymentRequired, keys_used: int) -> Payment:
        now, session_id = self.now(), SessionId(self.new_id())
        policy = self.policies[request.policy]
        session = PaymentSession(
            id=session_id,
            auction_id=request.auction_id,
            buyer_id=request.buyer_id,
            maker_id=request.maker_id,
            intake_key=request.intake_key,
            policy=policy.name,
            amount_minor=request.amount.minor,
            currency=request.amount.currency,
            created_at=now,
            updated_at=now,
            window_expires_at=now + policy.window,
            title=request.title,
            description=request.description,
            locale=request.locale,
            buyer_email=request.buyer_email,
            buyer_phone=request.buyer_phone,
            maker_email=request.maker_email,
            maker_stripe_account=request.maker_stripe_account,
            return_url=request.return_url,
            cancel_url=request.cancel_url,
            max_extension_minutes=request.max_extension_minutes,
            metadata=dict(request.metadata),
            risk=dict(request.risk),
        )
        attempt = CheckoutAttempt(
            id=AttemptId(self.new_id()),
            session_id=session_id,
            attempt_no=1,
            idempotency_key=f"{request.auction_id}:{request.buyer_id}:{keys_used + 1}",
            kind=policy.kind,
            cause=AttemptCause.FIRST,
            created_at=now,
            deadline=session.window_expires_at,
            due_at=now,
        )
        payment = Payment(session, [attempt])
        amount = {"amount": str(session.amount.major), "currency": session.currency}
        payment.note("payment_required", now, policy=policy.name, after=session.status, **amount)
        told = {"buyerId": session.buyer_id, "expiresAt": session.window_expires_at.isoformat()}
        payment.announce("auction.payment_pending", now, **told, **amount)
        return payment


def _conflict(session: PaymentSession) -> OfferRefused:
    sentence = "the same request was made before with another amount or policy"
    return OfferRefused("conflicting_request", sentence, blocked_by=session.id)


def _equal(request: PaymentRequired, session: PaymentSession) -> bool:
    asked = (request.amount, request.policy, request.maker_id)
    return asked == (session.amount, session.policy, session.maker_id)


def _is_live(session: PaymentSession) -> bool:
    over = (Status.EXPIRED, Status.CANCELED)
    return session.status not in over and not session.fully_refunded


def _sessions_of(payments: Payments, auctions: set[str]) -> dict[str, list[PaymentSession]]:
    found: dict[str, list[PaymentSession]] = defaultdict(list)
    for session in payments.find("r.auction_id = ANY(%(auctions)s)", auctions=sorted(auctions)):
        found[session.auction_id].append(session)
    return found


def _keys_used(payments: Payments, known: Mapping[str, list[PaymentSession]]) -> dict[tuple[str, str], int]:
    """How many idempotency keys each pair of auction and buyer has used: numbers go on over all its sessions."""
    pairs = {session.id: (session.auction_id, session.buyer_id) for mine in known.values() for session in mine}
    used: dict[tuple[str, str], int] = defaultdict(int)
    if pairs:
        for attempt in payments.find_attempts("r.session_id = ANY(%(ids)s)", ids=list(pairs)):
            number = int(attempt.idempotency_key.rpartition(":")[2])
            pair = pairs[attempt.session_id]
            used[pair] = max(used[pair], number)
    return used
