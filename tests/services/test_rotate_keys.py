"""Everything that is encrypted at rest comes under the first key, beside running workers."""

import threading
from typing import Any

import pytest

from domain.messaging import DeadLetter
from models import tables
from models.records import SESSIONS
from models.sealed import sealed_tables
from models.sealing import FieldCipher
from models.tables.schema import SEALED
from models.unit_of_work import Begin, Store
from services.rotate_keys import CountKeys, RotateKeys, Rotation
from tests.crashes import Died, DiesBeforeCommit
from tests.house import House
from tests.webhook_ingest.harness import wait_until, waiting_for_locks

NEW, RETIRED = b"n" * 32, b"r" * 32


def old_key(home: House) -> bytes:
    (key,) = home.app.settings.crypto.encryption_keys
    return key.reveal()


def store_with(home: House, *keys: bytes) -> Store:
    """The house's database with other keys, the first of which seals."""
    mine = home.app.store
    index_key = home.app.settings.crypto.index_key
    assert index_key is not None
    return Store(mine.database, FieldCipher(keys, index_key.reveal()), mine.endpoints, mine.ring)


@pytest.fixture
def new(home: House) -> Store:
    """The same database, after a new key came first."""
    return store_with(home, NEW, old_key(home))


def rotate(home: House, begin: Begin, batch: int = 2) -> Rotation:
    return RotateKeys(begin, home.app.now)(actor="cli:test", batch=batch)


def counts(store: Store) -> dict[str, dict[str, int]]:
    """Key → table → values."""
    found: dict[str, dict[str, int]] = {}
    for one in CountKeys(store.begin)():
        found.setdefault(one.key_id, {})[one.table] = one.values
    return found


def fill(home: House) -> None:
    """Something in every table that holds something encrypted."""
    for number in range(5):
        session_id = home.opened(auction_id=f"auction-{number}", buyer_phone="+4915112345678")
    home.pay(session_id)
    home.hear()
    home.app.request_refund(session_id, reason="scratched", actor="admin:alice", amount="10.00")
    home.work()
    letter = DeadLetter(home.app.new_id(), "q", "a", b"a message", "reason", "error", home.time())
    home.app.keep_dead_letters([letter])


def everything(store: Store) -> list[tuple[Any, ...]]:
    """What is in all sealed columns, opened."""
    with store.begin() as uow:
        return [
            table.snapshot(table.load(row, uow.cipher))
            for table in sealed_tables()
            for row in uow.connection.execute(
                f"SELECT {table.selection} FROM {table.table.name} r ORDER BY {', '.join(table.identity)}"
            )
        ]


def test_every_table_with_a_sealed_column_is_known() -> None:
    marked = {
        table.name for table in tables.METADATA.tables.values() if any(SEALED in one.info for one in table.columns)
    }
    assert {table.table.name for table in sealed_tables()} == marked


def test_everything_comes_under_the_first_key_and_reads_the_same(home: House, new: Store) -> None:
    fill(home)
    before, (old_id,) = everything(home.app.store), home.app.store.cipher.key_ids
    assert set(counts(new)) == {old_id}

    done = rotate(home, new.begin)

    new_id = new.cipher.key_ids[0]
    assert dict(done.resealed) == counts(new)[new_id]
    assert set(counts(new)) == {new_id}
    assert {one.table: one.values for one in done.counts} == counts(new)[new_id]
    assert done.unreadable == {}
    # The old key is not needed any more.
    assert everything(store_with(home, NEW)) == before
    with new.begin() as uow:
        (event,) = uow.security.find("r.kind = 'keys_rotated'")
    assert (event.actor, event.data["key"], event.data["resealed"]) == ("cli:test", new_id, dict(done.resealed))
    rotate(home, store_with(home, old_key(home), NEW).begin)  # for the check at the end


def test_a_second_run_finds_nothing_to_do(home: House, new: Store) -> None:
    fill(home)
    rotate(home, new.begin)
    assert rotate(home, new.begin).resealed.total() == 0
    rotate(home, store_with(home, old_key(home), NEW).begin)


@pytest.mark.parametrize("number", [1, 3, 5, 8])
def test_killed_anywhere_it_goes_on_where_it_was(home: House, new: Store, number: int) -> None:
    fill(home)
    before = everything(new)
    with pytest.raises(Died):
        rotate(home, DiesBeforeCommit(new.begin, number))
    assert everything(new) == before

    rotate(home, new.begin)
    assert set(counts(new)) == {new.cipher.key_ids[0]}
    assert everything(new) == before


def test_what_a_worker_writes_meanwhile_is_not_lost(home: House, new: Store, database_url: str) -> None:
    """A worker holds one payment while the others are rotated, and has its way with it."""
    fill(home)
    victim = home.app.view_payments.listed(limit=1)[0].session.id
    holding, go_on = threading.Event(), threading.Event()

    def work() -> None:
        with home.app.store.begin() as uow:
            payment = uow.payments.lock_one(victim)
            assert payment is not None
            payment.attempts[0].url = "https://changed.example/"
            holding.set()
            go_on.wait(30)

    worker = threading.Thread(target=work)
    worker.start()
    assert holding.wait(30)

    rotated: list[Rotation] = []
    rotation = threading.Thread(target=lambda: rotated.append(rotate(home, new.begin)))
    rotation.start()
    # It has passed the held rows by, and waits for them when all others are done.
    wait_until(lambda: waiting_for_locks(database_url))
    go_on.set()
    worker.join(30)
    rotation.join(30)

    assert rotated[0].unreadable == {}
    assert home_payment(new, victim).attempts[0].url == "https://changed.example/"
    rotate(home, new.begin)
    assert set(counts(new)) == {new.cipher.key_ids[0]}


def home_payment(store: Store, session_id: Any) -> Any:
    with store.begin() as uow:
        return uow.payments.read([session_id])[0]


def test_what_no_key_opens_is_named_and_everything_else_goes_on(home: House, new: Store) -> None:
    fill(home)
    stranger = store_with(home, RETIRED)
    victim = home.app.view_payments.listed(limit=1)[0].session
    with stranger.begin() as uow:
        SESSIONS.insert_all(uow.connection, [], uow.cipher)
        sealed = uow.cipher.seal(b"x", SESSIONS.context("maker_email", [victim.id]))
        uow.connection.execute("UPDATE payment_sessions SET maker_email = %s WHERE id = %s", (sealed, victim.id))

    done = rotate(home, new.begin)

    (unreadable,) = done.unreadable.values()
    assert (unreadable.table, unreadable.column, unreadable.identity) == (
        "payment_sessions",
        "maker_email",
        (victim.id,),
    )
    assert "no key has the id" in unreadable.why
    assert set(counts(new)) == {new.cipher.key_ids[0], stranger.cipher.key_ids[0]}
    with new.database.transaction() as connection:
        connection.execute("UPDATE payment_sessions SET maker_email = NULL")


def test_the_search_index_stays_as_it_is(home: House, new: Store) -> None:
    fill(home)
    sql = "SELECT id, buyer_email_index FROM payment_sessions ORDER BY id"
    before = home.app.database.rows(sql)
    rotate(home, new.begin)
    assert home.app.database.rows(sql) == before
