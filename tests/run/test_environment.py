"""What the processes are started with."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from cli.run.environment import Addresses, Own, child_environment
from cli.run.errors import CannotRun
from cli.run.keys import MAKERS, keep_keys
from cli.run.options import Options
from cli.run.ports import Ports
from runtime.settings import Role, load

ADDRESSES = Addresses(
    api="http://127.0.0.1:8000",
    database="postgresql://gavelpay:x@127.0.0.1:8005/gavelpay",
    redis="redis://:x@127.0.0.1:8006/0",
    sandbox="http://127.0.0.1:8004",
    smtp="smtp://127.0.0.1:8008",
    auction="http://127.0.0.1:8009/auction",
    order="http://127.0.0.1:8009/order",
)
NOTHING = Addresses("http://127.0.0.1:8000", None, None, None, None, None, None)
KEYS = {name: make() for name, make in MAKERS.items()}


def options(**changes: Any) -> Options:
    return Options(
        **{"auctions": 12, "rate": 2.0, "exit_when_settled": True, "data_dir": Path(), "port_base": 8000, "seed": 1}
        | changes
    )


@pytest.mark.parametrize("role", list(Role))
def test_what_is_made_up_here_is_enough_for_every_process(role: Role) -> None:
    settings = load(child_environment({}, options(), ADDRESSES, KEYS), role)
    assert settings.warnings == ()
    assert settings.standard.window.total_seconds() == 30


def test_what_the_user_has_set_is_left_alone() -> None:
    mine = {"PAYMENT_WINDOW_MINUTES": "7", "FIELD_INDEX_KEY_FILE": "/a/file", "DATABASE_URL": "postgresql://mine"}
    env = child_environment(mine, options(), ADDRESSES, KEYS)
    assert env["PAYMENT_WINDOW_MINUTES"] == "7"
    assert env["DATABASE_URL"] == "postgresql://mine"
    assert "FIELD_INDEX_KEY" not in env


def test_receipts_lie_beside_the_other_data_unless_somebody_says_where(tmp_path: Path) -> None:
    here = options(data_dir=tmp_path / "our data")
    env = child_environment({}, here, ADDRESSES, KEYS)
    assert env["RECEIPT_STORAGE_URL"] == f"file://{tmp_path}/our%20data/receipts"
    mine = child_environment({"RECEIPT_STORAGE_URL": "s3://mine"}, here, ADDRESSES, KEYS)
    assert mine["RECEIPT_STORAGE_URL"] == "s3://mine"


def test_windows_are_short_only_where_a_sale_is_simulated() -> None:
    assert "PAYMENT_WINDOW_MINUTES" not in child_environment({}, options(auctions=0), ADDRESSES, KEYS)
    watched = child_environment({}, options(exit_when_settled=False), ADDRESSES, KEYS)
    assert float(watched["PAYMENT_WINDOW_MINUTES"]) > 1


def test_real_stripe_keys_take_the_place_of_the_sandbox() -> None:
    env = child_environment({"STRIPE_SECRET_KEY": "sk_test_mine"}, options(), NOTHING, KEYS)
    assert env["STRIPE_SECRET_KEY"] == "sk_test_mine"
    assert "STRIPE_API_BASE" not in env
    assert env["STRIPE_PUBLISHABLE_KEY"].startswith("pk_test_")


@pytest.mark.parametrize("mode", ["test", "live"])
def test_a_key_in_a_file_tells_its_mode_as_well(tmp_path: Path, mode: str) -> None:
    (tmp_path / "key").write_text(f"sk_{mode}_x\n")
    environ = child_environment({"STRIPE_SECRET_KEY_FILE": str(tmp_path / "key")}, options(), NOTHING, KEYS)
    assert environ["STRIPE_PUBLISHABLE_KEY"] == f"pk_{mode}_not_given"


def test_each_part_is_our_own_unless_it_is_given() -> None:
    everything = Own.of({})
    assert everything == Own(*[True] * 6)
    given = Own.of({"DATABASE_URL_FILE": "/a/file", "STRIPE_SECRET_KEY": "sk_test_mine", "REDIS_URL": " "})
    assert (given.postgres, given.sandbox, given.redis) == (False, False, True)
    ports = Ports(8000)
    fewer = {port for port, _ in everything.wanted_ports(ports)} - {port for port, _ in given.wanted_ports(ports)}
    assert fewer == {ports.postgres, ports.sandbox}
    assert len(everything.wanted_ports(ports)) == 10


def test_keys_are_made_once_and_kept_privately(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    made = keep_keys(file, tmp_path / "none")
    assert made.keys() == MAKERS.keys()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keep_keys(file, tmp_path / "none") == made


def test_a_key_that_is_missing_is_added_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"FIELD_INDEX_KEY": "kept"}))
    assert keep_keys(file, tmp_path / "none")["FIELD_INDEX_KEY"] == "kept"
    assert json.loads(file.read_text()).keys() == MAKERS.keys()


def test_keys_that_are_gone_are_not_replaced_where_data_need_them(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="restore it"):
        keep_keys(tmp_path / "keys.json", tmp_path)
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_keys_that_cannot_be_read_are_never_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(CannotRun, match="restore it"):
        keep_keys(file, tmp_path / "none")
    assert file.read_text() == content
