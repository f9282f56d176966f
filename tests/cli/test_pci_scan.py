"""`gavelpay pci-scan`."""

from collections.abc import Callable
from typing import Any

import orjson
from click.testing import Result

from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]


def test_a_clean_house_is_called_so(run: Run, told: Told, home: House) -> None:
    home.pay(home.opened())
    home.hear()

    result = run("pci-scan")

    assert result.exit_code == 0
    assert result.output.startswith("No card number is stored (")
    document = told("pci-scan")
    assert (document["clean"], document["found"], document["unproven"]) == (True, [], [])


def test_a_number_is_named_by_its_place_and_never_printed(run: Run, home: House) -> None:
    session_id = home.opened(title="card 4242 4242 4242 4242")

    result = run("pci-scan")

    assert result.exit_code == 1
    assert "payment_sessions" in result.output
    assert "title" in result.output
    assert str(session_id) in result.output
    document = run("pci-scan", "--json")
    assert document.exit_code == 1
    named = {"table": "payment_sessions", "column": "title", "id": str(session_id)}
    assert named in orjson.loads(document.stdout)["found"]
    assert "4242 4242" not in result.output + document.output


def test_what_could_not_be_looked_into_is_no_proof(run: Run, home: House) -> None:
    home.opened()
    result = run("pci-scan", FIELD_ENCRYPTION_KEYS="C" * 43)
    assert result.exit_code == 1
    assert "could not be looked into" in result.stderr
    assert "No card number is stored" not in result.output
