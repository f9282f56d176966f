"""What a process writes: one line per event, with ids and identity, through one chain."""

import io
import json
import logging
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog

from runtime.logging import Logs, bind_payment, configure_logging, log_alike
from runtime.logging.chain import StandardHandler

NOW = datetime(2026, 11, 21, 10, 15, 45, 123_456, tzinfo=UTC)
IDENTITY = {"process": "worker-1", "role": "worker", "version": "0.1.0"}
CARD, KEY = "4242424242424242", "sk_live_51HabcdefABCDEF"

Configure = Callable[..., tuple[Logs, io.StringIO]]


@pytest.fixture
def configure() -> Iterator[Configure]:
    opened: list[Logs] = []

    def _configure(stream: io.StringIO | None = None, **options: Any) -> tuple[Logs, io.StringIO]:
        stream = stream or io.StringIO()
        opened.append(configure_logging(**IDENTITY, now=lambda: NOW, terminal=stream, **options))
        return opened[-1], stream

    yield _configure
    for logs in opened:
        logs.close()


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_holds_time_level_event_fields_and_identity(configure: Configure) -> None:
    _, stream = configure()
    structlog.get_logger().info("payment.completed", attempt=2, level="mine", process="mine")
    (line,) = _lines(stream)
    assert line.pop("pid") > 0
    assert line == {
        "timestamp": "2026-11-21T10:15:45.123Z",
        "level": "info",
        "event": "payment.completed",
        "attempt": 2,
        **IDENTITY,
    }


def test_levels_below_the_chosen_one_are_not_written(configure: Configure) -> None:
    _, stream = configure(level=logging.WARNING)
    log = structlog.get_logger()
    log.info("no")
    log.warning("yes")
    logging.getLogger("x").info("no")
    logging.getLogger("x").error("yes")
    assert [line["level"] for line in _lines(stream)] == ["warning", "error"]


def test_a_payments_ids_are_on_every_line_inside_and_on_none_outside(configure: Configure) -> None:
    _, stream = configure()
    log = structlog.get_logger()
    with bind_payment(session_id=UUID(int=7), auction_id="a-1", attempt=1):
        log.info("one")
        with bind_payment(attempt=2, stripe_event_id="evt_1"):
            logging.getLogger("dramatiq").warning("two")
        log.info("three")
    log.info("four")
    ids = [
        {key: value for key, value in line.items() if key.endswith("_id") or key == "attempt"}
        for line in _lines(stream)
    ]
    outer = {"session_id": str(UUID(int=7)), "auction_id": "a-1", "attempt": 1}
    assert ids == [outer, {**outer, "attempt": 2, "stripe_event_id": "evt_1"}, outer, {}]


def test_lines_of_libraries_take_the_same_way(configure: Configure) -> None:
    loud = logging.getLogger("uvicorn.error")
    loud.addHandler(logging.NullHandler())
    loud.propagate = False
    _, stream = configure()
    loud.warning("charged %s with %s", CARD, KEY)
    logging.getLogger("alembic").warning("trace", stack_info=True)
    first, second = _lines(stream)
    assert (first["event"], first["logger"]) == ("charged ************4242 with [stripe key]", "uvicorn.error")
    assert "test_lines_of_libraries" in second["stack"]


def test_a_librarys_arguments_that_do_not_fit_are_written_as_they_are(configure: Configure) -> None:
    _, stream = configure()
    handler = next(handler for handler in logging.getLogger().handlers if isinstance(handler, StandardHandler))
    handler.handle(logging.LogRecord("library", logging.ERROR, "", 1, "bad %d arguments", ("not",), None))
    assert [line["event"] for line in _lines(stream)] == ["bad %d arguments ('not',)"]


@pytest.mark.parametrize("readable", [True, False])
def test_a_traceback_shows_neither_secrets_nor_local_variables(configure: Configure, readable: bool) -> None:
    _, stream = configure(readable=readable)

    def charge(card: str) -> None:
        local_variable = f"local {card[:3]}"
        raise ValueError(f"declined {card} under {KEY} for buyer@shop.example" + local_variable[:0])

    for log in (structlog.get_logger(), logging.getLogger("library")):
        try:
            charge(CARD)
        except ValueError as error:
            log.exception("payment.failed", **({"error": error} if log is not logging.getLogger("library") else {}))
    written = stream.getvalue()
    assert written.count("Traceback (most recent call last)") == 2
    assert "ValueError: declined ************4242 under [stripe key] for [email]" in written
    assert "local 424" not in written
    assert CARD not in written
    assert KEY not in written


def test_a_terminal_gets_a_readable_line_that_cannot_forge_another(configure: Configure) -> None:
    _, stream = configure(readable=True)
    structlog.get_logger().info("payment.failed", attempt=2, title="x\x1b[2J\n2026-11-21 forged", auction_id="a-1")
    (line,) = stream.getvalue().splitlines()
    assert "payment.failed" in line
    assert "auction_id=a-1" in line
    assert "\x1b" not in line
    assert "0.1.0" not in line


def test_a_terminal_gets_colors_unless_refused(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    _, colored = configure(Terminal())
    structlog.get_logger().info("x")
    monkeypatch.setenv("NO_COLOR", "1")
    _, plain = configure(Terminal())
    structlog.get_logger().info("x")
    assert "\x1b[" in colored.getvalue()
    assert "\x1b[" not in plain.getvalue()


def test_a_file_gets_json_lines_for_its_owner_only(configure: Configure, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "worker-1.log"
    logs, stream = configure(readable=True, log_file=path)
    structlog.get_logger().info("payment.completed", card=CARD)
    assert json.loads(path.read_text())["card"] == "************4242"
    assert "payment.completed" in stream.getvalue()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    logs.close()
    configure(log_file=path)
    structlog.get_logger().info("again")
    assert len(path.read_text().splitlines()) == 2


def test_lines_that_are_alike_are_each_whole_and_none_shows_a_secret(configure: Configure, tmp_path: Path) -> None:
    heard: list[Any] = []
    path = tmp_path / "x.log"
    _, stream = configure(log_file=path, also=[heard.append])
    own = [{"auction_id": f"lot-{number}", "note": f"{number} {CARD} {KEY}"} for number in range(40)]
    with bind_payment(request_id="r1"):
        log_alike(structlog.get_logger().warning, "payment.expired", own, reason=KEY)
    lines = _lines(stream)
    assert lines == heard == [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["auction_id"] for line in lines] == [one["auction_id"] for one in own]
    assert {(line["event"], line["level"], line["request_id"], line["process"]) for line in lines} == {
        ("payment.expired", "warning", "r1", "worker-1")
    }
    assert CARD not in stream.getvalue()
    assert KEY not in stream.getvalue()


def test_many_threads_write_whole_lines(configure: Configure, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    _, stream = configure(log_file=path)

    def write() -> None:
        for number in range(50):
            structlog.get_logger().info("payment.completed", number=number)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(_lines(stream)) == 400
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 400


def test_a_reader_that_went_away_stops_nothing(configure: Configure, tmp_path: Path) -> None:
    logs, stream = configure(log_file=tmp_path / "x.log")
    stream.close()
    structlog.get_logger().info("payment.completed")
    assert len((tmp_path / "x.log").read_text().splitlines()) == 1
    logs.close()
    logging.getLogger("x").warning("nobody listens")


def test_undecodable_names_are_written_escaped(configure: Configure) -> None:
    _, stream = configure(readable=True)
    structlog.get_logger().info("x", path="\udcff")
    assert "\\udcff" in stream.getvalue()


def test_warnings_are_lines(configure: Configure) -> None:
    _, stream = configure()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"old card {CARD}", DeprecationWarning, stacklevel=1)
    (line,) = _lines(stream)
    assert line["logger"] == "py.warnings"
    assert CARD not in line["event"]


def test_a_thread_that_dies_leaves_a_line(configure: Configure) -> None:
    _, stream = configure()

    def die(error: BaseException) -> None:
        raise error

    for error in (ValueError(CARD), SystemExit(1)):
        thread = threading.Thread(target=die, args=(error,), name="relay")
        thread.start()
        thread.join(timeout=30)
    (line,) = _lines(stream)
    assert (line["event"], line["level"], line["thread"]) == ("thread.crashed", "critical", "relay")
    assert CARD not in line["exception"]


def test_a_process_that_dies_leaves_a_line_and_not_a_bare_traceback() -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from runtime.logging import configure_logging\n"
        "configure_logging(process='x', role='x', version='0', now=lambda: datetime.now(UTC), terminal=sys.stderr)\n"
        f"raise {{}}('{KEY}')"
    )
    for error, events in (("ValueError", ["process.crashed"]), ("KeyboardInterrupt", [])):
        run = subprocess.run(
            [sys.executable, "-c", program.format(error)], capture_output=True, text=True, check=False, timeout=60
        )
        assert run.returncode != 0
        assert KEY not in run.stderr
        assert [json.loads(line)["event"] for line in run.stderr.splitlines()] == events


def test_closing_gives_back_what_was_taken(configure: Configure) -> None:
    before = (sys.excepthook, threading.excepthook, logging.getLogger().level, list(logging.getLogger().handlers))
    logs, _ = configure()
    logs.close()
    assert before == (sys.excepthook, threading.excepthook, logging.getLogger().level, logging.getLogger().handlers)
    assert not structlog.is_configured()
