"""What browser tests do around a page: open payments, look at the page with axe, take pictures."""

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from domain.ids import SessionId
from tests.house import House

_AXE = Path(__file__).parent / "axe" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@dataclass
class Street:
    """The house, and the address of its pages."""

    home: House
    url: str
    _lots: Any = field(default_factory=lambda: itertools.count(1))

    def lot(self, **changes: Any) -> SessionId:
        """A payment of its own, with its checkout open."""
        number = next(self._lots)
        ordinary = {"title": "Walnut bracket clock, eight-day movement", "amount": "1240.00"}
        return self.home.opened(**(ordinary | {"auction_id": f"lot-{number}", "buyer_id": f"buyer-{number}"} | changes))

    def page_of(self, session_id: SessionId, query: str = "") -> str:
        """The address of its page."""
        return f"{self.home.app.links.page(session_id)}{query}"


def keep(page: Page, name: str) -> None:
    """Keep a picture, where somebody wants to look at it."""
    if directory := os.environ.get("GAVELPAY_PICTURES"):
        page.screenshot(path=Path(directory) / f"pay-{name}.png", full_page=True)


def faults(page: Page) -> list[str]:
    """What axe finds wrong with a page, frames of ours included. Empty: nothing."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text())
    result = page.evaluate("rules => axe.run(document, {runOnly: rules, iframes: false})", _RULES)
    return [
        f"{one['id']} ({one['impact']}): {node['html']} {node['failureSummary']}"
        for one in result["violations"]
        for node in one["nodes"]
    ]
