"""Templates of the console, and the headers that its pages carry."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response
from jinja2 import Environment

from console.assets import COMMON, Assets
from console.desk import figures, navigation
from console.desk.operators import Operator
from console.house import House
from domain.money import Money
from runtime.settings import KeyMode

_HERE: Final = Path(__file__).parent
_FILES: Final = _HERE / "assets"
ASSETS: Final = Assets(
    "/console/assets",
    {
        "console.css": (COMMON / "common.css", _FILES / "console.css"),
        "console.js": (_FILES / "console.js",),
        "htmx.js": (_FILES / "htmx" / "htmx.min.js",),
        "icons.svg": (_FILES / "icons.svg",),
        "favicon.svg": (COMMON / "favicon.svg",),
    },
)
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
def _templates() -> Environment:
    environment = ASSETS.environment(_HERE / "templates")
    environment.tests |= {
        "moment": lambda part: isinstance(part, datetime),
        "amount": lambda part: isinstance(part, Money),
    }
    environment.filters |= figures.FILTERS
    return environment
