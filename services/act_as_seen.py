"""Do to a payment what an operator has confirmed, unless it has moved since the operator looked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from domain.errors import PermanentError
from models.unit_of_work import Begin, UnitOfWork
from services.acting import found

T = TypeVar("T")


class Moved(PermanentError):
    """The payment is not the one that was looked at. Nothing was done."""

    code = "payment_moved"


@dataclass(frozen=True, slots=True)
class ActAsSeen:
    """Checks under the payment's lock, in the unit of work of the act itself: nothing comes between."""

    begin: Begin

    def __call__(self, session_id: UUID, seen: int, act: Callable[[Begin], T]) -> T:
        """Act, if the payment's audit chain still ends where it did.

        Args:
            session_id: which payment.
            seen: the number of its newest audit entry when the plan was made.
            act: acts in one unit of work of the `Begin` that it is given.

        Raises:
            NotFound: there is no such payment.
            Moved: something has happened to it since.
        """

        @contextmanager
        def begin() -> Iterator[UnitOfWork]:
            with self.begin() as uow:
                if found(uow, session_id).session.audit_seq != seen:
                    raise Moved("something has happened to the payment meanwhile")
                yield uow

        return act(begin)
