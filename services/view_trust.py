"""Who should not pay, and who should not be here: reads for the console."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.payment import Payment
from domain.security import SecurityEvent, SecurityEventKind
from models.paging import Paged, Place
from models.trust_lists import ChainState, DisputeRow, SignalRow, TrustLists, WantedSecurity
from models.unit_of_work import Begin


@dataclass(frozen=True, slots=True)
class Watch:
    """Security events over time, and where their chain ends."""

    counts: Mapping[tuple[datetime, str], int]
    chain: ChainState | None
    #: When the ends of all chains were last signed, and by whom.
    signed: SecurityEvent | None


@dataclass(frozen=True, slots=True)
class ViewTrust:
    """Reads for the pages of risk and security."""

    begin: Begin

    def held(self) -> tuple[list[Payment], list[DisputeRow]]:
        """Payments that wait for a decision, the longest first; open disputes, the soonest answer first."""
        with self.begin() as uow:
            lists = TrustLists(uow.connection, uow.cipher)
            ids = lists.held()
            found: dict[UUID, Payment] = {one.session.id: one for one in uow.payments.read(ids)}
            return [found[one] for one in ids if one in found], lists.disputes()

    def signals(self, kind: str | None, place: Place, limit: int) -> Paged[SignalRow]:
        """Risk signals that weigh something, newest first."""
        with self.begin() as uow:
            return TrustLists(uow.connection, uow.cipher).signals(kind, place, limit)

    def security(self, wanted: WantedSecurity, place: Place, limit: int) -> Paged[SecurityEvent]:
        """Security events, newest first."""
        with self.begin() as uow:
            return TrustLists(uow.connection, uow.cipher).security(wanted, place, limit)

    def watch(self, since: datetime, step: timedelta) -> Watch:
        """Counts of each kind by steps, and the chain."""
        with self.begin() as uow:
            lists = TrustLists(uow.connection, uow.cipher)
            signed = lists.newest(SecurityEventKind.AUDIT_HEADS_SIGNED)
            return Watch(lists.counts(since, step), lists.chain(), signed)


def kinds_of(counts: Mapping[tuple[datetime, str], int]) -> Sequence[str]:
    """The kinds that were counted, the most frequent first."""
    sums: dict[str, int] = {}
    for (_, kind), count in counts.items():
        sums[kind] = sums.get(kind, 0) + count
    return sorted(sums, key=lambda kind: (-sums[kind], kind))
