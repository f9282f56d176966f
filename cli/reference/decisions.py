"""The decisions by number, from their own pages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HEAD: Final = """# Decisions and their reasons

What was decided, what else there was, and what it costs. A page is written when something departs from what its
reader would expect, and is not rewritten later: a new one takes its place and says so.

Made from the pages beside it by `python -m cli.reference`.
"""
_TITLE: Final = re.compile(r"# (?:\d+)\. (.+)")


def page(folder: Path) -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, *_listed(folder)]) + "\n"


def _listed(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("[0-9]*.md")):
        title = _TITLE.match(path.read_text())
        if title is None:
            raise ValueError(f"{path.name} does not begin with its number and title")
        yield f"{int(path.name[:4])}. [{title[1]}]({path.name})"
