"""Alerts, runbooks, metrics and code hold together."""

import re
import shutil
import subprocess
from functools import cache
from typing import Any

import pytest
import yaml

from tests.deploy.promql import ROOT, exported, metrics_of, sums_what_is_shared
from tests.docs.commands import check_command

PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["What it means", "How to look", "What to do", "How to know it is over"]
#: What the documents ask to be alerted of.
ASKED = {
    "CheckoutSuccessLow", "WebhookLagHigh", "ReceiptFailures", "DeadLetters", "OldestMessage", "InboxBacklog",
    "OutboxBacklog", "WebhookSignatureFailures", "PaymentFailuresSpike", "RefundsSpike", "StatusChangesLate",
    "StripeCircuitOpen", "MoneyUnexplained", "SchedulerSilent", "WindowsOverdue", "SyntheticCheckFailing",
}  # fmt: skip
CONSOLE = {
    "payments", "receipts", "reconciliation", "events", "dead-letters", "queues", "deliveries", "risk", "audit",
}  # fmt: skip
Rule = dict[str, Any]


@cache
def rules() -> list[Rule]:
    files = sorted((PROMETHEUS / "rules").glob("*.yml"))
    return [rule for file in files for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def alerts() -> dict[str, Rule]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def slug(alert: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower()


def test_every_alert_that_was_asked_for_is_there_with_a_severity_and_its_runbook() -> None:
    assert set(alerts()) >= ASKED
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in {"critical", "high", "warning"}
        assert {"summary", "description", "runbook_url"} == set(rule["annotations"])
        assert rule["annotations"]["runbook_url"].endswith(f"/runbooks/{slug(name)}/")
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"index"} == {slug(name) for name in alerts()}


def test_rules_read_only_what_is_exported_and_count_nothing_twice() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert "payments:checkout_success:ratio_rate15m" in recorded
    for rule in rules():
        name = rule.get("alert") or rule["record"]
        assert metrics_of(rule["expr"]) - recorded - exported() == set(), name
        assert sums_what_is_shared(rule["expr"]) == set(), name


def test_every_alert_is_tried_both_ways() -> None:
    tried = "".join(file.read_text() for file in (PROMETHEUS / "tests").glob("*.yml"))
    for name in alerts():
        assert f"'{name}: " in tried, name
        assert f"'{name} is silent: " in tried or name == "OutboxBacklog", name


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_passes_the_rules_and_their_tests() -> None:
    files = [str(file) for folder in ("rules", "tests") for file in sorted((PROMETHEUS / folder).glob("*.yml"))]
    half = len(list((PROMETHEUS / "rules").glob("*.yml")))
    run = ("check", "rules"), ("test", "rules")
    for words, chosen in zip(run, (files[:half], files[half:]), strict=True):
        done = subprocess.run(["promtool", *words, *chosen], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    config = [
        "promtool", "check", "config", "--syntax-only", str(PROMETHEUS / "prometheus.yml"),
    ]  # fmt: skip
    assert subprocess.run(config, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", sorted(path.name for path in RUNBOOKS.glob("*-*.md")))
def test_a_runbook_has_its_four_parts_and_names_only_what_there_is(name: str) -> None:
    text = (RUNBOOKS / name).read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.startswith("# ")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (RUNBOOKS / target).exists(), target
    for page in re.findall(r"`/console/([a-z-]+)", text):
        assert page in CONSOLE, page
    code = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]
    for command in (span for span in code if span.startswith("gavelpay ")):
        check_command(command)
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for span in code:
        for metric in re.findall(r"\bpayments[:_][a-z0-9_:]+", span):
            assert metric in recorded | exported(), metric


def test_alertmanager_sends_each_severity_where_it_belongs() -> None:
    file = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    config = yaml.safe_load(file.read_text())
    receivers = {one["name"]: next(key for key in one if key != "name") for one in config["receivers"]}
    kinds = {"slack": "slack_configs", "pagerduty": "pagerduty_configs", "opsgenie": "opsgenie_configs"}
    assert receivers == kinds
    routes = {route["matchers"][0]: route["receiver"] for route in config["route"]["routes"]}
    assert routes['severity="critical"'] == "pagerduty"
    assert routes['severity="high"'] == "opsgenie"
    targets = [matcher for rule in config["inhibit_rules"] for matcher in rule["target_matchers"]]
    inhibited = re.findall(r"\b[A-Z]\w+[a-z]\b", " ".join(targets))
    assert set(inhibited) <= set(alerts())
    if amtool := shutil.which("amtool"):
        done = subprocess.run([amtool, "check-config", str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_name_that_no_process_exports_would_be_seen() -> None:
    assert metrics_of('sum by (le) (rate(payments_nothing_total{a="b_c"}[5m])) > 2 and up == 0') == {
        "payments_nothing_total",
        "up",
    }
    assert "payments_nothing_total" not in exported()
    assert sums_what_is_shared("sum(payments_dead_letters)") == {"payments_dead_letters"}
