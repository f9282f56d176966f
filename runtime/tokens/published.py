"""Public keys that an issuer publishes at an address (JWKS, RFC 7517), kept between tokens."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx
import jwt
import orjson
import structlog

from runtime.tokens.callers import Refusal, TokenRefused

#: A forged key id must not make us knock at the issuer's door with each request.
_AT_MOST_EVERY: Final = 60.0
#: A key that the issuer withdrew is trusted no longer than this, unless the issuer is away.
_LONGEST_KEPT: Final = 3_600.0
_TIMEOUT: Final = 5.0
_LARGEST: Final = 256 * 1024
#: Algorithm: key type and curve. Only asymmetric ones: with HS256 the public key would be the secret.
_ALGORITHMS: Final[Mapping[str, tuple[str, str | None]]] = {"RS256": ("RSA", None), "ES256": ("EC", "P-256")}

Fetch = Callable[[], bytes]


def fetch_from(url: str) -> Fetch:
    """Give a function that fetches the published keys. It raises `httpx.HTTPError` or `OSError`."""

    def fetch() -> bytes:
        with httpx.stream("GET", url, timeout=_TIMEOUT, headers={"Accept": "application/json"}) as response:
            response.raise_for_status()
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > _LARGEST:
                    raise OSError("the published keys are larger than 256 KB")
            return body

    return fetch


class PublishedKeys:
    """The issuer's keys by id.

    Fetched when a token names a key that is not known, and hourly, but never more than once a minute. While the issuer
    cannot be reached the old keys stay. Any thread may ask.
    """

    algorithms: Sequence[str] = tuple(_ALGORITHMS)

    def __init__(self, fetch: Fetch, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[tuple[str, str | None], Any] = {}
        self._asked_at: float | None = None
        self._fetched_at: float | None = None
        self._lock = threading.Lock()

    def find(self, algorithm: str, key_id: str | None) -> Any:
        """Give the key for a token's header.

        Raises:
            TokenRefused: The issuer publishes no such key, or could not be asked so far.
        """
        found = self._known(algorithm, key_id)
        if found is None or self._is_old():
            # One thread asks. Another waits for the answer only where it cannot go on with an old key.
            if self._lock.acquire(blocking=found is None):
                try:
                    self._refresh()
                finally:
                    self._lock.release()
            found = self._known(algorithm, key_id)
        if found is None:
            raise TokenRefused(Refusal.KEYS_UNAVAILABLE if self._fetched_at is None else Refusal.UNKNOWN_KEY)
        return found

    def _known(self, algorithm: str, key_id: str | None) -> Any:
        keys = self._keys
        if key_id is not None:
            return keys.get((algorithm, key_id))
        # A token without a key id is unambiguous where there is one key that it may mean.
        fitting = [key for (suited, _), key in keys.items() if suited == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._monotonic() - self._fetched_at > _LONGEST_KEPT

    def _refresh(self) -> None:
        now = self._monotonic()
        if self._asked_at is not None and now - self._asked_at < _AT_MOST_EVERY:
            return
        self._asked_at = now
        try:
            self._keys = _parse(self._fetch())
            self._fetched_at = now
        except (httpx.HTTPError, OSError, ValueError) as error:
            structlog.get_logger().warning("published_keys.fetch_failed", error=error, keys_kept=len(self._keys))


def _parse(document: bytes) -> dict[tuple[str, str | None], Any]:
    """Keys by algorithm and id. Entries that are of no use here are left out, as RFC 7517 §5 asks."""
    parsed = orjson.loads(document)
    entries = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(entries, list):
        raise ValueError("the document holds no list of keys")  # noqa: TRY004 - the document's fault, as any other of it
    keys = {}
    for entry in entries:
        if isinstance(entry, dict) and (algorithm := _algorithm(entry)):
            try:
                keys[algorithm, entry.get("kid")] = jwt.PyJWK(entry, algorithm).key
            except (jwt.PyJWTError, ValueError, TypeError):
                continue
    return keys


def _algorithm(entry: dict[str, Any]) -> str | None:
    if entry.get("use", "sig") != "sig":
        return None
    kind = entry.get("kty")
    for algorithm, (suited, curve) in _ALGORITHMS.items():
        if kind == suited and entry.get("crv") == curve and entry.get("alg", algorithm) == algorithm:
            return algorithm
    return None
