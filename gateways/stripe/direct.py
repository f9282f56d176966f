"""An HTTP client that opens no connection: each request goes to a function. For simulation in one process."""

from collections.abc import Callable, Mapping
from typing import Any

from stripe import APIConnectionError, HTTPClient

#: Method, address, headers and form in; status, body and headers out, or None where no answer comes.
Ask = Callable[[str, str, Mapping[str, str], str], tuple[int, bytes, Mapping[str, str]] | None]


class DirectClient(HTTPClient):
    """Asks a function instead of a server. It repeats nothing by itself."""

    name = "direct"

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Ask once.

        Raises:
            APIConnectionError: no answer came.
        """
        answer = self._ask(method.upper(), url, headers or {}, post_data or "")
        if answer is None:
            raise APIConnectionError("no answer")  # type: ignore[no-untyped-call]
        status, body, answered = answer
        return body.decode(), status, answered

    def close(self) -> None:
        """Nothing is open."""
