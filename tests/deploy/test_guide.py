"""The pages for operators name files and commands that there are."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

from tests.deploy.commands import check_command
from tests.deploy.metrics_page import families, page
from tests.deploy.promql import ROOT

PAGES = (ROOT / "docs" / "how-to" / "deploy.md", ROOT / "docs" / "runbooks" / "index.md")


class EveryFamily(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from (family for _, family in families())

    def describe(self) -> Iterator[Metric]:
        return iter(())


@pytest.mark.parametrize("guide", PAGES, ids=lambda path: path.stem)
def test_a_page_names_what_there_is(guide: Path) -> None:
    text = guide.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (guide.parent / target).exists(), target
    for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("gavelpay "):
                check_command(line.partition("#")[0])
    for path in re.findall(r"deploy/[\w./-]+", text):
        assert (ROOT / path.rstrip(".")).exists(), path


def test_every_runbook_is_listed() -> None:
    listed = re.findall(r"\]\(([a-z-]+\.md)\)", PAGES[1].read_text())
    there = {path.name for path in PAGES[1].parent.glob("*.md")} - {"index.md"}
    assert sorted(listed) == sorted(there)


def test_the_page_of_metrics_is_made_from_the_code() -> None:
    command = "python -m tests.deploy.metrics_page > docs/reference/metrics.md"
    assert (ROOT / "docs" / "reference" / "metrics.md").read_text() == page(), command


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_finds_nothing_to_say_about_names_and_help() -> None:
    registry = CollectorRegistry()
    registry.register(EveryFamily())
    told = generate_latest(registry)
    done = subprocess.run(["promtool", "check", "metrics"], input=told, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
