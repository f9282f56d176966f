"""Death at every line of what operators, retries and sweeps set in motion: run again, there is one outcome."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.attempt import AttemptCause, AttemptStatus
from domain.errors import PermanentError
from domain.lifecycle import Status
from domain.messaging import DeadLetter
from services.open_checkout import OpenCheckouts
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House, house, request
from tests.listener import SECRET, Listener, listening
from tests.services.test_accept_other_amount import held as held_for_its_amount
from tests.services.test_open_checkout_crashes import POINTS, dying
from tests.services.test_risk import under_review as held_for_its_risk

ALICE = "admin:alice"
DECLINED = "4000000000000002"


def statuses(home: House, session_id: UUID) -> list[AttemptStatus]:
    return [attempt.status for attempt in home.payment(session_id).attempts]


def die_at(home: House, point: str, method: str) -> None:
    """The worker that takes up what is due now dies there; then its leases run out."""
    opening: OpenCheckouts = home.app.open_checkouts
    with pytest.raises(Died):
        dying(opening, point, method)()
    home.leases_run_out()


@pytest.mark.parametrize("step", ["close", "open"])
@pytest.mark.parametrize("point", POINTS)
def test_a_retry_survives_death(home: House, point: str, step: str) -> None:
    session_id = home.opened()
    home.pay(session_id, DECLINED)
    home.hear()
    home.forward(minutes=2)
    assert home.app.open_retries() == 1
    if step == "open":
        assert home.app.open_checkouts() == 1
    die_at(home, point, step)
    home.work()

    payment = home.payment(session_id)
    assert statuses(home, session_id) == [AttemptStatus.CLOSED, AttemptStatus.OPEN]
    assert [one["status"] for one in home.stripe_has()] == ["expired", "open"]
    assert (payment.session.status, payment.session.retry_count) == (Status.PENDING, 1)
    assert home.actions(session_id).count("retry_initiated") == 1


@pytest.mark.parametrize("point", POINTS)
def test_a_retry_whose_old_checkout_was_paid_meanwhile_survives_death_and_keeps_the_money(
    home: House, point: str
) -> None:
    session_id = home.opened()
    home.pay(session_id, DECLINED)
    home.hear()
    home.forward(minutes=2)
    assert home.app.open_retries() == 1
    home.pay(session_id)  # its webhook is on its way
    die_at(home, point, "close")
    home.work()

    payment = home.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert statuses(home, session_id) == [AttemptStatus.PAID]
    home.hear()
    assert len(home.payment(session_id).transactions) == 1
    assert home.actions(session_id).count("checkout_completed") == 1


@pytest.mark.parametrize("point", POINTS)
def test_the_fresh_checkout_of_a_longer_window_survives_death(home: House, point: str) -> None:
    session_id = home.opened()
    home.app.extend_window(session_id, timedelta(hours=5), "on a journey", ALICE)
    home.forward(hours=24, minutes=1)
    home.process()
    assert home.app.open_retries() == 1
    die_at(home, point, "open")
    home.work()

    assert statuses(home, session_id) == [AttemptStatus.CLOSED, AttemptStatus.OPEN]
    assert [one.cause for one in home.payment(session_id).attempts] == [AttemptCause.FIRST, AttemptCause.EXTENSION]
    assert [one["status"] for one in home.stripe_has()] == ["expired", "open"]
    assert home.actions(session_id).count("window_extended") == 1


@pytest.mark.parametrize("point", POINTS)
def test_termination_survives_death(home: House, point: str) -> None:
    session_id = home.opened()
    home.app.terminate_window(session_id, "a mistake", ALICE)
    die_at(home, point, "close")
    home.work()

    assert home.payment(session_id).session.status is Status.CANCELED
    assert statuses(home, session_id) == [AttemptStatus.CLOSED]
    assert [one["status"] for one in home.stripe_has()] == ["expired"]
    assert home.told() == ["auction.payment_pending", "auction.reopened"]


@pytest.mark.parametrize("point", POINTS)
def test_money_that_came_while_a_window_was_terminated_goes_back_whatever_dies(home: House, point: str) -> None:
    session_id = home.opened()
    home.app.terminate_window(session_id, "a mistake", ALICE)
    home.pay(session_id)  # its webhook is lost
    home.new_events()
    die_at(home, point, "close")
    home.work()
    home.hear()

    (money,) = home.payment(session_id).transactions
    assert (money.amount_minor, money.refunded_minor) == (27550, 27550)
    assert home.payment(session_id).session.status is Status.CANCELED
    assert [one["amount"] for one in home.stripe_has("refund")] == [27550]


@pytest.fixture
def auction() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def telling(database_url: str, auction: Listener) -> Iterator[House]:
    with house(database_url, AUCTION_WEBHOOK_URL=auction.url, AUCTION_WEBHOOK_SECRET=SECRET) as home:
        yield home
        assert home.app.check_invariants() == []


@pytest.mark.parametrize("point", POINTS)
def test_what_downstream_is_told_survives_death_and_is_known_by_its_id(
    telling: House, auction: Listener, point: str
) -> None:
    telling.app.terminate_window(telling.require(), "a mistake", ALICE)
    deliver = telling.app.deliver_events
    changes: dict[str, Any] = {
        POINTS[0]: {"begin": DiesBeforeCommit(deliver.begin, 1)},
        POINTS[1]: {"downstream": DiesBeforeCall(deliver.downstream, "send")},
        POINTS[2]: {"downstream": DiesAfterCall(deliver.downstream, "send")},
        POINTS[3]: {"begin": DiesBeforeCommit(deliver.begin, 2)},
    }
    with pytest.raises(Died):
        replace(deliver, **changes[point])(1)
    telling.leases_run_out()
    telling.work()

    first_told = dict(reversed([(event_id, event["type"]) for event_id, event in auction.told]))
    assert sorted(first_told.values()) == ["auction.payment_pending", "auction.reopened"]
    assert auction.types[-1] == "auction.reopened"


def _paid(home: House) -> None:
    home.pay(home.opened())
    for event in home.new_events():
        home.app.receive_events([home.app.read_event(orjson.dumps(event))])


def _declined(home: House) -> None:
    home.pay(home.opened(), DECLINED)
    home.hear()
    home.forward(minutes=2)


def _over(home: House) -> None:
    home.opened()
    home.forward(hours=24, minutes=1)


def _only(home: House) -> UUID:
    ((session_id,),) = home.app.database.rows("SELECT id FROM payment_sessions")
    return UUID(str(session_id))


Act = Callable[[House, Any], object]
#: What one transaction does: how the house stands before, which use case it is, and how it is called.
ONE_TRANSACTION: dict[str, tuple[Callable[[House], object], str, Act]] = {
    "a request is taken": (lambda _home: None, "require_payments", lambda _home, take: take([request()])),
    "events are processed": (_paid, "process_events", lambda _home, process: process()),
    "a window expires": (_over, "expire_windows", lambda _home, expire: expire()),
    "a retry is begun": (_declined, "open_retries", lambda _home, retry: retry()),
    "a buyer retries": (_declined, "retry_payment", lambda home, retry: retry(_only(home), "buyer:bob")),
    "an operator extends": (
        House.opened,
        "extend_window",
        lambda home, extend: extend(_only(home), timedelta(hours=1), "on a journey", ALICE),
    ),
    "an operator terminates": (
        House.opened,
        "terminate_window",
        lambda home, terminate: terminate(_only(home), "a mistake", ALICE),
    ),
    "an operator accepts another amount": (
        held_for_its_amount,
        "accept_other_amount",
        lambda home, accept: accept(_only(home), ALICE, "agreed with the maker"),
    ),
    "an operator releases": (
        held_for_its_risk,
        "release_hold",
        lambda home, release: release(_only(home), ALICE, "a known collector"),
    ),
    "the auction closes": (House.opened, "close_by_request", lambda home, close: close(_only(home), "service:auction")),
}
_EVERYTHING = """
    SELECT (SELECT jsonb_agg(to_jsonb(s) - 'updated_at' ORDER BY id) FROM payment_sessions s),
           (SELECT jsonb_agg(to_jsonb(a) ORDER BY id) FROM checkout_attempts a),
           (SELECT count(*) FROM audit_entries), (SELECT count(*) FROM outbox), (SELECT count(*) FROM transactions),
           (SELECT count(*) FROM ledger_entries), (SELECT jsonb_agg(status ORDER BY id) FROM webhook_events)
"""


@pytest.mark.parametrize("what", ONE_TRANSACTION)
def test_death_before_a_commit_has_changed_nothing_and_the_next_try_does_it_once(home: House, what: str) -> None:
    prepare, name, act = ONE_TRANSACTION[what]
    prepare(home)
    use_case = getattr(home.app, name)
    before = home.app.database.rows(_EVERYTHING)
    with pytest.raises(Died):
        act(home, replace(use_case, begin=DiesBeforeCommit(use_case.begin, 1)))
    assert home.app.database.rows(_EVERYTHING) == before

    known = home.app.database.rows("SELECT id FROM payment_sessions") and home.actions(_only(home))
    act(home, use_case)
    assert home.app.database.rows(_EVERYTHING) != before
    home.work()
    done = home.actions(_only(home))[len(known) :]
    assert done
    assert len(done) == len(set(done)), done


def test_a_letter_whose_requeuing_was_killed_half_way_is_put_back_twice_and_does_no_harm(home: House) -> None:
    raw = orjson.dumps({"queue_name": "q", "actor_name": "a", "args": [], "kwargs": {}})
    letter = DeadLetter(home.app.new_id(), "q", "a", raw, "reason", "error", home.time())
    home.app.keep_dead_letters([letter])
    office = home.app.dead_letters
    with pytest.raises(Died):
        replace(office, begin=DiesBeforeCommit(office.begin, 2)).requeue(letter.id, ALICE)
    assert [one.status for one in office.listed()] == ["dead"]

    office.requeue(letter.id, ALICE)
    assert home.put_back == [("q", raw)] * 2
    with pytest.raises(PermanentError, match="requeued already"):
        office.requeue(letter.id, ALICE)
