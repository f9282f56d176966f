"""The audit trail is verified entry by entry, and against heads that were signed before."""

import io
import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.errors import NotFound
from domain.security import SECURITY_CHAIN, SecurityEventKind
from models.audit import entry_hash
from services.audit_heads import PURPOSE, HeadsFile, HeadsNotOurs, open_heads
from services.verify_audit import AuditBroken, SignAuditHeads, Verification, VerifyAudit, describe
from tests.house import House, house
from tests.services.tampering import tamper


@pytest.fixture
def sold(database_url: str) -> Iterator[House]:
    """A house with three payments, one of them paid, and no check at the end."""
    with house(database_url) as home:
        for number in range(3):
            session_id = home.opened(auction_id=f"auction-{number}")
        home.pay(session_id)
        home.hear()
        yield home


def verify(home: House, heads: HeadsFile | None = None, only: UUID | None = None) -> Verification:
    return VerifyAudit(home.app.store.begin)(heads, only)


def signed(home: House) -> bytes:
    return b"".join(SignAuditHeads(home.app.store.begin, home.app.now)())


def opened(home: House, document: bytes) -> HeadsFile:
    return open_heads(io.BytesIO(document), home.app.store.cipher.derive(PURPOSE))


def sessions(home: House) -> list[UUID]:
    return [row[0] for row in home.app.database.rows("SELECT id FROM payment_sessions ORDER BY auction_id")]


def test_an_untouched_trail_is_intact(sold: House) -> None:
    found = verify(sold, opened(sold, signed(sold)))

    (entries,) = sold.app.database.rows("SELECT count(*)::int FROM audit_entries")[0]
    assert (found.intact, found.entries, found.chains) == (True, entries, 4)


@pytest.mark.parametrize(
    ("damage", "seq", "why"),
    [
        ("UPDATE audit_entries SET data = '{}' WHERE session_id = %s AND seq = 2", 2, "not as it was written"),
        ("UPDATE audit_entries SET actor = 'x' WHERE session_id = %s AND seq = 1", 1, "not as it was written"),
        ("UPDATE audit_entries SET hash = '\\x00' WHERE session_id = %s AND seq = 1", 1, "not as it was written"),
        ("UPDATE audit_entries SET previous_hash = '\\x00' WHERE session_id = %s AND seq = 2", 2, "does not follow"),
        ("DELETE FROM audit_entries WHERE session_id = %s AND seq = 1", 1, "missing"),
        ("DELETE FROM audit_entries WHERE session_id = %s AND seq = 2", 2, "missing; the last one is entry 2"),
        ("DELETE FROM audit_entries WHERE session_id = %s", 1, "missing"),
        ("UPDATE payment_sessions SET audit_hash = '\\x00' WHERE id = %s", 2, "not the one that the payment ends with"),
        ("UPDATE payment_sessions SET audit_seq = 1 WHERE id = %s", 2, "should end before it, with entry 1"),
    ],
)
def test_the_first_broken_entry_is_named(sold: House, damage: str, seq: int, why: str) -> None:
    victim = sessions(sold)[1]
    tamper(sold, damage, victim)

    found = verify(sold)

    assert (found.intact, found.broken_chains) == (False, 1)
    (link,) = found.broken
    assert (link.chain, link.seq) == (victim, seq)
    assert why in describe(link)
    assert str(victim) in describe(link)
    assert verify(sold, only=victim).broken == [link]
    assert verify(sold, only=sessions(sold)[0]).intact


def test_only_the_first_broken_entry_of_a_chain_is_named(sold: House) -> None:
    tamper(sold, "UPDATE audit_entries SET actor = 'x'")
    assert [link.seq for link in verify(sold).broken] == [1, 1, 1]


def test_what_was_removed_with_all_that_knew_of_it_shows_against_signed_heads(sold: House) -> None:
    heads = signed(sold)
    first, second, _ = sessions(sold)
    # The tail of one chain, and all of another one, with their payments.
    tamper(sold, "DELETE FROM audit_entries WHERE session_id = %s AND seq = 2", first)
    tamper(
        sold,
        "UPDATE payment_sessions s SET audit_seq = 1, audit_hash = e.hash FROM audit_entries e"
        " WHERE e.session_id = s.id AND e.seq = 1 AND s.id = %s",
        first,
    )
    for table in ("checkout_attempts", "audit_entries"):
        tamper(sold, f"DELETE FROM {table} WHERE session_id = %s", second)
    tamper(sold, "DELETE FROM payment_sessions WHERE id = %s", second)

    assert verify(sold).intact
    found = verify(sold, opened(sold, heads))

    broken = {link.chain: (link.seq, link.why) for link in found.broken}
    assert broken == {
        first: (2, "it is missing; up to entry 2 they were signed"),
        second: (1, "the whole chain is missing; up to entry 2 it was signed"),
    }
    assert not verify(sold, opened(sold, heads), second).intact


def test_a_chain_that_was_written_anew_shows_against_signed_heads(sold: House) -> None:
    heads = signed(sold)
    victim = sessions(sold)[0]
    previous = None
    for entry in sold.app.view_payments.history(victim):
        entry.actor, entry.previous_hash = "nobody", previous
        previous = entry_hash(entry)
        tamper(
            sold,
            "UPDATE audit_entries SET actor = 'nobody', previous_hash = %s, hash = %s"
            " WHERE session_id = %s AND seq = %s",
            entry.previous_hash,
            previous,
            victim,
            entry.seq,
        )
    tamper(sold, "UPDATE payment_sessions SET audit_hash = %s WHERE id = %s", previous, victim)

    assert verify(sold).intact
    (link,) = verify(sold, opened(sold, heads)).broken
    assert (link.chain, link.why) == (victim, "it is not the one that was signed")


def test_chains_may_grow_and_new_ones_begin_after_the_heads_were_signed(sold: House) -> None:
    heads = signed(sold)
    sold.app.record_security_event(SecurityEventKind.ACCESS_DENIED, actor="support:eve")
    sold.opened(auction_id="auction-9")
    sold.app.close_by_request(sessions(sold)[0], "admin:alice")

    assert verify(sold, opened(sold, heads)).intact


def test_the_security_chain_is_verified_like_any_other(sold: House) -> None:
    for _ in range(3):
        sold.app.record_security_event(SecurityEventKind.ACCESS_DENIED, actor="support:eve")
    heads = signed(sold)
    assert verify(sold).intact

    tamper(sold, "DELETE FROM audit_entries WHERE session_id = %s AND seq >= 3", SECURITY_CHAIN)
    (link,) = verify(sold).broken
    assert (link.chain, link.seq) == (SECURITY_CHAIN, 3)
    assert "chain of security events" in describe(link)

    tamper(sold, "DELETE FROM security_events WHERE audit_seq >= 3")
    assert verify(sold, only=SECURITY_CHAIN).intact
    assert not verify(sold, opened(sold, heads)).intact


def test_a_chain_whose_payment_is_gone_is_named(sold: House) -> None:
    stranger = UUID(int=7)
    tamper(
        sold,
        "INSERT INTO audit_entries SELECT %s, seq, action, actor, at, data, previous_hash, hash FROM audit_entries"
        " WHERE session_id = %s",
        stranger,
        sessions(sold)[0],
    )
    assert [link.chain for link in verify(sold).broken] == [stranger]


def test_a_broken_trail_is_not_signed(sold: House) -> None:
    tamper(sold, "UPDATE audit_entries SET actor = 'x' WHERE seq = 2 AND session_id = %s", sessions(sold)[0])
    with pytest.raises(AuditBroken, match="broken at entry 2"):
        signed(sold)
    assert verify(sold, only=sessions(sold)[1]).intact


@pytest.mark.parametrize(
    "forge",
    [
        lambda text: text.replace(b'"seq":2', b'"seq":1', 1),
        lambda text: b"".join(line for number, line in enumerate(text.splitlines(keepends=True)) if number != 1),
        lambda text: text.rsplit(b"\n", 2)[0] + b"\n",
        lambda text: text + b"\n",
        lambda text: b"",
        lambda text: b"\xff\n\xfe\n",
        lambda text: text.replace(b'"signature":"', b'"signature":"0', 1),
    ],
)
def test_heads_that_were_changed_are_refused(sold: House, forge: object) -> None:
    with pytest.raises(HeadsNotOurs):
        opened(sold, forge(signed(sold)))  # type: ignore[operator]


def test_heads_of_another_house_are_refused(sold: House) -> None:
    with pytest.raises(HeadsNotOurs):
        open_heads(io.BytesIO(signed(sold)), b"x" * 32)


def test_a_payment_that_does_not_exist_is_not_found(sold: House) -> None:
    with pytest.raises(NotFound):
        verify(sold, only=UUID(int=1))


def test_progress_is_told_to_the_end(sold: House) -> None:
    told: list[tuple[str, int, int | None]] = []
    found = VerifyAudit(sold.app.store.begin)(progress=lambda *step: told.append(step))
    assert told[-1] == ("audit entries", found.entries, found.entries)


def test_a_trail_that_grows_meanwhile_is_intact(sold: House) -> None:
    verdicts: list[bool] = []
    checking = threading.Thread(target=lambda: verdicts.extend(verify(sold).intact for _ in range(20)))
    checking.start()
    for number in range(20):
        sold.require(auction_id=f"more-{number}")
        sold.app.record_security_event(SecurityEventKind.ACCESS_DENIED)
    checking.join(60)
    assert verdicts == [True] * 20
