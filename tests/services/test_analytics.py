"""A payment's life as analytics hear it, from what was committed."""

import orjson
import pytest
from prometheus_client import CollectorRegistry

from models.unit_of_work import nobody
from runtime.analytics import analyzing
from runtime.metrics import declare_metrics
from runtime.settings import Role, load
from tests.gateways.events.rude import OK, rude, says
from tests.house import BASE, house


def environ(**more: str) -> dict[str, str]:
    return BASE | {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "STRIPE_API_BASE": "http://127.0.0.1:1"} | more


def test_a_payment_is_tracked_from_its_start_to_its_end(database_url: str) -> None:
    registry = CollectorRegistry()
    metrics = declare_metrics(registry, of_process=False)
    with rude(says(OK)) as receiver:
        base = receiver.url.rpartition("/")[0]
        settings = load(environ(SEGMENT_WRITE_KEY="key", SEGMENT_ENDPOINT=base), Role.WORKER)
        with analyzing(settings, metrics, nobody) as noted, house(database_url, noted=noted) as home:
            paid = home.opened()
            home.pay(paid)
            home.hear()
            unpaid = home.opened(auction_id="auction-2")
            home.forward(days=2)
            home.work()
        requests = list(receiver.requests)
    sent = [one for request in requests for one in orjson.loads(request.partition(b"\r\n\r\n")[2])["batch"]]
    assert [(one["event"], one["anonymousId"]) for one in sent] == [
        ("payments.checkout.started", str(paid)),
        ("payments.checkout.completed", str(paid)),
        ("payments.checkout.started", str(unpaid)),
        ("payments.checkout.expired", str(unpaid)),
    ]
    assert len({one["messageId"] for one in sent}) == 4
    assert registry.get_sample_value("payments_analytics_events_total", {"outcome": "sent"}) == 4


def test_without_a_key_nothing_is_tracked() -> None:
    metrics = declare_metrics(CollectorRegistry(), of_process=False)
    with analyzing(load(environ(), Role.WORKER), metrics, nobody) as noted:
        assert noted is nobody


def test_a_payment_goes_on_whatever_analytics_make_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = declare_metrics(CollectorRegistry(), of_process=False)
    settings = load(environ(SEGMENT_WRITE_KEY="key", SEGMENT_ENDPOINT="http://127.0.0.1:1"), Role.WORKER)
    with analyzing(settings, metrics, nobody) as noted:
        noted([(None, None)])  # type: ignore[list-item]
    assert "analytics.torn" in capsys.readouterr().out
