"""What a folder must bear beyond the promises of every storage."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import GatewayRefused, GatewayUnavailable
from gateways.storage.folder import Folder
from gateways.storage.links import LinkExpired, LinkForged, SignedLinks
from gateways.storage.storage import NotStored

KEY = "receipts/2026/CRAFT-2026-000001.pdf"
PAPER = b"%PDF a receipt"
HASH = hashlib.sha256(PAPER).digest()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def outside(program: str, folder: Folder) -> "subprocess.CompletedProcess[str]":
    """Run a program in a process of its own, unmeasured: one that is killed leaves half of its measurements."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(
        [sys.executable, "-c", program, folder.place],
        env=environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def everything(folder: Folder) -> list[str]:
    return sorted(path.name for path in Path(folder.place).rglob("*") if not path.is_dir())


def test_files_are_for_their_owner_alone(folder: Folder) -> None:
    folder.put(KEY, PAPER, sha256=HASH)

    assert stat.S_IMODE((Path(folder.place) / KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(folder.place).stat().st_mode) == 0o700
    assert everything(folder) == ["CRAFT-2026-000001.pdf"]


def test_a_full_disk_is_told_in_words_and_leaves_no_half_file(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        folder.put("receipts/first.pdf", PAPER, sha256=HASH)
        disk.setattr(os, "fsync", full)
        with pytest.raises(GatewayUnavailable, match=r"is full; receipts/second\.pdf waits until there is room"):
            folder.put("receipts/second.pdf", PAPER, sha256=HASH)
    assert everything(folder) == ["first.pdf"]

    folder.put("receipts/second.pdf", PAPER, sha256=HASH)
    assert folder.get("receipts/second.pdf") == PAPER


_BEYOND_ITS_LIMIT = """
import hashlib, resource, signal, sys
from pathlib import Path
from domain.errors import GatewayUnavailable
from gateways.storage.folder import Folder
from gateways.storage.links import SignedLinks
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
paper = b"x" * 100_000
try:
    Folder(Path(sys.argv[1]), SignedLinks("", b"")).put("a/b.pdf", paper, sha256=hashlib.sha256(paper).digest())
except GatewayUnavailable as error:
    print(error)
"""


def test_a_write_that_the_system_cuts_short_leaves_no_half_file(folder: Folder) -> None:
    done = outside(_BEYOND_ITS_LIMIT, folder)

    assert "is full" in done.stdout
    assert everything(folder) == []


_KILLED = """
import hashlib, os, signal, sys
from pathlib import Path
from gateways.storage.folder import Folder
from gateways.storage.links import SignedLinks
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
paper = b"half"
(Path(sys.argv[1]) / "a").mkdir(parents=True)
Folder(Path(sys.argv[1]), SignedLinks("", b"")).put("a/b.pdf", paper, sha256=hashlib.sha256(paper).digest())
"""


def test_a_process_that_dies_while_it_writes_leaves_no_receipt_and_is_in_nobodys_way(folder: Folder) -> None:
    done = outside(_KILLED, folder)

    assert done.returncode == -9
    with pytest.raises(NotStored):
        folder.get("a/b.pdf")
    folder.put("a/b.pdf", PAPER, sha256=HASH)
    assert folder.get("a/b.pdf") == PAPER


def test_a_disk_that_fails_is_asked_again_later(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put(KEY, PAPER, sha256=HASH)

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fstat", fails)
        with pytest.raises(GatewayUnavailable, match="failed with receipts"):
            folder.get(KEY)


def test_a_file_where_the_folder_should_be_is_for_a_person_to_mend(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    folder = Folder(tmp_path / "taken", SignedLinks("https://pay.example", b""))

    with pytest.raises(GatewayRefused, match="cannot be used"):
        folder.put(KEY, PAPER, sha256=HASH)
    with pytest.raises(GatewayRefused, match="cannot be used"):
        folder.get(KEY)
    with pytest.raises(GatewayRefused, match="cannot be used"):
        folder.concerns()
    with pytest.raises(GatewayRefused, match="cannot be made"):
        Folder(tmp_path / "taken" / "below", SignedLinks("", b"")).concerns()


def test_a_key_below_a_receipt_is_refused(folder: Folder) -> None:
    folder.put("a/b.pdf", PAPER, sha256=HASH)

    with pytest.raises(GatewayRefused):
        folder.put("a/b.pdf/c.pdf", PAPER, sha256=HASH)
    with pytest.raises(GatewayRefused):
        folder.get("a")


def test_symbolic_links_lead_nowhere(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.pdf").write_bytes(b"secret")
    root = Path(folder.place)
    root.mkdir()
    (root / "away").symlink_to(outside)
    (root / "here.pdf").symlink_to(outside / "secret.pdf")

    for key in ("away/secret.pdf", "here.pdf"):
        with pytest.raises(GatewayRefused):
            folder.get(key)
    with pytest.raises(GatewayRefused):
        folder.put("away/new.pdf", PAPER, sha256=HASH)
    assert [path.name for path in outside.iterdir()] == ["secret.pdf"]


def test_a_pipe_is_no_receipt_and_is_not_waited_for(folder: Folder) -> None:
    Path(folder.place).mkdir()
    os.mkfifo(Path(folder.place) / "pipe.pdf")

    with pytest.raises(GatewayRefused, match="no receipt"):
        folder.get("pipe.pdf")


def test_the_folder_itself_may_be_reached_by_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "receipts").symlink_to(tmp_path / "disk")
    folder = Folder(tmp_path / "receipts", SignedLinks("", b""))

    folder.put(KEY, PAPER, sha256=HASH)

    assert (tmp_path / "disk" / KEY).read_bytes() == PAPER


def test_looking_makes_no_folder(folder: Folder) -> None:
    assert folder.concerns() == []
    assert not Path(folder.place).exists()


def test_a_link_leads_to_its_file_until_its_end(folder: Folder) -> None:
    folder.put(KEY, PAPER, sha256=HASH)
    link = folder.link(KEY, filename="a.pdf", now=NOW, ttl=timedelta(minutes=1))
    address, _, query = link.partition("?")
    assert address == f"https://pay.example/receipts/{KEY}"
    parts = dict(part.split("=") for part in query.split("&"))

    assert folder.follow(KEY, **parts, now=NOW) == (PAPER, NOW + timedelta(minutes=1))
    with pytest.raises(LinkExpired):
        folder.follow(KEY, **parts, now=NOW + timedelta(minutes=1))
    with pytest.raises(LinkForged):
        folder.follow("receipts/other.pdf", **parts, now=NOW)


def test_what_was_never_stored_is_told_apart_from_a_forged_link(folder: Folder) -> None:
    query = folder.link(KEY, filename="a.pdf", now=NOW, ttl=timedelta(minutes=1)).partition("?")[2]

    with pytest.raises(NotStored):
        folder.follow(KEY, **dict(part.split("=") for part in query.split("&")), now=NOW)
