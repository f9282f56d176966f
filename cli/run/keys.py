"""Keys and secrets that nobody gave: made once, kept beside the data that they encrypt."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cli.run.errors import CannotRun
from sandbox.files import write_privately


def _field_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _jwt_secret() -> str:
    return secrets.token_urlsafe(48)


def _stripe_webhook_secret() -> str:
    return f"whsec_{secrets.token_hex(24)}"


MAKERS: Final[Mapping[str, Callable[[], str]]] = {
    "FIELD_ENCRYPTION_KEYS": _field_key,
    "FIELD_INDEX_KEY": _field_key,
    "AUTH_JWT_SECRET": _jwt_secret,
    "STRIPE_WEBHOOK_SECRET": _stripe_webhook_secret,
    "AUCTION_WEBHOOK_SECRET": _webhook_secret,
    "ORDER_WEBHOOK_SECRET": _webhook_secret,
}


def keep_keys(file: Path, encrypted: Path) -> dict[str, str]:
    """Return the generated value of each variable in `MAKERS`: from the file, or made now and written there.

    Args:
        file: where they are kept.
        encrypted: where data lie that they have encrypted.

    Raises:
        CannotRun: the file cannot be read, or is gone and the data are not. Keys are never replaced: what they have
            encrypted would be lost.
    """
    if encrypted.exists() and not file.exists():
        raise CannotRun(
            f"{file} is missing, and {encrypted} was encrypted with its keys: restore it, or choose another --data-dir."
        )
    try:
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        whole = {name: kept.get(name) or make() for name, make in MAKERS.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise CannotRun(
            f"{file} holds the keys of this data directory and cannot be read ({type(error).__name__}): restore it, "
            "or choose another --data-dir."
        ) from error
    if whole != kept:
        write_privately(file, json.dumps(whole, indent=1))
    return whole
