"""`gavelpay keys`."""

from collections.abc import Callable
from typing import Any

import orjson
from click.testing import Result

from models.sealing import FieldCipher
from tests.house import KEY, House

Run = Callable[..., Result]
Told = Callable[..., Any]
NEW = "C" * 43
BOTH = f"{NEW},{KEY}"


def test_keys_are_listed_with_what_they_encrypt(run: Run, told: Told, home: House) -> None:
    assert "Nothing is encrypted yet." in run("keys", "list").output
    home.opened()

    document = told("keys", "list")

    (key,) = document["keys"]
    assert document["counts"] == [
        {"table": "payment_sessions", "key": key, "known": True, "values": 2},
        {"table": "checkout_attempts", "key": key, "known": True, "values": 2},
    ]
    printed = run("keys", "list").output
    assert f"The key that encrypts now: {key}." in printed
    assert "encrypts now" in printed
    assert "opens" in run("keys", "list", FIELD_ENCRYPTION_KEYS=BOTH).output
    assert "not ours" in run("keys", "list", FIELD_ENCRYPTION_KEYS=NEW).output


def test_everything_is_brought_under_the_first_key(run: Run, told: Told, home: House) -> None:
    session_id = home.opened()

    done = told("keys", "rotate", "--batch", "1", FIELD_ENCRYPTION_KEYS=BOTH)

    assert done["resealed"] == {"payment_sessions": 2, "checkout_attempts": 2}
    assert (done["left"], done["unreadable"]) == (0, [])
    assert {one["key"] for one in done["counts"]} == {done["key"]}
    again = run("keys", "rotate", FIELD_ENCRYPTION_KEYS=BOTH)
    assert again.exit_code == 0
    assert "0 values were encrypted again" in again.output
    shown = run("sessions", "show", str(session_id), FIELD_ENCRYPTION_KEYS=NEW)
    assert shown.exit_code == 0
    with home.app.store.begin() as uow:
        (event,) = uow.security.find()
    assert event.actor.startswith("cli")


def test_what_cannot_be_opened_is_named_and_it_exits_1(run: Run, home: House) -> None:
    session_id = home.opened()

    result = run("keys", "rotate", FIELD_ENCRYPTION_KEYS=NEW)

    assert result.exit_code == 1
    assert f"payment_sessions.buyer_email of {session_id}: no key has the id" in result.stderr
    document = orjson.loads(run("keys", "rotate", "--json", FIELD_ENCRYPTION_KEYS=NEW).stdout)
    assert document["left"] == len(document["unreadable"]) == 4


def test_no_key_is_ever_printed(run: Run, home: House) -> None:
    home.opened()
    output = run("keys", "list").output + run("keys", "rotate", FIELD_ENCRYPTION_KEYS=BOTH).output
    assert KEY not in output
    assert NEW not in output
    assert FieldCipher([b"x" * 32], b"i" * 32).key_ids[0] not in output
