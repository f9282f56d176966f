"""Waits and retries: whatever luck, limits and delays there are, within bounds."""

from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.attempt import AttemptCause, CheckoutAttempt
from domain.backoff import backoff
from domain.facts import Closed, Declined, Where
from domain.opening import record_opened
from domain.payment import Payment
from domain.policies import Policy, standard
from domain.retries import take_next_step
from domain.settlement import LatePolicy, Terms, apply
from tests.domain.payments import NOW, a_payment

seconds = st.floats(0.001, 86_400)
tries = st.integers(1, 10_000)
luck = st.integers(0, 2**32)


def random(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a wait is no secret


@given(tries, luck, seconds, st.none() | st.floats(0, 86_400))
def test_a_wait_is_never_shorter_than_was_asked_nor_longer_than_it_may_be(
    number: int, seed: int, longest: float, asked: float | None
) -> None:
    wait = backoff(number, random(seed), longest=longest, asked=asked)
    assert timedelta(seconds=asked or 0.0) <= wait <= timedelta(seconds=max(longest, asked or 0.0))
    assert wait >= timedelta(seconds=min(longest, 0.25)) / 2, "nobody comes back at once"


@given(tries, luck, seconds)
def test_with_the_same_luck_no_further_try_waits_less_and_none_twice_as_long_as_luck_can_make_it(
    number: int, seed: int, longest: float
) -> None:
    first, second = (backoff(one, random(seed), longest=longest) for one in (number, number + 1))
    microsecond = timedelta(microseconds=1)
    assert first <= second <= 2 * first + microsecond
    assert backoff(number, random(seed + 1), longest=longest) <= 2 * first + microsecond


delays = st.timedeltas(timedelta(), timedelta(hours=1))


@given(
    st.lists(st.timedeltas(timedelta(seconds=1), timedelta(hours=2)), min_size=1, max_size=4),
    st.integers(0, 5),
    st.timedeltas(timedelta(minutes=1), timedelta(hours=12)),
    st.uuids(),
    st.lists(st.tuples(delays, delays), min_size=7, max_size=7),
)
def test_planned_retries_lie_within_window_and_limit_and_after_the_wait_of_their_policy(
    waits: list[timedelta], limit: int, window: timedelta, session_id: UUID, late: list[tuple[timedelta, timedelta]]
) -> None:
    """Each attempt is declined some time after it was opened, and Stripe tells of that some time later."""
    policy = standard(window=window, retry_limit=limit, retry_backoff=tuple(waits), max_extension=window)
    payment = a_payment(id=session_id, window_expires_at=NOW + window)
    session, now = payment.session, NOW
    for retries, (declined_after, told_after) in enumerate(late):
        declined_at = now + declined_after
        now = declined_at + told_after
        _decline(payment, policy, declined_at, now)
        due, wait = session.next_retry_at, waits[min(retries, len(waits) - 1)]
        if due is None:
            may_wait = declined_at + 1.2 * wait
            assert retries == limit or max(now, may_wait) >= session.window_expires_at, "it gave up too early"
            return
        assert retries < limit
        assert declined_at + wait <= due <= declined_at + 1.2 * wait
        assert due < session.window_expires_at
        now = max(now, due)
        _retry(payment, policy, now)
        assert sum(one.cause is AttemptCause.RETRY for one in payment.attempts) == session.retry_count == retries + 1


def _newest(payment: Payment) -> CheckoutAttempt:
    assert payment.newest_attempt is not None
    return payment.newest_attempt


def _terms(policy: Policy) -> Terms:
    return Terms(500, {policy.name: policy}, LatePolicy.REFUND, lambda: UUID(int=next(_ids)))


_ids = count(1)


def _decline(payment: Payment, policy: Policy, at: datetime, now: datetime) -> None:
    where = Where(attempt_no=_newest(payment).attempt_no, charge_id=f"ch_{_newest(payment).attempt_no}")
    apply(payment, Declined(at=at, where=where, code="do_not_honor"), now, _terms(policy))


def _retry(payment: Payment, policy: Policy, now: datetime) -> None:
    """As workers do: the old page is closed, Stripe says so, and another one is opened."""
    old, new_id = _newest(payment), _terms(policy).new_id
    while not take_next_step(payment, policy, now, new_id) or _newest(payment) is old:
        apply(payment, Closed(at=now, where=Where(attempt_no=old.attempt_no)), now, _terms(policy))
    record_opened(payment, _newest(payment), policy, now, now)
