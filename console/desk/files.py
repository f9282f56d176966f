"""The console's style sheet, script and icons."""

from fastapi import APIRouter, Response

from console.desk.rendering import asset
from console.problems import Problem

router = APIRouter(include_in_schema=False)


@router.get("/console/assets/{name}")
async def desk_file(name: str) -> Response:
    """One file that pages name."""
    found = asset(name)
    if found is None:
        raise Problem(404, "not_found", "There is nothing here.")
    body, media_type = found
    return Response(body, headers={"Cache-Control": "public, max-age=31536000, immutable"}, media_type=media_type)
