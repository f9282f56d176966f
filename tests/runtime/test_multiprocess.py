"""Gauges of several processes behind one address."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

PROCESS = """
import sys
from prometheus_client import CollectorRegistry
from runtime.metrics import declare_metrics
from runtime.observing import MetricsObserver
observer = MetricsObserver(declare_metrics(CollectorRegistry(), of_process=False))
observer.metrics.refunds.inc()
observer.mirror_compared({})
observer.stripe_held_back(sys.argv[1] == "open")
"""


def test_counts_add_up_and_a_circuit_is_open_while_a_living_process_holds_back(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    pids = []
    for state in ("open", "closed"):
        process = subprocess.Popen([sys.executable, "-c", PROCESS, state], env=environment, stdout=subprocess.DEVNULL)
        assert process.wait(60) == 0
        pids.append(process.pid)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(tmp_path))  # type: ignore[no-untyped-call]
    value = registry.get_sample_value
    assert value("payments_refunds_total") == 2
    assert value("payments_checkout_session_completed_total", {"policy": "instant"}) == 0
    assert value("payments_stripe_circuit_open") == 1
    assert (value("payments_window_mirror_compared_timestamp_seconds") or 0) > 1e9
    mark_process_dead(pids[0], str(tmp_path))  # type: ignore[no-untyped-call]
    assert value("payments_stripe_circuit_open") == 0
