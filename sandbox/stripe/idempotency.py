"""Idempotency keys: the first answer is kept for a day and given again to whoever repeats the question."""

import hashlib
from collections import deque
from typing import Final

import orjson

from sandbox.stripe.errors import StripeError, invalid
from sandbox.stripe.wire import Request, Response
from sandbox.stripe.world import World

LONGEST: Final = 255


class Keys:
    """The keys of one sandbox. A key belongs to an API key; the same text under another one is another key."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.in_use: set[str] = set()
        self._ages: deque[tuple[float, str]] = deque(
            (row["at"], row["id"]) for row in world.store.table("sandbox.key").oldest()
        )

    def begin(self, request: Request, api_key: str) -> tuple[str | None, Response | None]:
        """Claim the key of a request; returns (what to release, what to answer at once).

        Raises:
            StripeError: used with other parameters, in use, or too long.
        """
        key = request.headers.get("idempotency-key")
        if key is None or request.method != "POST":
            return None, None
        if not key or len(key) > LONGEST:
            raise invalid(f"Idempotency keys must be between 1 and {LONGEST} characters long.", "idempotency_key")
        self._forget()
        owned = f"{api_key}\n{key}"
        if owned in self.in_use:
            raise _in_use(key)
        kept = self.world.store.find("sandbox.key", owned)
        if kept is None:
            self.in_use.add(owned)
            return owned, None
        if kept["path"] != request.path:
            raise _mismatch(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{kept['path']}' vs. '{request.path}'). Try using a key other than '{key}' if you meant to execute "
                "a different request."
            )
        if kept["print"] != _print(request):
            raise _mismatch(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
        headers = {**kept["headers"], "Idempotent-Replayed": "true"}
        return None, Response(kept["status"], kept["body"].encode(), headers)

    def keep(self, owned: str, request: Request, response: Response, request_id: str) -> None:
        """Remember an answer."""
        at = self.world.time()
        headers = {**response.headers, "Original-Request": request_id}
        self.world.store.save(
            {
                "id": owned,
                "object": "sandbox.key",
                "at": at,
                "path": request.path,
                "print": _print(request),
                "status": response.status,
                "headers": headers,
                "body": response.body.decode(),
            }
        )
        self._ages.append((at, owned))

    def release(self, owned: str | None) -> None:
        """The request with this key has been answered."""
        if owned is not None:
            self.in_use.discard(owned)

    def _forget(self) -> None:
        oldest = self.world.time() - self.world.settings.key_memory
        while self._ages and self._ages[0][0] < oldest:
            self.world.store.delete("sandbox.key", self._ages.popleft()[1])


def _print(request: Request) -> str:
    return hashlib.sha256(orjson.dumps(request.params, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _mismatch(message: str) -> StripeError:
    return StripeError(message, kind="idempotency_error")


def _in_use(key: str) -> StripeError:
    return StripeError(
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later.",
        status=409,
        kind="idempotency_error",
        code="idempotency_key_in_use",
        headers={"Stripe-Should-Retry": "true"},
    )
