"""`gavelpay doctor` tells at three in the morning who works, and what waits for a person."""

import base64
from collections.abc import Callable

import orjson
from click.testing import Result

from domain.messaging import DeadLetter
from domain.processes import LiveProcess
from models.operating import Operating
from tests.house import House

Run = Callable[..., Result]


def shows_life(home: House, role: str) -> None:
    with home.app.database.transaction() as connection:
        ((now,),) = connection.execute("SELECT now()").fetchall()
        Operating(connection).beat(LiveProcess(home.app.new_id(), role, f"host:{role}", now, now, {}))


def test_who_works_and_what_waits_is_told_with_the_command_that_helps(run: Run, home: House) -> None:
    shows_life(home, "worker")
    letter = DeadLetter(
        id=home.app.new_id(),
        queue="payment_required",
        actor="payment_required",
        message=b"{",
        reason="invalid_message",
        error="it is no JSON",
        created_at=home.time(),
    )
    home.app.keep_dead_letters([letter])
    assert run("queues", "pause", "receipts", "--reason", "the storage is moved").exit_code == 0

    told = orjson.loads(run("doctor", "--json").stdout)
    found = [(one["check"], one["verdict"], one["found"], one["advice"] or "") for one in told]

    assert ("workers", "ok", "1 alive", "") in found
    assert ("schedulers", "warn", "none shows that it lives") in [one[:3] for one in found]
    waits = {text: advice for check, verdict, text, advice in found if (check, verdict) == ("for a person", "warn")}
    assert waits.keys() == {"1 queues paused: receipts", "1 dead letters"}
    assert "gavelpay dead-letters list" in waits["1 dead letters"]
    assert "gavelpay queues resume" in waits["1 queues paused: receipts"]


def test_a_key_that_is_missing_from_the_list_is_named_with_the_tables_that_need_it(run: Run, home: House) -> None:
    home.opened(buyer_email="ann@example.com")
    other = base64.urlsafe_b64encode(b"k" * 32).decode()

    def field_keys(**environ: str) -> tuple[str, str]:
        found = orjson.loads(run("doctor", "--json", **environ).stdout)
        return next((one["verdict"], one["found"]) for one in found if one["check"] == "field keys")

    assert field_keys() == ("ok", "they open what is stored")
    verdict, told = field_keys(FIELD_ENCRYPTION_KEYS=other)
    assert verdict == "fail"
    assert "(payment_sessions)" in told
