"""Read the audit trail: search it, export it, and verify parts of it while somebody waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.security import SECURITY_CHAIN, SecurityEvent, SecurityEventKind
from models import audit_lists
from models.audit_lists import AuditRow, WantedEntries
from models.chains import check_chains
from models.paging import Paged, Place
from models.trust_lists import TrustLists
from models.unit_of_work import Begin
from services.manage_deliveries import check_reason
from services.receipt_office import TooMany
from services.verify_audit import Verification

#: As many are counted and exported at once; more has the command line, or the time to be narrowed.
MOST_EXPORTED: Final = 50_000
_BATCH: Final = 1_000
#: Chains of the newest payments that are verified while somebody waits, and how long that may take.
RECENT: Final = 500
_PATIENCE: Final = timedelta(seconds=8)
_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class ViewAudit:
    """Reads for the console and the command line."""

    begin: Begin
    #: Where files are read, seconds behind maybe.
    report: Begin
    now: Clock

    def page(self, wanted: WantedEntries, place: Place, limit: int) -> Paged[AuditRow]:
        """One page of entries, newest first."""
        return _page(self.begin, wanted, place, limit)

    def count(self, wanted: WantedEntries) -> int:
        """How many there are, up to one more than can be exported."""
        with self.begin() as uow:
            return audit_lists.count(uow.connection, wanted, MOST_EXPORTED + 1)

    def export(self, wanted: WantedEntries, actor: str, form: str, reason: str) -> Iterator[AuditRow]:
        """All that match, newest first, up to `MOST_EXPORTED`. That somebody took them is on record before.

        Args:
            wanted: which ones.
            actor: who takes them.
            form: what they are written as.
            reason: why, in their words.

        Raises:
            ActRefused: there is no reason.
        """
        check_reason(reason)
        asked = {name: value for name, value in wanted.params.items() if value is not None}
        asked |= {"people": True} if wanted.people else {}
        with self.begin() as uow:
            kind = SecurityEventKind.AUDIT_EXPORTED
            uow.security.note(kind, self.now(), actor, form=form, reason=reason, asked=asked or None)
        return self._all(wanted)

    def _all(self, wanted: WantedEntries) -> Iterator[AuditRow]:
        place, left = Place(), MOST_EXPORTED
        while left > 0:
            found = _page(self.report, wanted, place, min(_BATCH, left))
            yield from found.rows
            left -= len(found.rows)
            if not found.has_older:
                return
            last = found.rows[-1].entry
            place = Place((last.at, last.session_id, last.seq))

    def verify(self, chain: UUID | None) -> Verification:
        """Verify one chain; or those of the newest payments and of security events, as far as patience lasts.

        Raises:
            TooMany: there are more security events than can be looked at while somebody waits.
        """
        with self.begin() as uow:
            end = TrustLists(uow.connection, uow.cipher).chain()
            is_long = end is not None and end.seq > MOST_EXPORTED
            if chain == SECURITY_CHAIN and is_long:
                raise TooMany("there are too many; use gavelpay audit verify")
            newest = [] if chain is not None else audit_lists.newest_chains(uow.connection, RECENT)
            ids = [chain] if chain is not None else [*([] if is_long else [SECURITY_CHAIN]), *newest]
            begun, chains, entries, broken = self.now(), 0, 0, []
            for one in ids:
                for checked in check_chains(uow.connection, uow.cipher, only=one):
                    chains, entries = chains + 1, entries + checked.entries
                    broken += [checked.broken] if checked.broken is not None else []
                if self.now() - begun > _PATIENCE:
                    break
        return Verification(chains, entries, len(broken), broken[:_NAMED])

    def signed(self) -> SecurityEvent | None:
        """When the ends of all chains were last signed, and by whom."""
        with self.begin() as uow:
            return TrustLists(uow.connection, uow.cipher).newest(SecurityEventKind.AUDIT_HEADS_SIGNED)


def _page(begin: Begin, wanted: WantedEntries, place: Place, limit: int) -> Paged[AuditRow]:
    with begin() as uow:
        return audit_lists.page(uow.connection, uow.cipher, wanted, place, limit)
