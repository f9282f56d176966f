"""Chooses where receipts lie."""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from domain.clock import Clock
from gateways.storage.folder import Folder
from gateways.storage.links import SignedLinks
from gateways.storage.storage import ReceiptStorage
from runtime.settings import Problem, ReceiptSettings, Settings, SettingsError

#: Where nothing is set: in the data directory of a `gavelpay run` in the same place.
DEFAULT_FOLDER: Final = Path(".gavelpay/receipts")
_LINKS: Final = b"links to receipts"
_ARN_REGION: Final = 3


def build_storage(
    settings: Settings, *, derive: Callable[[bytes], bytes], now: Clock, threads: int = 8
) -> ReceiptStorage:
    """The storage of receipts. Nothing is asked and nothing is made before it is used.

    Args:
        settings: what the process was told.
        derive: gives a key for a purpose, the same in every process.
        now: the clock.
        threads: how many use it at the same time.

    Raises:
        SettingsError: CloudFront's private key is none.
    """
    url = urlsplit(settings.receipts.storage_url or "")
    if url.scheme == "s3":
        return _bucket(settings.receipts, url.netloc, unquote(url.path).strip("/"), now, threads)
    folder = Path(unquote(url.path)) if url.path else DEFAULT_FOLDER.absolute()
    return Folder(folder, SignedLinks(settings.checkout.public_url, derive(_LINKS)))


def _bucket(receipts: ReceiptSettings, bucket: str, prefix: str, now: Clock, threads: int) -> ReceiptStorage:
    # A third of a second and 30 MB of Amazon's library, for those who use it.
    from gateways.storage.cloudfront import CloudFront, NoSigningKey  # noqa: PLC0415
    from gateways.storage.s3 import S3  # noqa: PLC0415
    from gateways.storage.s3_client import connect  # noqa: PLC0415
    from gateways.storage.s3_protection import Protection, Retention  # noqa: PLC0415

    cloudfront = None
    if receipts.cloudfront_domain and receipts.cloudfront_key_id and receipts.cloudfront_private_key:
        try:
            key = receipts.cloudfront_private_key.reveal()
            cloudfront = CloudFront(receipts.cloudfront_domain, receipts.cloudfront_key_id, key)
        except NoSigningKey as error:
            problem = Problem("RECEIPT_CLOUDFRONT_PRIVATE_KEY", f"cannot sign: {error}", "an RSA key in PEM")
            raise SettingsError([problem]) from None
    arn = receipts.kms_key_arn
    # A key encrypts in its own region only, so that is where the bucket is.
    region = arn.split(":")[_ARN_REGION] if arn else None
    locked = receipts.lock_mode != "off"
    retention = Retention(receipts.lock_mode.upper(), receipts.lock_years) if locked else None
    client = connect(region=region, connections=threads)
    return S3(client, bucket, prefix, now=now, protection=Protection(arn, retention), cloudfront=cloudfront)
