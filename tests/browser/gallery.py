"""Puts the pictures of each page on one sheet: large and small, light and dark.

`GAVELPAY_PICTURES=DIR pytest tests/browser` takes them; `python -m tests.browser.gallery DIR` writes `docs/gallery.md`
and its sheets anew.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

from PIL import Image

_DOCS: Final = Path(__file__).parents[2] / "docs"
_SHEETS: Final = _DOCS / "pictures" / "pages"
#: A picture's file: `pay-NAME-390-dark.png`, and its language behind.
_FILE: Final = re.compile(r"pay-(?P<name>.+?)-(?P<width>390|1440)-(?P<scheme>light|dark)(-(en|de))?\.png")
_ORDER: Final = ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"))
#: How wide each is on the sheet, how tall at most, and what is between them.
_WIDTHS: Final = {1440: 620, 390: 215}
_TALLEST: Final = 560
_GAP: Final = 14
_COLORS: Final = 96
_PAPER: Final = (140, 140, 146)


def main(pictures: Path) -> None:
    """Write every sheet, and the page that shows them."""
    _SHEETS.mkdir(parents=True, exist_ok=True)
    for old in _SHEETS.glob("*.png"):
        old.unlink()
    pages: dict[str, dict[tuple[int, str], Path]] = defaultdict(dict)
    for path in sorted(pictures.glob("pay-*.png")):
        if found := _FILE.fullmatch(path.name):
            pages[found["name"]][int(found["width"]), found["scheme"]] = path
    for name, variants in pages.items():
        _sheet(variants).save(_SHEETS / f"{name}.png", optimize=True)
    _write_page(sorted(pages))


def _sheet(variants: dict[tuple[int, str], Path]) -> Image.Image:
    shown = [_scaled(variants[one], _WIDTHS[one[0]]) for one in _ORDER if one in variants]
    height = max(image.height for image in shown)
    sheet = Image.new("RGB", (sum(image.width + _GAP for image in shown) + _GAP, height + 2 * _GAP), _PAPER)
    left = _GAP
    for image in shown:
        sheet.paste(image, (left, _GAP))
        left += image.width + _GAP
    return sheet.quantize(_COLORS)


def _scaled(path: Path, width: int) -> Image.Image:
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    scaled = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    return scaled.crop((0, 0, width, min(scaled.height, _TALLEST)))


def _write_page(names: list[str]) -> None:
    lines = [
        "# Every page, large and small, light and dark",
        "",
        "Taken by the browser tests; tall pages are cut, and buyers' pages are German where they are dark.",
        "How to take them anew stands in `tests/browser/gallery.py`.",
    ]
    for title, chosen in (
        ("The operator's console", [name for name in names if name.startswith("desk-")]),
        ("The buyer's page", [name for name in names if not name.startswith("desk-")]),
    ):
        lines += ["", f"## {title}"]
        for name in chosen:
            words = name.removeprefix("desk-").replace("-", " ").capitalize()
            lines += ["", f"### {words}", "", f"![{words}](pictures/pages/{name}.png)"]
    (_DOCS / "gallery.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
