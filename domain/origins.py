"""Web origins, compared as browsers compare them."""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """The origin of a web address: lower case, without the scheme's own port.

    Raises:
        ValueError: it is no address.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    place = host if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f"{host}:{port}"
    return urlunsplit((parts.scheme, place, "", "", ""))


def origin_or_none(url: str) -> str | None:
    """The origin of what may be a web address; None if it cannot be read as one."""
    try:
        return origin_of(url)
    except ValueError:
        return None
