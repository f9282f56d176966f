"""The receiver's guide: what it says is done to the letter, and works."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import dramatiq
import pytest
from redis import Redis
from standardwebhooks import WebhookVerificationError

from domain.messaging import OutgoingEvent
from gateways.downstream import Address
from gateways.events.webhooks import Webhooks
from gateways.queue.connect import open_events
from tests.gateways.events.rude import OK, rude, says
from tests.listener import SECRET

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "receive-our-events.md"
EVENT = OutgoingEvent(
    UUID("0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"),
    "auction.sold",
    "lot-1",
    3,
    None,
    {"title": "Vase \u2603"},
    datetime(2026, 11, 21, tzinfo=UTC),
)
ID = "evt_0199c2f06a107bd19d5e2f1b7c1f0a11"


def block(name: str) -> str:
    found = re.search(rf"<!-- run: {name} -->\n```\w*\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found, f"the guide has no block {name}"
    return found[1]


def sent(*, at: datetime | None = None) -> tuple[dict[str, str], bytes]:
    """A late event as it comes over the wire: headers in lower case, and the body."""
    with rude(says(OK)) as receiver:
        webhooks = Webhooks(Address("auction", receiver.url, SECRET), lambda: at or datetime.now(UTC))
        webhooks.send(EVENT, late=True)
        webhooks.close()
        head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, value in lines}, body


def test_the_python_receiver_knows_our_signature() -> None:
    given: dict[str, Any] = {}
    exec(compile(block("python"), str(GUIDE), "exec"), given)  # noqa: S102 - our own page
    headers, body = sent()
    name, event, late = given["read_event"](SECRET, headers, body)
    assert (name, event["data"], late) == (ID, EVENT.body, True)
    for wrong_headers, wrong_body in ((headers, body + b" "), sent(at=datetime.now(UTC) - timedelta(minutes=6))):
        with pytest.raises(WebhookVerificationError):
            given["read_event"](SECRET, wrong_headers, wrong_body)


def test_the_node_receiver_knows_our_signature() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    headers, body = sent()
    old_headers, old_body = sent(at=datetime.now(UTC) - timedelta(minutes=6))
    calls = [(SECRET, headers, body), (SECRET, headers, body + b" "), (SECRET, old_headers, old_body)]
    script = block("node") + "\n".join(
        f"try {{ console.log(JSON.stringify(readEvent({json.dumps(secret)}, {json.dumps(fields)},"
        f" Buffer.from({json.dumps(raw.decode())}, 'utf8')))); }} catch (error) {{ console.log(error.message); }}"
        for secret, fields, raw in calls
    )
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=60, check=True)
    first, second, third = done.stdout.splitlines()
    assert json.loads(first)["event"]["data"] == EVENT.body
    assert (json.loads(first)["id"], json.loads(first)["late"]) == (ID, True)
    assert (second, third) == ("not signed with this secret", "too old, or too new")


def queued(redis_url: str) -> None:
    events = open_events(redis_url, "marketplace_events", lambda: datetime.now(UTC))
    events.send(EVENT)
    events.send(EVENT, late=True)
    events.close()


def test_the_dramatiq_consumer_takes_events(redis_url: str) -> None:
    queued(redis_url)
    taken: list[tuple[Any, ...]] = []
    given: dict[str, Any] = {"REDIS_URL": redis_url, "take": lambda *one: taken.append(one)}
    exec(compile(block("dramatiq"), str(GUIDE), "exec"), given)  # noqa: S102 - our own page
    broker = given["broker"]
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
    worker.start()
    broker.join("marketplace_events", timeout=30_000)
    worker.join()
    worker.stop()
    broker.close()
    assert [(name, late) for name, _, late in taken] == [(ID, False), (ID, True)]
    assert taken[0][1]["data"] == EVENT.body


def test_the_redis_commands_take_events_and_leave_nothing(redis_url: str) -> None:
    queued(redis_url)
    with Redis.from_url(redis_url, decode_responses=True) as client:
        for _ in range(2):
            key = ""
            for line in block("redis").splitlines():
                answer: Any = client.execute_command(*(key if word == "KEY" else word for word in line.split()))
                key = key or answer
                if line.startswith("HGET"):
                    assert json.loads(answer)["kwargs"]["id"] == ID
        assert client.keys("*") == []
