"""Templates of the console, and the headers that its pages carry."""

from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.desk import figures, navigation
from console.desk.operators import Operator
from console.house import House
from domain.money import Money
from runtime.settings import KeyMode

_HERE: Final = Path(__file__).parent
#: What pages name: its type, and where it lies.
_ASSETS: Final = {
    "console.css": ("text/css; charset=utf-8", "console.css"),
    "console.js": ("text/javascript; charset=utf-8", "console.js"),
    "htmx.js": ("text/javascript; charset=utf-8", "htmx/htmx.min.js"),
    "icons.svg": ("image/svg+xml", "icons.svg"),
    "favicon.svg": ("image/svg+xml", "favicon.svg"),
}
#: Our own files and forms; no other host, no frame, nothing inline.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Robots-Tag": "noindex",
    # Else browsers call our own forms those of nobody.
    "Referrer-Policy": "same-origin",
}


def show(request: Request, operator: Operator | None, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page in the console's clothes. Without an operator it has no navigation."""
    house: House = request.app.state.house
    standing = house.app.desk.overview.standing() if operator else None
    always = {
        "waits": navigation.counts(standing.counts) if standing else {},
        "operator": operator,
        "groups": list(navigation.groups()),
        "here": request.url.path,
        "address": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "now": house.app.now(),
        "test_mode": house.app.settings.stripe.key_mode is not KeyMode.LIVE,
    }
    body = _templates().get_template(template).render(always | values)
    return Response(body, status, dict(_HEADERS), "text/html; charset=utf-8")


@cache
def asset(name: str) -> tuple[bytes, str] | None:
    """A file that pages name, and its type."""
    if name not in _ASSETS:
        return None
    media_type, path = _ASSETS[name]
    return (_HERE / "assets" / path).read_bytes(), media_type


@cache
def asset_url(name: str) -> str:
    """Its address, another one whenever it changes, so that browsers may keep it for ever."""
    found = asset(name)
    if found is None:
        raise LookupError(name)
    return f"/console/assets/{name}?v={sha256(found[0]).hexdigest()[:12]}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"asset": asset_url}
    environment.tests |= {
        "moment": lambda part: isinstance(part, datetime),
        "amount": lambda part: isinstance(part, Money),
    }
    environment.filters |= figures.FILTERS
    return environment
