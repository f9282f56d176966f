"""A sandbox that is stopped, or killed, goes on where it was."""

import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest
import stripe

from sandbox.stripe.__main__ import main
from sandbox.stripe.core import StripeCore
from sandbox.stripe.host import Host
from sandbox.stripe.journal import Journal
from sandbox.stripe.server import bind, open_core, running_sandbox
from sandbox.stripe.settings import SECRET_KEY, Settings
from sandbox.stripe.store import Store
from sandbox.stripe.wire import Request
from tests.sandbox.stripe.caller import LAMP
from tests.sandbox.stripe.conftest import SECRET, Mailbag, checkout

ROOT = Path(__file__).parents[3]


def clock() -> datetime:
    return datetime(2026, 11, 20, tzinfo=UTC)


def client_of(url: str) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, base_addresses={"api": url}, max_network_retries=0)


def everything(store: Store) -> object:
    return orjson.loads(
        orjson.dumps({kind: list(table.oldest()) for kind, table in store.tables.items() if len(table)})
    )


def test_what_happened_is_there_after_a_restart_and_goes_on(tmp_path: Path, mailbag: Mailbag) -> None:
    file = tmp_path / "deep" / "stripe.jsonl"
    with running_sandbox(data_file=file, seed=1) as first:
        client = client_of(first.url)
        paid = client.v1.checkout.sessions.create(checkout())
        waiting = client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
        first.pay(paid.id)
        first.advance(3600)
    assert file.stat().st_mode & 0o777 == 0o600
    with running_sandbox(data_file=file, seed=1, webhook_url=mailbag.url, webhook_secret=SECRET) as second:
        client = client_of(second.url)
        assert client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"
        again = client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
        assert again.id == waiting.id
        assert client.v1.checkout.sessions.create(checkout()).id not in {paid.id, waiting.id}
        assert len(second.books()["charges"]) == 1
        second.advance(90_000)
        mailbag.wait_for("checkout.session.expired")


def test_the_same_listener_is_found_again_at_its_new_address(tmp_path: Path) -> None:
    file = tmp_path / "stripe.jsonl"
    for number in (1, 2):
        with running_sandbox(
            data_file=file, webhook_url=f"http://127.0.0.1:9/{number}", webhook_secret=SECRET
        ) as running:
            (endpoint,) = client_of(running.url).v1.webhook_endpoints.list().data
            assert endpoint.url == f"http://127.0.0.1:9/{number}"


def busy(core: StripeCore, host: Host, rng: random.Random) -> None:
    """Something of everything, with the journal written after each step."""
    cards = ["visa", "declined", "3ds", "bank_debit", "dispute", "early_fraud_warning", "elevated", "refund_fails"]
    headers = {"authorization": f"Bearer {SECRET_KEY}"}
    for number in range(40):
        with host.using():
            key = {"idempotency-key": f"k{number}"}
            session = core.handle(Request.of("POST", "/v1/checkout/sessions", LAMP, {**headers, **key})).json()
        with host.using():
            outcome = core.pay(session["id"], rng.choice(cards))
        with host.using():
            if outcome == "requires_action":
                core.authenticate(session["id"], passed=rng.random() < 0.5)
            core.advance(rng.choice([0, 1, 3, 1000]))
        with host.using():
            for delivery in core.take_deliveries():
                core.report_delivery(delivery.id, rng.choice([200, 500]))
        with host.using():
            for charge in core.books()["charges"][-2:]:
                core.handle(Request.of("POST", "/v1/refunds", f"charge={charge['id']}&amount=10", headers))


def test_nothing_that_changes_is_forgotten_to_be_written_down(tmp_path: Path) -> None:
    file = tmp_path / "stripe.jsonl"
    journal = Journal(file)
    core = open_core(Settings(settlement_delay=2), clock, 3, journal)
    core.listen("https://x.example/", SECRET)
    busy(core, Host(core, journal), random.Random(3))  # noqa: S311
    journal.close()
    again = Journal(file)
    restored = StripeCore(clock, random.Random(1), store=again.store)  # noqa: S311
    assert everything(restored.world.store) == everything(journal.store)
    assert restored.next_due() == core.next_due()
    assert restored.now() == core.now()
    again.close()


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "stripe.jsonl"
    file.write_bytes(b'[["lamp","l1",{"id":"l1","object":"lamp"}]]\n[["lamp","l2",{"id":"l2","obj')
    journal = Journal(file)
    assert list(journal.store.table("lamp").where) == ["l1"]
    journal.store.delete("lamp", "l1")
    journal.close()
    again = Journal(file)
    assert again.store.find("lamp", "l1") is None
    again.close()


def test_the_process_serves_until_it_is_told_to_stop(tmp_path: Path, mailbag: Mailbag) -> None:
    file = tmp_path / "stripe.jsonl"
    command = [sys.executable, "-m", "sandbox.stripe", "--port", "0", "--data-file", str(file), "--seed", "5",
               "--webhook-url", mailbag.url, "--rate-limit", "500", "--endpoint-rate-limit", "400"]  # fmt: skip
    for stop in (signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "STRIPE_WEBHOOK_SECRET": f"{SECRET},whsec_older"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            client = client_of(url)
            known = len(client.v1.checkout.sessions.list().data)
            session = client.v1.checkout.sessions.create(checkout())
            client.v1.checkout.sessions.expire(session.id)
            mailbag.wait(lambda heard, id_=session.id: any(id_.encode() in body for _, body in heard))
        finally:
            process.send_signal(stop)
            code = process.wait(15)
            process.communicate()
        assert known == (0 if stop == signal.SIGKILL else 1)
        assert code == (-signal.SIGKILL if stop == signal.SIGKILL else 0)
    assert {event["type"] for event in mailbag.events()} == {"checkout.session.expired"}


def test_a_port_in_use_is_said_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    taken = bind(0)
    port = taken.getsockname()[1]
    assert main(["--port", str(port)]) == 1
    assert f"cannot listen on port {port}" in capsys.readouterr().err
    taken.close()


def test_the_help_names_the_options() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0


def test_the_health_of_a_stopped_sandbox_is_a_closed_port() -> None:
    with running_sandbox() as running:
        assert httpx.get(running.url, trust_env=False).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.url, trust_env=False)
