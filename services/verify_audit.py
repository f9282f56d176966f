"""Verify the audit trail, and sign where it ends."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

from domain.audit import BrokenLink, ChainHead
from domain.clock import Clock
from domain.errors import NotFound, PermanentError
from domain.security import SECURITY_CHAIN, SecurityEventKind
from models.chains import CheckedChain, check_chains, count_rows
from models.unit_of_work import Begin
from services.audit_heads import FRAME, PURPOSE, HeadsFile, sign_heads
from services.progress import Progress, unwatched

#: Broken chains that are named one by one.
_NAMED = 100
_TOLD_EVERY = 500


class AuditBroken(PermanentError):
    """The trail is not as it was written; nothing of it is signed."""

    code = "audit_broken"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the audit trail found."""

    chains: int
    entries: int
    #: How many chains are broken.
    broken_chains: int
    #: Where the first of them are broken.
    broken: list[BrokenLink]

    @property
    def intact(self) -> bool:
        """Whether nothing was changed or removed."""
        return not self.broken_chains


@dataclass(frozen=True, slots=True)
class VerifyAudit:
    """Look at every entry of every chain, while the system runs. Memory is that of one chain."""

    begin: Begin

    def __call__(
        self, heads: HeadsFile | None = None, only: UUID | None = None, progress: Progress = unwatched
    ) -> Verification:
        """Verify all chains, or one.

        Args:
            heads: signed heads that must still be there.
            only: a payment's id, or `SECURITY_CHAIN`.
            progress: hears how many entries have been looked at.

        Raises:
            NotFound: there is no such chain, nor was there one when the heads were signed.
        """
        chains = entries = broken_chains = 0
        broken: list[BrokenLink] = []
        with self.begin() as uow:
            signed = heads.heads() if heads is not None else None
            checked = check_chains(uow.connection, uow.cipher, signed=signed, only=only)
            total = count_rows(uow.connection) if only is None else None
            for chain in _watched(checked, total, progress):
                chains, entries = chains + 1, entries + chain.entries
                if chain.broken is not None:
                    broken_chains += 1
                    broken += [chain.broken] if broken_chains <= _NAMED else []
        if only is not None and not chains:
            raise NotFound("there is no such payment session")
        return Verification(chains, entries, broken_chains, broken)


@dataclass(frozen=True, slots=True)
class SignAuditHeads:
    """Sign where every chain ends now. Kept elsewhere, this shows what is removed or rewritten later."""

    begin: Begin
    now: Clock

    def __call__(self, progress: Progress = unwatched, *, actor: str = "system") -> Iterator[bytes]:
        """The lines of a file that `open_heads` reads. Each chain is verified before it is signed.

        That they were signed, by whom and how many, is a security event, behind what was signed.

        Raises:
            AuditBroken: a chain is broken; what was given so far has no signature.
        """
        with self.begin() as uow:
            total = count_rows(uow.connection)
            with closing(check_chains(uow.connection, uow.cipher)) as checked:
                heads = _unbroken(_watched(checked, total, progress))
                lines = 0
                for line in sign_heads(heads, uow.cipher.derive(PURPOSE), self.now()):
                    lines += 1
                    yield line
            signed = SecurityEventKind.AUDIT_HEADS_SIGNED
            uow.security.note(signed, self.now(), actor, chains=lines - FRAME)


def _unbroken(chains: Iterator[CheckedChain]) -> Iterator[ChainHead]:
    for chain in chains:
        if chain.broken is not None:
            raise AuditBroken(describe(chain.broken))
        if chain.head is not None:
            yield chain.head


def describe(link: BrokenLink) -> str:
    """Where a chain is broken, without a full stop."""
    whose = "security events" if link.chain == SECURITY_CHAIN else f"payment {link.chain}"
    which = f" ({link.action})" if link.action else ""
    return f"the audit chain of {whose} is broken at entry {link.seq}{which}: {link.why}"


def _watched(chains: Iterator[CheckedChain], total: int | None, progress: Progress) -> Iterator[CheckedChain]:
    done = told = 0
    for chain in chains:
        yield chain
        done += chain.entries
        if done >= told:
            progress("audit entries", done, total)
            told = done + _TOLD_EVERY
    progress("audit entries", done, total)
