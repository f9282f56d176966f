"""What only concurrency shows: many threads, or workers that overtake each other, at the same rows of a real database.

`python -m tests.proof.races DATABASE_URL RACE …` prints what went wrong in each. So they can be run on a copy of the
source with deliberate bugs.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, Final

from domain.messages import read_payment_required
from models.receipts import Receipts
from models.work import ATTEMPT_WORK
from tests.house import House, house, message

THREADS: Final = 8
ROUNDS: Final = 4


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What came of the work in as many threads, begun together; an error is an answer too."""
    together = Barrier(THREADS)

    def one(number: int) -> Any:
        together.wait(30)
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            return error

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


def errors(answers: Iterable[Any]) -> Iterator[str]:
    for answer in answers:
        if isinstance(answer, Exception):
            yield f"{type(answer).__name__}: {str(answer)[:200]}"


def extensions(home: House) -> Iterator[str]:
    """Operators extend one window at the same time: each extension counts."""
    session = home.opened()
    before = home.payment(session).session
    minute = timedelta(minutes=1)
    yield from errors(at_once(lambda number: home.app.extend_window(session, minute, "more time", f"admin:{number}")))
    now = home.payment(session).session
    longer = now.window_expires_at - before.window_expires_at
    if longer != THREADS * minute:
        yield f"{THREADS} minutes were given, and the window is longer by {longer}"


def numbers(home: House) -> Iterator[str]:
    """Workers reserve receipt numbers at the same time: without gap or repeat."""

    def reserve(_: int) -> list[int]:
        found = []
        for count in (1, 2, 1, 3) * ROUNDS:
            with home.app.store.begin() as uow:
                before = Receipts(uow.connection, uow.cipher).reserve("CRAFT-2026", count)
                found += list(range(before + 1, before + count + 1))
        return found

    answers = at_once(reserve)
    yield from errors(answers)
    given = sorted(number for answer in answers if isinstance(answer, list) for number in answer)
    if given != list(range(1, THREADS * ROUNDS * 7 + 1)):
        yield f"numbers have gaps or repeats: {len(given)} were given, {len(set(given))} different ones"
    home.app.database.rows("DELETE FROM receipt_series RETURNING series")  # these numbers are on no paper


def claims(home: House) -> Iterator[str]:
    """Workers claim work at the same time: no two have one piece."""
    asked = [message(auction_id=f"auction-{number}") for number in range(THREADS * ROUNDS)]
    home.app.require_payments([read_payment_required(one) for one in asked])

    def claim(_: int) -> list[Any]:
        found = []
        for _ in range(ROUNDS):
            with home.app.store.begin() as uow:
                found += ATTEMPT_WORK.claim(uow.connection, uow.cipher, home.time())
        return [one.id for one in found]

    answers = at_once(claim)
    yield from errors(answers)
    held = [one for answer in answers if isinstance(answer, list) for one in answer]
    if len(set(held)) != len(held):
        yield f"{len(held)} claims hold {len(set(held))} pieces of work"


def requests(home: House) -> Iterator[str]:
    """One request comes many times at the same time, and rivals for the same lot: one payment each, one live a lot."""
    for lot in range(ROUNDS):
        wanted = [read_payment_required(message(auction_id=f"lot-{lot}", buyer_id=f"buyer-{who}")) for who in (0, 1)]
        yield from errors(at_once(lambda number, wanted=wanted: home.app.require_payments([wanted[number % 2]])))
    rows = home.app.database.rows("SELECT auction_id, count(*) FROM payment_sessions GROUP BY 1 HAVING count(*) <> 1")
    yield from (f"{lot} has {count} payments" for lot, count in rows)


def takeovers(home: House) -> Iterator[str]:
    """A worker hears nothing of Stripe and stands still; another has opened the page when it goes on."""
    session, opening = home.require(auction_id="taken-over"), home.app.open_checkouts
    former = opening.steps(session)
    home.sandbox.fault("lost_after", "checkout.sessions.create", count=1)
    late = former.send(opening.exchange(next(former)))
    home.leases_run_out()
    opening(session)
    opened = home.payment(session).newest_attempt
    opening.exchange(late)
    former.close()
    if (now := home.payment(session).newest_attempt) != opened:
        yield f"a worker wrote after another had taken over: {opened} became {now}"


RACES: Final[Mapping[str, Callable[[House], Iterator[str]]]] = {
    "extensions": extensions,
    "numbers": numbers,
    "claims": claims,
    "requests": requests,
    "takeovers": takeovers,
}


def run(database_url: str, *races: str) -> list[str]:
    """Run races; answers what went wrong in each."""
    with house(database_url) as home:
        return [f"{race}: {wrong}" for race in races for wrong in RACES[race](home)]


if __name__ == "__main__":
    sys.stdout.write("".join(f"{wrong}\n" for wrong in run(*sys.argv[1:])))
