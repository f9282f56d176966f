"""Receipts from the local folder, for whoever holds a link that we have signed. A bucket serves its own."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Response

from console.house import TheApp
from console.problems import Problem
from gateways.storage.filenames import content_disposition, media_type
from gateways.storage.folder import Folder
from gateways.storage.links import PATH, LinkExpired, LinkForged
from gateways.storage.storage import KeyRefused, NotStored

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


@router.api_route(PATH + "{key:path}", methods=["GET", "HEAD"])
def download(
    app: TheApp,
    key: str,
    filename: Annotated[str, Query()] = "",
    expires: Annotated[str, Query()] = "",
    signature: Annotated[str, Query()] = "",
) -> Response:
    """One receipt, to be kept as a file."""
    storage, now = app.receipt_storage, app.now()
    if not isinstance(storage, Folder):
        raise _no_link()
    try:
        content, until = storage.follow(key, filename=filename, expires=expires, signature=signature, now=now)
    except (LinkForged, KeyRefused):
        raise _no_link() from None
    except LinkExpired:
        raise Problem(
            410, "link_expired", "This link has ended. Open your payment's page again for a new one."
        ) from None
    except NotStored as error:
        log.error("receipt.missing", key=key, error=str(error))  # noqa: TRY400 - where it is missing says nothing
        raise Problem(404, "receipt_missing", "This receipt is not where it was stored. Please write to us.") from None
    seconds = int((until - now).total_seconds())
    headers = {
        "Content-Disposition": content_disposition(filename),
        # Kept by the browser that asked, by nothing on the way, and no longer than the link lives.
        "Cache-Control": f"private, max-age={seconds}",
    }
    return Response(content, headers=headers, media_type=media_type(key))


def _no_link() -> Problem:
    return Problem(404, "not_found", "This link leads nowhere. Open your payment's page for a new one.")
