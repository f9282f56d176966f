"""Links that CloudFront knows as ours."""

from datetime import datetime
from typing import Final
from urllib.parse import quote

from botocore.signers import CloudFrontSigner
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

#: What CloudFront knows a canned policy's signature by; what is signed is our own text, so collisions help nobody.
_HASH: Final = SHA1()  # noqa: S303 - CloudFront's choice


class NoSigningKey(ValueError):
    """The private key cannot sign links."""


class CloudFront:
    """Signs links by a canned policy: one address, until then.

    Args:
        domain: of the distribution, whose origin is the bucket's root.
        key_id: of the public key in the distribution's key group.
        private_key: its private key, RSA, in PEM.

    Raises:
        NoSigningKey: it is no RSA key, or needs a password.
    """

    def __init__(self, domain: str, key_id: str, private_key: str) -> None:
        self._domain = domain
        self._key = _rsa(private_key)
        self._signer = CloudFrontSigner(key_id, self._sign)

    def link(self, path: str, query: dict[str, str], until: datetime) -> str:
        """A link to an object of the bucket. The query is signed with it, and handed on to the bucket."""
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        url = f"https://{self._domain}/{quote(path)}?{asked}"
        return str(self._signer.generate_presigned_url(url, date_less_than=until))

    def _sign(self, message: bytes) -> bytes:
        return self._key.sign(message, PKCS1v15(), _HASH)


def _rsa(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NoSigningKey(f"the key cannot be read: {type(error).__name__}") from None
    if not isinstance(key, RSAPrivateKey):
        raise NoSigningKey("the key is no RSA key")
    return key
