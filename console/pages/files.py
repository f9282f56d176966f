"""The style sheet and the icon."""

from fastapi import APIRouter, Response

from console.pages.rendering import asset
from console.problems import Problem

router = APIRouter(include_in_schema=False)


@router.get("/assets/{name}")
async def file(name: str) -> Response:
    """One file that pages name."""
    found = asset(name)
    if found is None:
        raise Problem(404, "not_found", "There is nothing here.")
    body, media_type = found
    return Response(body, headers={"Cache-Control": "public, max-age=31536000, immutable"}, media_type=media_type)
