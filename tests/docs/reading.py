"""The pages as tests read them: text, links, headings, and blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def blocks(self, *languages: str) -> Iterator[str]:
        """Blocks of code in one of these languages."""
        return (dedent(body) for _, language, body in _BLOCK.findall(self.text) if language in languages)

    def spans(self) -> list[str]:
        """Code within the text."""
        return _SPAN.findall(_BLOCK.sub("", self.text))

    def links(self) -> list[str]:
        """Targets of links and pictures that are not of other hosts."""
        prose = _SPAN.sub("", _BLOCK.sub("", self.text))
        return [target for target in _LINK.findall(prose) if not re.match(r"https?:|mailto:", target)]

    def anchors(self) -> set[str]:
        """What a link may point to within it."""
        return {slug(heading) for heading in _HEADING.findall(_BLOCK.sub("", self.text))}


def slug(heading: str) -> str:
    """A heading's anchor, by the rules that both MkDocs and the usual hosts of repositories follow."""
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading.strip().lower()))


@cache
def pages() -> tuple[Page, ...]:
    """The README and everything in docs/."""
    return tuple(Page(path, path.read_text()) for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))))
