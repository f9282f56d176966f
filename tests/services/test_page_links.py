"""Links to the buyer's page: nobody else can make one."""

from base64 import urlsafe_b64encode
from uuid import UUID

import pytest

from domain.ids import SessionId
from models.sealing import FieldCipher
from services.page_links import PURPOSE, PageLinks
from tests.house import House

MINE = SessionId(UUID("0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"))
LINKS = PageLinks("https://pay.example", b"k" * 32)


def test_a_link_tells_whose_it_is() -> None:
    assert LINKS.session_of(LINKS.token(MINE)) == MINE
    assert LINKS.page(MINE).startswith("https://pay.example/pay/")


@pytest.mark.parametrize(
    "change", [lambda token: token[:10] + "!.~" + token[10:], lambda token: token + "=", str.lower]
)
def test_a_link_has_one_spelling(change: "type[str]") -> None:
    assert LINKS.session_of(change(LINKS.token(MINE))) is None


@pytest.mark.parametrize("token", ["", "a", "pay", "\ud800", "ä" * 43, "A" * 43, "A" * 4096])
def test_what_we_never_made_is_nobodys(token: str) -> None:
    assert LINKS.session_of(token) is None


def test_what_the_database_is_searched_by_makes_no_link(home: House) -> None:
    """A bidder names the device of theirs, and whoever reads the database reads its hash."""
    cipher: FieldCipher = home.app.store.cipher
    hashed = cipher.index(f"page:{MINE}")
    assert home.app.links.session_of(home.app.links.token(MINE)) == MINE
    assert home.app.links.session_of(urlsafe_b64encode(MINE.bytes + hashed[:16]).decode().rstrip("=")) is None
    assert PageLinks("https://pay.example", cipher.derive(PURPOSE)).token(MINE) == home.app.links.token(MINE)
