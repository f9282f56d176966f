"""The paper that goes with a mail: a receipt, or a credit note."""

from dataclasses import dataclass
from typing import Protocol

from domain.notice import Notice


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was issued."""

    number: str
    #: The PDF; None where the storage is away: then the mail has the link alone.
    content: bytes | None = None


class Papers(Protocol):
    """Finds the paper of a notice. Asked outside of transactions, for the storage may be slow."""

    def __call__(self, notice: Notice, /) -> Paper | None:
        """The receipt or credit note that this notice tells of; None while it is not issued. It never raises."""
        ...


def no_papers(_notice: Notice) -> Paper | None:
    """Nobody issues papers."""
    return None
