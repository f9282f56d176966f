"""Style sheets, scripts and pictures of our pages, and the templates that name them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.problems import Problem

#: What all pages share.
COMMON: Final = Path(__file__).parent / "common"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Assets:
    """The files that a family of pages names. They are read when they are asked for first, and kept."""

    #: Where they are served.
    address: str
    #: Each by its name: the files that it is made of, one behind the other.
    files: Mapping[str, tuple[Path, ...]]
    _read: dict[str, bytes] = field(default_factory=dict)

    def read(self, name: str) -> bytes | None:
        """A file's content; None if no page names it."""
        if name in self.files and name not in self._read:
            self._read[name] = b"".join(path.read_bytes() for path in self.files[name])
        return self._read.get(name)

    def url(self, name: str) -> str:
        """Its address, another one whenever it changes, so that browsers may keep it for ever."""
        content = self.read(name)
        if content is None:
            raise LookupError(name)
        return f"{self.address}/{name}?v={sha256(content).hexdigest()[:12]}"

    def environment(self, templates: Path) -> Environment:
        """Templates that call `asset(name)`, and in which everything is text unless they say otherwise."""
        made = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals["asset"] = self.url
        return made

    def router(self) -> APIRouter:
        """Serves them."""
        router = APIRouter(include_in_schema=False)

        @router.get(f"{self.address}/{{name}}")
        async def file(name: str) -> Response:
            content = self.read(name)
            if content is None:
                raise Problem(404, "not_found", "There is nothing here.")
            kept = {"Cache-Control": "public, max-age=31536000, immutable"}
            return Response(content, headers=kept, media_type=_TYPES[Path(name).suffix])

        return router
