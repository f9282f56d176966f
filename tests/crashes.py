"""Death at a chosen line: a worker that dies before its call, after it, or before it could record."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.unit_of_work import Begin, UnitOfWork


class Died(BaseException):
    """The process was killed here. No `except Exception` survives it."""


class DiesBeforeCommit:
    """A `begin` whose n-th unit of work does everything and then dies instead of committing."""

    def __init__(self, begin: Begin, number: int) -> None:
        self._begin = begin
        self._left = number

    @contextmanager
    def __call__(self) -> Iterator[UnitOfWork]:
        self._left -= 1
        with self._begin() as uow:
            yield uow
            if self._left == 0:
                raise Died


class DiesAfterCall:
    """A gateway whose calls do their work at the other side, and whose process dies before it hears of it."""

    def __init__(self, gateway: Any, method: str) -> None:
        self._gateway = gateway
        self._method = method

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._gateway, name)
        if name != self._method:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            real(*args, **kwargs)
            raise Died

        return call


class DiesBeforeCall(DiesAfterCall):
    """A gateway whose process dies before the other side hears of anything."""

    def __getattr__(self, name: str) -> Any:
        def call(*_args: Any, **_kwargs: Any) -> Any:
            raise Died

        return call if name == self._method else getattr(self._gateway, name)
