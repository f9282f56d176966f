"""What is made from the code is as the code has it."""

import re

import pytest
from prometheus_client import CollectorRegistry

from cli.reference import metrics
from cli.reference.pages import DOCS, PAGES
from runtime.metrics import declare_metrics
from tests.console.test_roles import WHO
from tests.deploy.promql import exported


@pytest.mark.parametrize("place", PAGES)
def test_a_page_is_as_the_code_has_it(place: str) -> None:
    assert (DOCS / place).read_text() == PAGES[place](), "python -m cli.reference"


def test_every_metric_that_is_exported_is_on_the_page() -> None:
    page = metrics.page()
    listed = set(re.findall(r"^\| `(payments_\w+)`", page, re.MULTILINE))
    declared = {name for name in exported() if name.startswith("payments_") and f"{name}_bucket" in exported()}
    assert {name for name in declared if not {name, f"{name}_total"} & listed} == set()
    registry = CollectorRegistry()
    declare_metrics(registry, of_process=False)
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"| `{name}` | {family.type} |" in page


def test_the_page_of_the_api_tells_who_is_let_in() -> None:
    page = PAGES["reference/api.md"]()
    for endpoint, roles in WHO.items():
        section = page.partition(f"### {endpoint}\n")[2].partition("\n### ")[0]
        assert set(re.findall(r"`(\w+)`", section.partition(" For ")[2].partition("\n")[0])) == roles, endpoint
