"""Whom PostgreSQL runs as."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.embedded.errors import EmbeddedServerError
from sandbox.embedded.identity import choose_identity, give
from sandbox.supervisor.spawn import SAME_USER
from tests.sandbox.processes import is_root

NOBODY = 65534
#: No system gives these uids to anybody.
NAMELESS, OTHER = 54_321, 54_322

pytestmark = pytest.mark.skipif(not is_root(), reason="only root can try what other users meet")


@contextmanager
def being(uid: int) -> Iterator[None]:
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_ordinary_user_is_himself(place: Path) -> None:
    give(place, (NOBODY, NOBODY))
    with being(NOBODY):
        assert choose_identity(Path("/bin/true"), place) == SAME_USER


def test_another_users_data_are_refused_by_name(place: Path) -> None:
    with being(NOBODY), pytest.raises(EmbeddedServerError, match="belongs to root, and this is nobody: run as that"):
        choose_identity(Path("/bin/true"), place)


def test_root_lends_it_nobody_and_gives_him_the_data(place: Path) -> None:
    (place / "file").touch()
    assert choose_identity(Path("/bin/true"), place).user == (NOBODY, NOBODY)
    assert [place.stat().st_uid, (place / "file").stat().st_uid] == [NOBODY, NOBODY]


@pytest.mark.parametrize("owner", [0, NAMELESS])
def test_where_nothing_works_the_sentence_says_what_would(place: Path, owner: int) -> None:
    os.chown(place, owner, owner)
    with pytest.raises(
        EmbeddedServerError, match=r"cannot run here as root: .* cannot reach .*, and this system"
    ) as no:
        choose_identity(Path("/no/such/program"), place)
    assert "Run as an ordinary user" in str(no.value)


def test_a_user_without_a_name_is_told_apart(place: Path) -> None:
    os.chown(place, OTHER, OTHER)
    with (
        being(NAMELESS),
        pytest.raises(EmbeddedServerError, match=f"the user {OTHER}, and this is the user {NAMELESS}"),
    ):
        choose_identity(Path("/bin/true"), place)
