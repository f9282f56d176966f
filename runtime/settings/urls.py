"""Forms of addresses."""

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from domain.origins import origin_of
from runtime.settings.problems import Wrong
from runtime.settings.secret import SecretUrl
from runtime.settings.variable import Form

#: The usual reason why an address with a generated password is none.
_ESCAPING: Final = "special characters in the password as %XX"


def secret_url(*schemes: str, database_number: bool = False) -> Form[SecretUrl]:
    """Addresses that may hold a user and a password."""

    def parse(text: str) -> SecretUrl:
        parts = _split(text, schemes)
        if not parts.hostname:
            raise Wrong("names no host")
        if database_number and parts.scheme.startswith("redis") and not (parts.path.strip("/") or "0").isdecimal():
            raise Wrong("names a database that is not a number")
        return SecretUrl(text)

    right = f"an address such as {schemes[0]}://user:password@host:port ({_either(schemes)}; {_ESCAPING})"
    return Form(parse, right)


def database_url() -> Form[SecretUrl]:
    """PostgreSQL addresses in each spelling in use, brought to the one that both psycopg and SQLAlchemy take."""
    schemes = ("postgresql", "postgres", "postgresql+psycopg")

    def parse(text: str) -> SecretUrl:
        parts = _split(text, schemes)
        if not parts.hostname and "host=" not in parts.query:
            raise Wrong("names no host")
        return SecretUrl("postgresql" + text.strip()[len(parts.scheme) :])

    return Form(parse, f"an address such as postgresql://user:password@host:5432/database ({_ESCAPING})")


def web_url(*, plain_http: bool = False, origin_only: bool = False) -> Form[str]:
    """Web addresses without credentials. Without `plain_http`, http is taken for this machine's own addresses only."""

    def parse(text: str) -> str:
        parts = _web(text, plain_http=plain_http)
        if origin_only and (parts.path.strip("/") or parts.query or parts.fragment):
            raise Wrong("has a path after the host")
        return text.rstrip("/") if origin_only else text

    secure = "" if plain_http else "https:// "
    return Form(parse, f"an {secure}address without credentials" + (" and without a path" if origin_only else ""))


def origins() -> Form[frozenset[str]]:
    """Web origins, comma-separated, each as `scheme://host[:port]`."""
    form = web_url(origin_only=True)

    def parse(text: str) -> frozenset[str]:
        return frozenset(origin_of(form.parse(part.strip())) for part in text.split(",") if part.strip())

    return Form(parse, "origins such as https://shop.example, comma-separated")


def storage_url() -> Form[str]:
    """Where files are kept: a directory of this machine, or a bucket."""

    def parse(text: str) -> str:
        parts = _split(text, ("file", "s3"))
        if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/")):
            raise Wrong("names no absolute directory")
        if parts.scheme == "s3" and not parts.hostname:
            raise Wrong("names no bucket")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise Wrong("holds more than a place")
        return text.rstrip("/")

    return Form(parse, "file:///directory or s3://bucket/prefix")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _web(text: str, *, plain_http: bool) -> SplitResult:
    parts = _split(text, ("https", "http"))
    if not parts.hostname:
        raise Wrong("names no host")
    if "@" in parts.netloc:
        raise Wrong("holds credentials")
    if parts.scheme == "http" and not plain_http and not is_loopback(parts.hostname):
        raise Wrong("is not encrypted (http:// is for this machine only)")
    return parts


def _split(text: str, schemes: tuple[str, ...]) -> SplitResult:
    # urlsplit silently drops line breaks and takes backslashes, where browsers and libraries differ.
    if "\\" in text or any(letter <= " " or letter == "\x7f" for letter in text):
        raise Wrong("holds blanks or other characters that no address has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Wrong("is not an address") from None
    if "://" not in text or parts.scheme not in schemes:
        raise Wrong(f"does not begin with {_either(schemes)}")
    if port == 0:
        raise Wrong("has port 0")
    return parts


def _either(schemes: tuple[str, ...]) -> str:
    return " or ".join(f"{scheme}://" for scheme in schemes)
