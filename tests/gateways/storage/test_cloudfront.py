"""Links that CloudFront takes: what it checks, checked as it does."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from gateways.storage.cloudfront import CloudFront, NoSigningKey
from gateways.storage.s3 import S3
from gateways.storage.s3_protection import Protection

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None) -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, form, encryption).decode())


def _unpacked(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_the_whole_address_is_signed_until_its_end(key: rsa.RSAPrivateKey, form: PrivateFormat) -> None:
    front = CloudFront("d111.cloudfront.net", "K2JCJMDEHXQW5F", pem(key, form))
    bucket = S3(None, "house", "a b", now=lambda: NOW, protection=Protection(), cloudfront=front)

    link = bucket.link("receipts/1.pdf", filename="Zürich.pdf", now=NOW, ttl=timedelta(hours=1))

    plain, _, _ = link.partition("&Expires=")
    parts, query = urlsplit(link), parse_qs(urlsplit(link).query)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "d111.cloudfront.net", "/a%20b/receipts/1.pdf")
    assert query["response-content-disposition"][0].startswith('attachment; filename="Z_rich.pdf"')
    assert query["response-content-type"] == ["application/pdf"]
    assert query["Key-Pair-Id"] == ["K2JCJMDEHXQW5F"]
    end = int((NOW + timedelta(hours=1)).timestamp())
    assert query["Expires"] == [str(end)]

    # What CloudFront makes of the address itself, and checks.
    policy = {"Statement": [{"Resource": plain, "Condition": {"DateLessThan": {"AWS:EpochTime": end}}}]}
    signed = json.dumps(policy, separators=(",", ":")).encode()
    signature = _unpacked(query["Signature"][0])
    key.public_key().verify(signature, signed, padding.PKCS1v15(), SHA1())  # noqa: S303 - CloudFront's choice
    later = signed.replace(str(end).encode(), str(end + 1).encode())
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, later, padding.PKCS1v15(), SHA1())  # noqa: S303 - CloudFront's choice


def test_what_cannot_sign_is_told_without_being_shown(key: rsa.RSAPrivateKey) -> None:
    wrong = (
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(key, password=b"a password"),
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
    )
    for text in wrong:
        with pytest.raises(NoSigningKey) as raised:
            CloudFront("d.example", "K1", text)
        assert "c2VjcmV0" not in str(raised.value)
