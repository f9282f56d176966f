"""Templates, and the headers that a page of ours carries."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Response
from jinja2 import Environment

from console.assets import COMMON, Assets

_HERE: Final = Path(__file__).parent
_FILES: Final = _HERE / "assets"
ASSETS: Final = Assets(
    "/assets",
    {
        "gavelpay.css": (COMMON / "common.css", _FILES / "gavelpay.css"),
        "favicon.svg": (COMMON / "favicon.svg",),
        "pay.js": (_FILES / "pay.js",),
        "card.js": (_FILES / "card.js",),
    },
)
#: Our own style sheet and pictures; no script, no form, no other host, no frame.
_POLICY: Final = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def html(
    template: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    policy: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """A page. `policy` names what it may do beyond our own style sheet and pictures, by directive."""
    body = _templates().get_template(template).render(values)
    written = "; ".join(f"{directive} {sources}" for directive, sources in (_POLICY | dict(policy or {})).items())
    own = {"Content-Security-Policy": written, "X-Robots-Tag": "noindex"}
    return Response(body, status, own | dict(headers or {}), "text/html; charset=utf-8")


@cache
def _templates() -> Environment:
    return ASSETS.environment(_HERE / "templates")
