"""Pictures of all mails, to look at.

`python -m tests.gateways.mail.gallery DIRECTORY [NAME ...]` writes HTML, text and pictures, light and dark, of a
phone's width and a desk's. `python -m tests.gateways.mail.gallery docs` renews those of the documentation.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import sync_playwright

from domain.notices import NoticeContent, NoticeKind
from gateways.mail.compose import Composed, compose
from tests.gateways.mail.examples import all_notices, long_in_yen, notice

CHROMIUM: Final = {
    "executable_path": "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
}
#: Name of the picture: notice, scheme, width.
DOCUMENTED: Final[dict[str, tuple[NoticeContent, str, int]]] = {
    "mail-required-en": (notice(NoticeKind.PAYMENT_REQUIRED), "light", 640),
    "mail-declined-de": (notice(NoticeKind.PAYMENT_FAILED, "de"), "light", 390),
    "mail-received-en": (notice(NoticeKind.PAYMENT_RECEIVED), "light", 640),
    "mail-expired-de-dark": (notice(NoticeKind.WINDOW_EXPIRED, "de"), "dark", 640),
    "mail-jpy-long-title": (long_in_yen(), "light", 390),
}
_PICTURES: Final = Path("docs/pictures")
_COLORS: Final = 48


def main(directory: Path, names: list[str]) -> None:
    """Write them all, or those whose names begin with one of the names."""
    wanted = [*all_notices(), *((f"yen-{tag}", long_in_yen(tag)) for tag in ("en", "de"))]
    chosen = [(name, compose(one)) for name, one in wanted if not names or name.startswith(tuple(names))]
    with _browser() as browser:
        for name, mail in chosen:
            (directory / f"{name}.html").write_text(mail.html)
            (directory / f"{name}.txt").write_text(f"{mail.subject}\n{mail.preheader}\n\n{mail.text}")
            for scheme in ("light", "dark"):
                for width in (390, 1440):
                    _picture(browser, mail, scheme, width, directory / f"{name}-{width}-{scheme}.png")


def document() -> None:
    """Renew the pictures of the documentation."""
    with _browser() as browser:
        for name, (content, scheme, width) in DOCUMENTED.items():
            path = _PICTURES / f"{name}.png"
            _picture(browser, compose(content), scheme, width, path)
            with Image.open(path) as picture:  # A few colors are all of them, and a third of the bytes.
                small = picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE)
            small.save(path, optimize=True)


@contextmanager
def _browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        yield browser
        browser.close()


def _picture(browser: Any, mail: Composed, scheme: str, width: int, path: Path) -> None:
    page = browser.new_page(viewport={"width": width, "height": 500}, color_scheme=scheme)
    page.set_content(mail.html)
    overflow = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not overflow, f"{path.name} is wider than the screen"
    page.screenshot(path=path, full_page=True)
    page.close()


if __name__ == "__main__":
    if sys.argv[1] == "docs":
        document()
    else:
        Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
        main(Path(sys.argv[1]), sys.argv[2:])
