"""Record what happens to the system rather than to a payment."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.clock import Clock
from domain.security import SecurityEventKind
from models.unit_of_work import Begin


@dataclass(frozen=True, slots=True)
class RecordSecurityEvent:
    """Write one security event, with its link of the security chain, in a short transaction of its own.

    A use case that has a transaction open notes it there instead (`uow.security.note`), so that both are kept or none.
    An operator's act that a payment's note calls refused (`…_refused`) is recorded by itself.
    """

    begin: Begin
    now: Clock

    def __call__(
        self,
        kind: SecurityEventKind,
        *,
        actor: str = "system",
        session_id: UUID | None = None,
        quiet: timedelta | None = None,
        **data: object,
    ) -> bool:
        """Record it.

        Args:
            kind: what happened.
            actor: who did it, such as `admin:alice`.
            session_id: the payment that it is about.
            quiet: record nothing if one of this kind by this actor is younger than that.
            data: what else there is to know: short values, no bodies. Card numbers in them are masked.

        Returns:
            Whether it was recorded.

        Raises:
            DatabaseUnavailable: it was not, or it is unknown.
        """
        with self.begin() as uow:
            uow.security.note(kind, self.now(), actor, session_id=session_id, quiet=quiet, **data)
        return bool(uow.security.recorded)
