"""Whether receipts can be stored."""

from collections.abc import Iterator
from typing import Final

from domain.errors import GatewayRefused, GatewayUnavailable
from gateways.storage.storage import ReceiptStorage
from services.examine import Finding, fail, ok, warn

_CHECK: Final = "receipts"
_SHARED: Final = "every machine with an `api` or a `worker` must see it"


def examine_storage(storage: ReceiptStorage, *, chosen: bool) -> Iterator[Finding]:
    """Try the storage.

    Args:
        storage: where receipts are to lie.
        chosen: whether somebody has said so; else it is what happens to be there.
    """
    place = " ".join(storage.place.split())
    try:
        concerns = storage.concerns()
    except GatewayUnavailable as error:
        yield fail(_CHECK, str(error), "Start or mend it, and give it credentials, or correct RECEIPT_STORAGE_URL.")
        return
    except GatewayRefused as error:
        yield fail(_CHECK, str(error), "Correct its rights, or RECEIPT_STORAGE_URL.")
        return
    if not chosen:
        advice = f"Set RECEIPT_STORAGE_URL to a folder or a bucket: {_SHARED}, and it belongs in the backup."
        yield warn(_CHECK, f"RECEIPT_STORAGE_URL is not set, so they are kept in {place}", advice)
    for concern in concerns:
        yield warn(_CHECK, concern.found, concern.advice)
    if chosen and not concerns:
        note = "" if place.startswith("s3://") else f"; {_SHARED}"
        yield ok(_CHECK, f"they can be stored in {place}{note}")
