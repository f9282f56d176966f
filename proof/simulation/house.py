"""The house of one run: every real use case, on the real database, with Stripe and everybody else in process.

A new use case that works by a bell is one line in `Use cases`, and its faulty gateway one more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final

from domain import documents
from domain.clock import Clock
from domain.ids import NewId, uuid7
from domain.messaging import DeadLetter
from domain.notice import Channel
from domain.notifying import Telling
from domain.payment import Note
from domain.policies import Policy, instant, standard
from domain.receipts import Stationery
from domain.refusals import Refusal
from domain.session import PaymentSession
from domain.settlement import Terms
from gateways.stripe.adapter import Stripe
from gateways.stripe.breaker import Breaker
from gateways.stripe.direct import DirectClient
from gateways.stripe.guard import StripeGuard, unguarded
from gateways.stripe.limiter import LocalLimiter
from gateways.stripe.slots import Rates
from models.leases import unrenewed
from models.outbox import Endpoints
from models.sealing import FieldCipher
from models.unit_of_work import Store
from proof.simulation.bells import Bells
from proof.simulation.calls import Calls
from proof.simulation.crew import Crew
from proof.simulation.database import Lines, MortalDatabase
from proof.simulation.listeners import ENDPOINTS, Listeners
from proof.simulation.lots import HouseRules
from proof.simulation.offices import Cabinet, Mail, Press, write
from proof.simulation.stage import Stage
from sandbox.stripe.core import StripeCore
from sandbox.stripe.settings import SECRET_KEY
from services.accept_other_amount import AcceptOtherAmount
from services.change_window import ExtendWindow, TerminateWindow
from services.check_invariants import CheckInvariants
from services.compare_movements import CompareMovements
from services.create_checkout import CreateCheckout
from services.dead_letters import DeadLetterOffice
from services.deliver_events import DeliverEvents
from services.expire_window import CloseByRequest, ExpireWindows
from services.explain_money import ExplainMoney
from services.issue_receipts import IssueReceipts
from services.number_receipts import NumberReceipts
from services.observing import Unobserved
from services.open_checkout import OpenCheckouts
from services.page_links import PURPOSE, PageLinks
from services.papers import IssuedPapers
from services.process_events import ProcessEvents
from services.receive_events import ReadEvent, ReceiveEvents
from services.reconcile_attempts import ReconcileAttempts
from services.reconcile_events import ReconcileEvents
from services.reconcile_refunds import ReconcileRefunds
from services.refund_payment import SendRefunds
from services.release_hold import ReleaseHold
from services.request_refund import DecideRefund, RequestRefund
from services.require_payment import RequirePayments
from services.retry_payment import RetryPayment, RetryPayments
from services.send_notices import SendNotices
from services.view_payments import ViewPayments
from services.write_letter import WriteLetter

_KEY: Final = b"simulation field encryption key!"
_FEE_BASIS_POINTS: Final = 500
_HOUSE: Final = documents.House("Simulation")
#: How often what is open is compared with Stripe: seldom, for virtual hours are many.
SWEEP: Final = timedelta(seconds=60)

#: What Stripe permits a second, over all and at one address.
_RATES: Final = Rates(100, 25)
#: Seconds after which whoever waits for a page looks again.
_LOOK_AGAIN: Final = 0.5

Noted = Callable[[Sequence[tuple[PaymentSession, Note]]], None]


class Steady(Random):
    """Jitter that is always the same, so that one fault less does not move everything after it."""

    def random(self) -> float:
        """The middle."""
        return 0.5


@dataclass(frozen=True)
class SimulatedApp:
    """The use cases, as actors, people and checks call them."""

    database: MortalDatabase
    now: Clock
    new_id: NewId
    require_payments: RequirePayments
    create_checkout: CreateCheckout
    open_checkouts: Crew
    process_events: ProcessEvents
    open_retries: RetryPayments
    expire_windows: ExpireWindows
    send_refunds: SendRefunds
    deliver_events: DeliverEvents
    reconcile_events: ReconcileEvents
    reconcile_attempts: ReconcileAttempts
    reconcile_refunds: ReconcileRefunds
    explain_money: ExplainMoney
    reconcile_asked: Callable[[], int]
    read_event: ReadEvent
    receive_events: ReceiveEvents
    retry_payment: RetryPayment
    extend_window: ExtendWindow
    terminate_window: TerminateWindow
    close_by_request: CloseByRequest
    release_hold: ReleaseHold
    accept_other_amount: AcceptOtherAmount
    request_refund: RequestRefund
    decide_refund: DecideRefund
    issue_receipts: IssueReceipts
    send_notices: SendNotices
    view_payments: ViewPayments
    check_invariants: CheckInvariants
    dead_letters: DeadLetterOffice

    def keep_dead_letters(self, letters: Sequence[DeadLetter], refusals: Sequence[Refusal] = ()) -> None:
        """Keep messages that gave up."""
        self.dead_letters.keep(letters, refusals)

    def prune(self) -> int:
        """Nothing: a run is over before anything is old."""
        return 0

    def mirror_windows(self) -> int:
        """Nothing: the mirror in Redis decides nothing."""
        return 0

    @property
    def due(self) -> Mapping[str, Callable[[], int]]:
        """Nobody counts here: `looking.py` asks when the next thing is due."""
        return {}


@dataclass
class House:
    """Everything of one run that stands."""

    app: SimulatedApp
    bells: Bells
    calls: Calls
    listeners: Listeners
    cabinet: Cabinet
    mail: Mail
    core: StripeCore

    def close(self) -> None:
        """Close the connections."""
        self.app.database.close()


def build_house(lines: Lines, stage: Stage, noted: Noted) -> House:
    """Build the house of a run on an empty database."""
    dice, rules, seed = stage.dice, stage.rules, stage.dice.seed
    ids = Random(f"{seed}:ids")  # noqa: S311 - no secrets here
    nonces = Random(f"{seed}:nonces")  # noqa: S311
    now, rng = stage.loop.machine_clock, Steady()
    new_id: NewId = lambda: uuid7(now(), ids.getrandbits)  # noqa: E731
    calls = Calls(stage)
    bells = Bells(stage, calls)
    listeners, cabinet, mail = Listeners(dice, stage.log), Cabinet(dice), Mail(dice)
    database = MortalDatabase(lines, stage.loop.clock, bells.fate)
    calls.transactions = lambda: database.open
    cipher = FieldCipher([_KEY], _KEY[::-1], nonces.randbytes)
    policies = _policies(rules)
    telling = Telling(new_id, policies, mail=rules.mails)
    begin = Store(database, cipher, Endpoints(ENDPOINTS, new_id), bells.ring, noted, telling=telling).begin
    stripe = Stripe(
        SECRET_KEY,
        api_base="http://stripe.simulated",
        guard=_guard(stage, calls) if rules.guarded else unguarded,
        now=now,
        timeout=1,
        connections=1,
        transport=DirectClient(calls.ask),
    )
    terms = Terms(_FEE_BASIS_POINTS, policies, rules.late_policy, new_id)
    links = PageLinks("https://pay.simulated", cipher.derive(PURPOSE))
    read, receive = ReadEvent(now, new_id), ReceiveEvents(begin)
    attempts = ReconcileAttempts(begin, stripe, terms, unrenewed, now, rng)
    compare = CompareMovements(begin, stripe, attempts, terms, now)
    require = RequirePayments(begin, policies, now, new_id, frozenset())
    opening = OpenCheckouts(begin, stripe, policies, terms, links, unrenewed, now, new_id, rng)
    app = SimulatedApp(
        database=database,
        now=now,
        new_id=new_id,
        require_payments=require,
        create_checkout=CreateCheckout(
            begin, require, opening, pause=lambda _: calls.wait(_LOOK_AGAIN), tick=lambda: stage.loop.now
        ),
        open_checkouts=Crew(opening, calls, rules.threads),
        process_events=ProcessEvents(begin, terms, False, Unobserved(), now, rng),
        open_retries=RetryPayments(begin, policies, now, new_id),
        expire_windows=ExpireWindows(begin, rules.grace, now),
        send_refunds=SendRefunds(begin, stripe, terms, unrenewed, now, rng),
        deliver_events=DeliverEvents(
            begin,
            listeners,
            unrenewed,
            Unobserved(),
            now,
            new_id,
            rng,
            tuple(ENDPOINTS),
            ticks=lambda: stage.loop.now,
        ),
        reconcile_events=ReconcileEvents(begin, stripe, read, receive, unrenewed, SWEEP, now, rng),
        reconcile_attempts=attempts,
        reconcile_refunds=ReconcileRefunds(begin, stripe, terms, unrenewed, now, rng),
        explain_money=ExplainMoney(begin, stripe, compare, unrenewed, now, rng),
        # Nobody asks.
        reconcile_asked=int,
        issue_receipts=IssueReceipts(
            begin,
            NumberReceipts(begin, Stationery(_HOUSE, "SIM", "2025-09-15"), now),
            Press(),
            cabinet,
            unrenewed,
            Unobserved(),
            now,
            new_id,
            rng,
            ticks=lambda: stage.loop.now,
        ),
        send_notices=SendNotices(
            begin,
            WriteLetter(write, IssuedPapers(begin, cabinet), policies, links, _HOUSE, {}),
            {Channel.EMAIL: mail},
            unrenewed,
            Unobserved(),
            now,
            new_id,
            rng,
        ),
        read_event=read,
        receive_events=receive,
        retry_payment=RetryPayment(begin, policies, now, new_id),
        extend_window=ExtendWindow(begin, policies, now),
        terminate_window=TerminateWindow(begin, now),
        close_by_request=CloseByRequest(begin, now),
        release_hold=ReleaseHold(begin, terms, now),
        accept_other_amount=AcceptOtherAmount(begin, terms, now),
        request_refund=RequestRefund(begin, Decimal(500), now, new_id),
        decide_refund=DecideRefund(begin, policies, now),
        view_payments=ViewPayments(begin),
        check_invariants=CheckInvariants(begin, now),
        dead_letters=DeadLetterOffice(begin, lambda _queue, _body: None, now),
    )
    bells.app = app
    return House(app, bells, calls, listeners, cabinet, mail, stage.core)


def _guard(stage: Stage, calls: Calls) -> StripeGuard:
    """Breaker and limiter by the virtual clock, as one process has them."""
    clock: Callable[[], float] = lambda: stage.loop.now  # noqa: E731
    limiter = LocalLimiter(_RATES, clock=clock, sleep=calls.wait)
    return StripeGuard(limiter, Breaker(clock=clock), clock=clock, sleep=calls.wait)


def _policies(rules: HouseRules) -> dict[str, Policy]:
    longest, three_ds = timedelta(hours=48), 50_000
    both = (
        standard(
            window=rules.window,
            retry_limit=3,
            retry_backoff=rules.retry_backoff,
            max_extension=longest,
            three_ds_from=three_ds,
        ),
        instant(window=rules.instant_window, max_extension=longest, three_ds_from=three_ds),
    )
    return {policy.name: policy for policy in both}
