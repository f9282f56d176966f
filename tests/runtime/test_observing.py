"""What is noted about payments is counted and logged."""

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from domain.payment import Note
from runtime.metrics import declare_metrics
from runtime.observing import MetricsObserver
from tests.domain.test_settlement import NOW, a_payment


def test_a_risk_alert_is_counted_by_its_kind_and_logged_as_a_warning() -> None:
    observer = MetricsObserver(declare_metrics(CollectorRegistry(), of_process=False))
    data = {"kind": "fraud_warning", "score": 80, "reasons": ["fraud_warning"]}
    with capture_logs() as lines:
        observer.noted([(a_payment().session, Note("risk_alert", NOW, "system", data))])
    sample = observer.metrics.registry.get_sample_value("payments_risk_alerts_total", {"kind": "fraud_warning"})
    assert sample == 1
    assert [(line["event"], line["log_level"], line["kind"]) for line in lines] == [
        ("payment.risk_alert", "warning", "fraud_warning")
    ]


def test_an_ordinary_step_is_logged_as_information() -> None:
    observer = MetricsObserver(declare_metrics(CollectorRegistry(), of_process=False))
    with capture_logs() as lines:
        observer.noted([(a_payment().session, Note("checkout_created", NOW, "system", {}))])
    assert [line["log_level"] for line in lines] == ["info"]
