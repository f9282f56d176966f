"""The composition root: the only place where settings become adapters, and adapters become use cases."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from domain.clock import Clock
from domain.endpoint import ENDPOINTS
from domain.ids import NewId, uuid7
from domain.messaging import DeadLetter
from domain.refusals import Refusal
from domain.settlement import LatePolicy, Terms
from gateways.live_status import LiveStatus
from gateways.storage.storage import ReceiptStorage
from gateways.stripe.adapter import Stripe
from gateways.stripe.guard import Guard
from models.database import Database
from models.due import Due
from models.leases import LeaseRenewer
from models.security import Alarmed, nobody_alarmed
from models.unit_of_work import Mirror, Noted, Ring, Store, nobody, nowhere
from runtime.connecting import build_changes, build_cipher, build_live_status, build_stripe, build_window_mirror
from runtime.databases import build_databases
from runtime.desk import Desk
from runtime.downstream import SenderThreads, build_endpoints, build_routes
from runtime.explaining import build_explaining
from runtime.notices import build_send_notices, build_telling
from runtime.operating import OperatingDesk, build_operating
from runtime.policies import build_policies
from runtime.receipts import ReceiptDesk, build_receipts
from runtime.settings import KeyMode, Settings
from runtime.storage import build_storage
from services.accept_other_amount import AcceptOtherAmount
from services.answer_once import AnswerOnce
from services.change_window import ExtendWindow, TerminateWindow
from services.check_invariants import CheckInvariants
from services.compare_movements import CompareMovements
from services.create_checkout import CreateCheckout
from services.dead_letters import DeadLetterOffice, PutBack
from services.deliver_events import DeliverEvents
from services.expire_window import CloseByRequest, ExpireWindows
from services.explain_money import ExplainMoney
from services.explain_payment import ExplainPayment
from services.manage_deliveries import ManageDeliveries
from services.manage_endpoints import ManageEndpoints
from services.mirror_windows import MirrorWindows
from services.notice_office import NoticeOffice
from services.observing import Observer
from services.open_checkout import OpenCheckouts
from services.page_links import PURPOSE, PageLinks
from services.process_events import ProcessEvents
from services.prune import Prune
from services.receive_events import ReadEvent, ReceiveEvents
from services.reconcile import Reconcile
from services.reconcile_asked import ReconcileAsked
from services.reconcile_attempts import ReconcileAttempts
from services.reconcile_events import ReconcileEvents
from services.reconcile_refunds import ReconcileRefunds
from services.record_security_event import RecordSecurityEvent
from services.refund_payment import SendRefunds
from services.release_hold import ReleaseHold
from services.request_refund import DecideRefund, RequestRefund
from services.require_payment import RequirePayments
from services.retry_payment import RetryPayment, RetryPayments
from services.send_notices import SendNotices
from services.show_life import ShowLife
from services.view_payments import ViewPayments

#: Threads that have a transaction open at the same time, mostly; twice as many may. Others wait for the world outside,
#: or share a transaction.
_AT_ONCE: Final = 8


@dataclass(frozen=True)
class App:
    """Every use case of this system, ready to be called."""

    settings: Settings
    database: Database
    store: Store
    stripe: Stripe
    links: PageLinks
    require_payments: RequirePayments
    create_checkout: CreateCheckout
    open_checkouts: OpenCheckouts
    close_by_request: CloseByRequest
    expire_windows: ExpireWindows
    open_retries: RetryPayments
    retry_payment: RetryPayment
    extend_window: ExtendWindow
    terminate_window: TerminateWindow
    read_event: ReadEvent
    receive_events: ReceiveEvents
    process_events: ProcessEvents
    send_refunds: SendRefunds
    deliver_events: DeliverEvents
    dead_letters: DeadLetterOffice
    view_payments: ViewPayments
    check_invariants: CheckInvariants
    reconcile_events: ReconcileEvents
    reconcile_attempts: ReconcileAttempts
    reconcile_refunds: ReconcileRefunds
    explain_money: ExplainMoney
    reconcile_asked: ReconcileAsked
    request_refund: RequestRefund
    decide_refund: DecideRefund
    mirror_windows: MirrorWindows
    prune: Prune
    #: For each bell, how many pieces of work wait for it.
    due: Mapping[str, Callable[[], int]]
    now: Clock
    new_id: NewId
    release_hold: ReleaseHold
    accept_other_amount: AcceptOtherAmount
    record_security_event: RecordSecurityEvent
    send_notices: SendNotices
    notices: NoticeOffice
    receipt_storage: ReceiptStorage
    receipts: ReceiptDesk
    issue_receipts: Callable[[], int]
    manage_deliveries: ManageDeliveries
    manage_endpoints: ManageEndpoints
    answer_once: AnswerOnce
    desk: Desk
    explain_payment: ExplainPayment
    show_life: ShowLife
    operating: OperatingDesk
    #: Changes and kept statuses, for the event loop that it is called in.
    open_live_status: Callable[[], LiveStatus]
    _closers: Sequence[Callable[[], None]]

    def keep_dead_letters(self, letters: Sequence[DeadLetter], refusals: Sequence[Refusal] = ()) -> None:
        """Keep messages that gave up, or never were ones; tell upstream of those that the rules do not permit."""
        self.dead_letters.keep(letters, refusals)

    def close(self) -> None:
        """Close every connection."""
        for close in self._closers:
            close()


def build_app(
    settings: Settings,
    *,
    role: str,
    ring: Ring,
    put_back: PutBack,
    guard: Guard,
    observer: Observer,
    now: Clock,
    noted: Noted = nobody,
    alarmed: Alarmed = nobody_alarmed,
    threads: int = 8,
) -> App:
    """Wire a process.

    Args:
        settings: what it was told.
        role: the name by which PostgreSQL shows its connections.
        ring: rings bells on the broker.
        put_back: puts a dead letter back on its queue.
        guard: what every call to Stripe passes through.
        observer: who hears of what happened.
        now: the clock.
        noted: hears of everything noted about payments.
        alarmed: hears of security events.
        threads: how many use cases run at the same time.
    """
    rng = Random()  # noqa: S311 - jitter, not secrets
    new_id = build_new_id(now)
    mirror, changes = build_window_mirror(settings, now), build_changes(settings)
    store = build_store(
        settings,
        role=role,
        ring=ring,
        noted=noted,
        alarmed=alarmed,
        mirror=mirror.write,
        shown=changes.noted,
        new_id=new_id,
        threads=threads,
    )
    database, cipher = store.database, store.cipher
    checkout = settings.checkout
    links = PageLinks(checkout.public_url, cipher.derive(PURPOSE), checkout.return_url, checkout.cancel_url)
    stripe = build_stripe(settings, guard=guard, now=now, threads=threads)
    downstream, senders = build_routes(settings, now), SenderThreads()
    storage = build_storage(settings, derive=cipher.derive, now=now, threads=threads)
    leases = LeaseRenewer(database)
    policies = build_policies(settings)
    late = LatePolicy(settings.windows.late_policy)
    terms = Terms(settings.money.platform_fee_basis_points, policies, late, new_id)
    require = RequirePayments(store.begin, policies, now, new_id, checkout.allowed_origins)
    opening = OpenCheckouts(store.begin, stripe, policies, terms, links, leases.hold, now, new_id, rng)
    read, receive = ReadEvent(now, new_id), ReceiveEvents(store.begin)
    process = ProcessEvents(store.begin, terms, settings.stripe.key_mode is KeyMode.LIVE, observer, now, rng)
    sweep, office = settings.windows.sweep, DeadLetterOffice(store.begin, put_back, now)
    events = ReconcileEvents(store.begin, stripe, read, receive, leases.hold, sweep, now, rng)
    attempts = ReconcileAttempts(store.begin, stripe, terms, leases.hold, now, rng)
    refunds = ReconcileRefunds(store.begin, stripe, terms, leases.hold, now, rng)
    compare = CompareMovements(store.begin, stripe, attempts, terms, now)
    money = ExplainMoney(store.begin, stripe, compare, leases.hold, now, rng)
    reconcile = Reconcile(events, process, attempts, refunds, money)
    desk = build_receipts(
        settings, store.begin, storage, hold=leases.hold, observer=observer, now=now, new_id=new_id, rng=rng
    )
    return App(
        settings=settings,
        database=database,
        store=store,
        stripe=stripe,
        links=links,
        require_payments=require,
        create_checkout=CreateCheckout(store.begin, require, opening),
        open_checkouts=opening,
        close_by_request=CloseByRequest(store.begin, now),
        expire_windows=ExpireWindows(store.begin, settings.windows.grace, now),
        read_event=read,
        receive_events=receive,
        process_events=process,
        open_retries=RetryPayments(store.begin, policies, now, new_id),
        retry_payment=RetryPayment(store.begin, policies, now, new_id),
        extend_window=ExtendWindow(store.begin, policies, now),
        terminate_window=TerminateWindow(store.begin, now),
        send_refunds=SendRefunds(store.begin, stripe, terms, leases.hold, now, rng),
        deliver_events=DeliverEvents(
            store.begin, downstream, leases.hold, observer, now, new_id, rng, ENDPOINTS, senders
        ),
        dead_letters=office,
        view_payments=ViewPayments(store.begin),
        check_invariants=CheckInvariants(store.begin, now),
        mirror_windows=MirrorWindows(store.begin, mirror, observer, now),
        prune=Prune(database, store.begin, settings.retention.kept, observer, now),
        reconcile_events=events,
        reconcile_attempts=attempts,
        reconcile_refunds=refunds,
        explain_money=money,
        reconcile_asked=ReconcileAsked(store.begin, reconcile, stripe, leases.hold, now, new_id, rng),
        request_refund=RequestRefund(store.begin, settings.money.refund_two_people_above, now, new_id),
        decide_refund=DecideRefund(store.begin, policies, now),
        due=Due(database, now, settings.windows.grace).by_bell(),
        now=now,
        new_id=new_id,
        release_hold=ReleaseHold(store.begin, terms, now),
        accept_other_amount=AcceptOtherAmount(store.begin, terms, now),
        record_security_event=RecordSecurityEvent(store.begin, now),
        open_live_status=lambda: build_live_status(settings),
        send_notices=build_send_notices(
            settings, store.begin, policies, links, storage, hold=leases.hold, observer=observer, now=now, new_id=new_id
        ),
        notices=NoticeOffice(store.begin, now, new_id),
        receipt_storage=storage,
        receipts=desk,
        issue_receipts=desk.issue,
        manage_deliveries=ManageDeliveries(store.begin, now),
        manage_endpoints=ManageEndpoints(store.begin, now),
        answer_once=AnswerOnce(store.begin, now, new_id),
        desk=Desk.over(store, settings.windows.grace, now),
        explain_payment=build_explaining(settings, store.begin, policies, now),
        show_life=ShowLife(database, now, new_id, role, leases.held),
        operating=build_operating(settings, store.begin, process, office, now),
        _closers=(
            senders.close,
            leases.stop,
            downstream.close,
            stripe.close_connections,
            store.close,
            mirror.close,
            storage.close,
            changes.close,
        ),
    )


def build_store(
    settings: Settings,
    *,
    role: str,
    ring: Ring,
    noted: Noted = nobody,
    alarmed: Alarmed = nobody_alarmed,
    mirror: Mirror = nowhere,
    shown: Noted = nobody,
    new_id: NewId,
    threads: int,
) -> Store:
    """Where units of work come from."""
    database, replica = build_databases(settings, role, min(threads, _AT_ONCE) + 2)
    telling = build_telling(settings, build_policies(settings), new_id)
    cipher, endpoints = build_cipher(settings), build_endpoints(settings, new_id)
    return Store(database, cipher, endpoints, ring, noted, alarmed, mirror, telling, shown, replica)


def build_new_id(now: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> NewId:
    """What makes ids: by the clock, and random."""
    return lambda: uuid7(now(), random_bits)
