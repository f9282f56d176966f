"""Dashboards are what their one source says, and show only what there is."""

import json
import runpy
from typing import Any

import pytest
import yaml

from tests.deploy.promql import ROOT, exported, metrics_of, sums_what_is_shared

GRAFANA = ROOT / "deploy" / "grafana"
SOURCE = runpy.run_path(str(GRAFANA / "generate.py"))
RECORDED = {
    rule["record"]
    for group in yaml.safe_load((ROOT / "deploy/prometheus/rules/recording.yml").read_text())["groups"]
    for rule in group["rules"]
}


def test_there_is_a_board_for_each_kind_of_question() -> None:
    assert set(SOURCE["BOARDS"]) == {"business", "workers", "webhooks", "stripe", "database"}
    assert {file.stem for file in (GRAFANA / "boards").glob("*.json")} == set(SOURCE["BOARDS"])


@pytest.mark.parametrize("name", SOURCE["BOARDS"])
def test_a_board_is_generated_and_shows_only_what_is_exported(name: str) -> None:
    committed = (GRAFANA / "boards" / f"{name}.json").read_text()
    assert committed == SOURCE["text"](name), "run python deploy/grafana/generate.py"
    board: dict[str, Any] = json.loads(committed)
    assert board["uid"] == f"gavelpay-{name}"
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(places)) == len(places)
    for panel in board["panels"]:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert metrics_of(target["expr"]) - RECORDED - exported() == set(), panel["title"]
            assert sums_what_is_shared(target["expr"]) == set(), panel["title"]


def test_every_metric_of_the_contract_is_on_some_board() -> None:
    shown = "".join(file.read_text() for file in (GRAFANA / "boards").glob("*.json"))
    rules = "".join(file.read_text() for file in (ROOT / "deploy/prometheus/rules").glob("*.yml"))
    contract = (ROOT / "tests/run/metrics.py").read_text()
    names = {word for word in contract.split() if word.startswith("payments_") and word.replace("_", "").isalpha()}
    assert [name for name in sorted(names) if name not in shown + rules] == []
