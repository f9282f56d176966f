"""A stand-in for Stripe's script in the browser (`https://js.stripe.com/v3/`): card fields in a frame of the sandbox's.

It knows what a page with a Payment Element needs: `Stripe(key)`, `elements({clientSecret, appearance})`,
`create("payment")`, `mount`, `on`, `update`, and `confirmPayment`. As at Stripe, what is typed never reaches the page.
"""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HERE: Final = Path(__file__).parent
_FILES: Final = {
    "/v3/": ("script.js", "text/javascript; charset=utf-8"),
    "/v3/fields": ("fields.html", "text/html; charset=utf-8"),
    "/v3/fields.js": ("fields.js", "text/javascript; charset=utf-8"),
    "/v3/fields.css": ("fields.css", "text/css; charset=utf-8"),
}


def element_routes() -> list[Route]:
    """The script, and the frame that it opens."""
    return [Route(path, _file) for path in _FILES]


async def _file(request: Request) -> Response:
    name, media_type = _FILES[request.url.path]
    # Pages of other origins load it, and may ask that whatever they load permits that.
    headers = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response((_HERE / name).read_bytes(), headers=headers, media_type=media_type)
