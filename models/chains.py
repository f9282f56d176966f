"""Reads audit chains in one statement, and thus as they were at one moment, however many workers append to them."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.audit import BrokenLink, ChainEnd, ChainHead, ChainInHand
from domain.security import SECURITY_CHAIN
from models.audit import entry_hash
from models.records import AUDIT
from models.sealing import FieldCipher

#: Rows that the server sends at a time.
_BATCH: Final = 2000
#: Sorts after every entry of its chain.
_END: Final = 2**31 - 1

_ENTRIES: Final = f"SELECT {AUDIT.selection} FROM audit_entries r"  # noqa: S608 - our own words
#: Where chains must end stands behind their entries, as a row of the same shape.
_ENDS: Final = f"""
    SELECT id, {_END}, NULL, NULL, NULL::timestamptz, NULL::jsonb, audit_hash, NULL::bytea, audit_seq
      FROM payment_sessions
"""  # noqa: S608
_SECURITY_END: Final = f"""
    SELECT %(security)s::uuid, {_END}, NULL, NULL, NULL::timestamptz, NULL::jsonb, NULL::bytea, NULL::bytea,
           (SELECT count(*)::int FROM security_events)
"""  # noqa: S608
_ALL: Final = f"""
    SELECT * FROM (SELECT {AUDIT.selection}, NULL::int AS ends FROM audit_entries r
                   UNION ALL {_ENDS} UNION ALL {_SECURITY_END}) chains
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class CheckedChain:
    """What one chain turned out to be."""

    id: UUID
    #: How many entries it has.
    entries: int
    head: ChainHead | None
    broken: BrokenLink | None


class SignedHeads:
    """Heads that were signed some day, in the order of their chains, handed out as the walk comes by."""

    def __init__(self, heads: Iterator[ChainHead]) -> None:
        self._heads = heads
        self._next = next(heads, None)

    def missed(self, chain: UUID | None) -> Iterator[ChainHead]:
        """Heads of chains that stand before this one (None: before the end), and were not asked for."""
        while self._next is not None and (chain is None or self._next.chain < chain):
            yield self._next
            self._next = next(self._heads, None)

    def of(self, chain: UUID) -> ChainHead | None:
        """The head of this chain, if there was one."""
        if self._next is None or self._next.chain != chain:
            return None
        head, self._next = self._next, next(self._heads, None)
        return head


def check_chains(
    connection: Connection[Any],
    cipher: FieldCipher,
    *,
    signed: Iterator[ChainHead] | None = None,
    only: UUID | None = None,
) -> Generator[CheckedChain]:
    """Look at every chain, or only one, in the order of their ids. Memory is that of one chain.

    Args:
        connection: in a transaction that stays open meanwhile.
        cipher: opens what is sealed.
        signed: heads that must still be there, in the same order; those of other chains than `only` are passed over.
        only: a payment's id, or `SECURITY_CHAIN`.
    """
    heads = SignedHeads(iter(()) if signed is None else signed)
    for chain, rows in groupby(_rows(connection, only), itemgetter(0)):
        yield from _gone(heads, chain, only)
        yield _checked(chain, rows, cipher, heads.of(chain))
    yield from _gone(heads, None, only)


def count_rows(connection: Connection[Any]) -> int:
    """How many entries there are to look at."""
    row = connection.execute("SELECT count(*) FROM audit_entries").fetchone()
    return int(row[0]) if row else 0


def _rows(connection: Connection[Any], only: UUID | None) -> Iterator[tuple[Any, ...]]:
    # Each batch is a statement of its own to the server's clock; only the first may have to sort.
    # Between two of them it is waited for whoever reads what is found.
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    where = "" if only is None else "WHERE session_id = %(only)s"
    with connection.cursor("audit_chains") as cursor:
        cursor.itersize = _BATCH
        yield from cursor.execute(
            f"{_ALL} {where} ORDER BY session_id, seq", {"security": SECURITY_CHAIN, "only": only}
        )


def _checked(
    chain: UUID, rows: Iterator[tuple[Any, ...]], cipher: FieldCipher, signed: ChainHead | None
) -> CheckedChain:
    in_hand, entries, end = ChainInHand(chain, entry_hash, signed), 0, None
    for *row, ends in rows:
        if ends is None:
            in_hand.take(AUDIT.load(row, cipher))
            entries += 1
        else:
            end = ChainEnd(ends, row[6])
    in_hand.end(end)
    return CheckedChain(chain, entries, in_hand.head, in_hand.broken)


def _gone(heads: SignedHeads, before: UUID | None, only: UUID | None) -> Iterator[CheckedChain]:
    """Chains of which nothing is left, not even who they belonged to."""
    for head in heads.missed(before):
        if only in (None, head.chain):
            why = f"the whole chain is missing; up to entry {head.seq} it was signed"
            yield CheckedChain(head.chain, 0, None, BrokenLink(head.chain, 1, None, None, why))
