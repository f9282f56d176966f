"""The list of runbooks is whole, and Prometheus' own tool finds nothing to say about names and help of our metrics."""

import re
import shutil
import subprocess

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from actors.registry import QUEUES
from runtime.metrics import declare_metrics
from tests.deploy.promql import ROOT
from workers.metrics import WorkMetrics

RUNBOOKS = ROOT / "docs" / "runbooks"


def test_every_runbook_is_listed() -> None:
    listed = re.findall(r"\]\(([a-z-]+\.md)\)", (RUNBOOKS / "index.md").read_text())
    there = {path.name for path in RUNBOOKS.glob("*.md")} - {"index.md"}
    assert sorted(listed) == sorted(there)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_finds_nothing_to_say_about_names_and_help() -> None:
    registry = CollectorRegistry()
    declare_metrics(registry, of_process=False)
    WorkMetrics(registry, QUEUES)
    told = generate_latest(registry)
    done = subprocess.run(["promtool", "check", "metrics"], input=told, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
