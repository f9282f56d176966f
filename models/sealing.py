"""Encryption of columns and bodies at rest, and search over what is encrypted.

A sealed value is the key's id (4 bytes), a nonce (12 bytes) and the AES-GCM ciphertext with its tag (16 bytes more than
the plaintext). It opens only in the context that it was sealed in, so that a value cannot be moved to another column.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
#: NIST SP 800-38D §8.2: 96 bits. Random nonces are good for 2³² values under one key.
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


class SealingError(Exception):
    """A sealed value could not be opened."""


class UnknownKey(SealingError):
    """The value was sealed under a key that is not among ours. `key_id` is its id in hexadecimal."""

    def __init__(self, key_id: bytes) -> None:
        self.key_id = key_id.hex()
        super().__init__(f"no key has the id {self.key_id}; keep retired keys in FIELD_ENCRYPTION_KEYS")


class Tampered(SealingError):
    """The value is not as it was sealed: it was changed, cut, or belongs to another context."""


#: Hears of a value that could not be opened: in which table and column, and why.
OnUnreadable = Callable[[str, SealingError], object]


def unheard(_where: str, _error: SealingError) -> None:
    """Nobody listens."""


class FieldCipher:
    """Seals and opens values. Holds no state that changes, so any number of threads may share one.

    Args:
        keys: Keys of 32 bytes. The first one seals, all of them open.
        index_key: The key of the search index; it never rotates without all indexes being written anew.
        random_bytes: Where nonces come from. Anything but the system's source is for simulation only.

    Raises:
        ValueError: There is no key, one is not 32 bytes long, or two have the same id.
    """

    def __init__(
        self, keys: Sequence[bytes], index_key: bytes, random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        if not keys or any(len(key) != _KEY_BYTES for key in (*keys, index_key)):
            raise ValueError(f"keys are {_KEY_BYTES} bytes long, and there is at least one")
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        if len(self._ciphers) < len(keys):
            raise ValueError("two keys have the same id")
        self._current = key_id(keys[0])
        self._index_key = index_key
        self._random_bytes = random_bytes
        #: Called by those who go on without a value that could not be opened.
        self.unreadable: OnUnreadable = unheard

    def telling(self, hears: OnUnreadable) -> "FieldCipher":
        """The same cipher, whose unreadable values somebody hears of."""
        same = copy(self)
        same.unreadable = hears
        return same

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt under the first key. `context` says what the value is, for example table and column."""
        (sealed,) = self.seal_all([(plaintext, context)])
        return sealed

    def seal_all(self, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypt any number of plaintexts, each with its context.

        Their nonces come at once: to ask the system for each lets go of the interpreter, and other threads wake up for
        nothing.
        """
        key_id, encrypt = self._current, self._ciphers[self._current].encrypt
        nonces = self._random_bytes(_NONCE_BYTES * len(values))
        sealed = []
        for at, (plaintext, context) in enumerate(values):
            nonce = nonces[at * _NONCE_BYTES : (at + 1) * _NONCE_BYTES]
            sealed.append(key_id + nonce + encrypt(nonce, plaintext, context))
        return sealed

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what `seal` gave for the same context.

        Raises:
            UnknownKey: None of our keys sealed it.
            Tampered: It is not as it was sealed, or belongs to another context.
        """
        if len(sealed) < _ID_BYTES + _NONCE_BYTES + _TAG_BYTES:
            raise Tampered(f"{len(sealed)} bytes are too short for a sealed value")
        used = bytes(sealed[:_ID_BYTES])
        cipher = self._ciphers.get(used)
        if cipher is None:
            raise UnknownKey(used)
        nonce, ciphertext = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES], sealed[_ID_BYTES + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, ciphertext, context)
        except InvalidTag:
            raise Tampered("the value was changed, or sealed for another context") from None

    def needs_resealing(self, sealed: bytes) -> bool:
        """Whether it was sealed under another key than the first one."""
        return bytes(sealed[:_ID_BYTES]) != self._current

    @property
    def current(self) -> bytes:
        """The id of the key that seals: the first bytes of everything sealed now."""
        return self._current

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of our keys in hexadecimal; the first one seals."""
        return tuple(one.hex() for one in self._ciphers)

    def derive(self, purpose: bytes) -> bytes:
        """A key of 32 bytes for another purpose, from the index key (HKDF-SHA256). No index gives it away."""
        return HKDF(SHA256(), 32, salt=None, info=b"gavelpay " + purpose).derive(self._index_key)

    def index(self, value: str) -> bytes:
        """32 bytes to search by: the same for values that differ in case or in blanks around them."""
        return hmac.digest(self._index_key, value.strip().casefold().encode(), "sha256")


def key_id(key: bytes) -> bytes:
    """Which key it is, without telling the key: the first four bytes of its SHA-256."""
    return hashlib.sha256(key).digest()[:_ID_BYTES]


def plain_of(form: str, value: Any) -> bytes:
    """A value of this form (`text`, `json` or `bytes`) as it is sealed."""
    if form == "bytes":
        return bytes(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if form == "json" else str(value).encode()


def unsealed(form: str, value: bytes) -> Any:
    """A value of this form, of what was sealed."""
    if form == "bytes":
        return value
    return orjson.loads(value) if form == "json" else value.decode()
