"""A bucket as it is asked: in our errors, and in bounded time."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from gateways.storage.deadline import within
from gateways.storage.s3_failures import translated

#: Seconds: two tries of a connection and an answer, and the pause between them.
PATIENCE: Final = 30.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket, or what is in it under a prefix.

    Args:
        client: see `s3_client.connect`.
        name: the bucket's.
        prefix: stands before each key; empty, or with a slash at its end.
        patience: seconds for one request with all its tries.
    """

    client: Any
    name: str
    prefix: str
    patience: float = PATIENCE

    @property
    def place(self) -> str:
        """Its address, for people."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    def ask(self, operation: str, what: str, **parameters: Any) -> Any:
        """One request. `what` says for errors what was to be done, such as "store receipts/1.pdf".

        Raises:
            GatewayUnavailable, GatewayRefused: it came to nothing; refusals carry Amazon's code.
        """
        return self._bounded(what, lambda: self._call(operation, parameters))

    def read(self, key: str, what: str, largest: int) -> bytes | None:
        """The content of an object; None if it is larger than so many bytes."""

        def read() -> bytes | None:
            answer = self._call("get_object", {"Key": key})
            with closing(answer["Body"]) as body:
                content: bytes | None = body.read() if answer["ContentLength"] <= largest else None
            return content

        return self._bounded(what, read)

    def _bounded(self, what: str, act: Callable[[], T]) -> T:
        what = f"{what} in {self.place}"
        with translated(what):
            return within(self.patience, what, act)

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        if "Key" in parameters:
            parameters = parameters | {"Key": self.prefix + parameters["Key"]}
        return getattr(self.client, operation)(Bucket=self.name, **parameters)
