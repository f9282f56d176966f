"""Which page is made of what."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cli.reference import api, commands, decisions, metrics, settings
from domain import lifecycle_page, lifecycle_picture
from gateways.events import reference as events

#: Where the pages lie.
DOCS: Final = Path(__file__).parents[2] / "docs"
#: By their place below `docs/`.
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "lifecycle.md": lifecycle_page.page,
    "pictures/lifecycle.svg": lifecycle_picture.picture,
    "adr/index.md": lambda: decisions.page(DOCS / "adr"),
    "reference/api.md": api.page,
    "reference/cli.md": commands.page,
    "reference/events.md": events.page,
    "reference/metrics.md": metrics.page,
    "reference/settings.md": settings.page,
}


def write_all() -> list[str]:
    """Write what is not as the code has it. Gives the places of what was written."""
    changed = []
    for place, page in PAGES.items():
        path, text = DOCS / place, page()
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(place)
    return changed
