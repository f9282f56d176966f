"""Do what a request asks once, however often it comes under the same key, and give every time the same answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from domain.clock import Clock
from domain.errors import PermanentError
from domain.ids import NewId
from domain.keyed_request import KeyedRequest
from models import keyed_requests
from models.unit_of_work import Begin, UnitOfWork

#: How long a key is remembered at least: whoever asks again does so within a weekend.
REMEMBERED: Final = timedelta(hours=72)
#: An answer that is not written down by then never will be: its process died in between.
_ANSWERED_WITHIN: Final = timedelta(minutes=1)


class Why(StrEnum):
    """Why there is no answer."""

    OTHER_REQUEST = "idempotency_key_reused"
    IN_PROGRESS = "request_in_progress"
    #: It was done, and nobody knows what was answered.
    ANSWER_LOST = "answer_lost"


class NotAnswered(PermanentError):
    """This key was used before, and there is no answer to repeat."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: HTTP's status and a body."""

    status: int
    body: str
    is_repeat: bool = False


class _Taken(Exception):
    """Somebody else has this key."""


@dataclass(frozen=True, slots=True)
class AnswerOnce:
    """Answers requests by key. The key is committed with what the request does, so a crash can part them nowhere."""

    begin: Begin
    now: Clock
    new_id: NewId

    def __call__(self, caller: str, key: str, fingerprint: bytes, do: Callable[[Begin], Answer]) -> Answer:
        """Do it, or repeat its answer.

        Args:
            caller: who asks.
            key: chosen by the caller, for this one request.
            fingerprint: SHA-256 of what is asked.
            do: does it in one unit of work of the `Begin` that it is given, and answers. What it raises is not an
                answer: if it has not committed, the key is free again.

        Raises:
            NotAnswered: the key was used before, and there is no answer to repeat.
        """
        request = KeyedRequest(self.new_id(), caller, key, fingerprint, self.now())
        try:
            answer = do(partial(self._claiming, request))
        except _Taken:
            return self._repeated(request)
        request.status, request.answer = answer.status, answer.body
        with self.begin() as uow:
            keyed_requests.answer(uow.connection, uow.cipher, request)
            keyed_requests.prune(uow.connection, request.created_at - REMEMBERED)
        return answer

    @contextmanager
    def _claiming(self, request: KeyedRequest) -> Iterator[UnitOfWork]:
        """A unit of work that takes the key first."""
        with self.begin() as uow:
            if not keyed_requests.claim(uow.connection, uow.cipher, request):
                raise _Taken
            yield uow

    def _repeated(self, request: KeyedRequest) -> Answer:
        with self.begin() as uow:
            known = keyed_requests.of_key(uow.connection, uow.cipher, request.caller, request.key)
        if known is None:  # forgotten in this very moment
            raise NotAnswered(Why.IN_PROGRESS)
        if known.fingerprint != request.fingerprint:
            raise NotAnswered(Why.OTHER_REQUEST)
        if known.status is None and request.created_at - known.created_at < _ANSWERED_WITHIN:
            raise NotAnswered(Why.IN_PROGRESS)
        # Not a text: it is sealed under a key that is gone.
        if known.status is None or not isinstance(known.answer, str):
            raise NotAnswered(Why.ANSWER_LOST)
        return Answer(known.status, known.answer, is_repeat=True)
