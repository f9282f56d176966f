"""Templates, and the headers that a page of ours carries."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE: Final = Path(__file__).parent
_TYPES: Final = {
    "gavelpay.css": "text/css; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    "pay.js": "text/javascript; charset=utf-8",
    "card.js": "text/javascript; charset=utf-8",
}
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
def asset(name: str) -> tuple[bytes, str] | None:
    """A file that pages name, and its type."""
    media_type = _TYPES.get(name)
    return ((_HERE / "assets" / name).read_bytes(), media_type) if media_type else None


@cache
def asset_url(name: str) -> str:
    """Its address, another one whenever it changes, so that browsers may keep it for ever."""
    found = asset(name)
    if found is None:
        raise LookupError(name)
    return f"/assets/{name}?v={sha256(found[0]).hexdigest()[:12]}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_url
    return environment
