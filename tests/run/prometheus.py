"""A real Prometheus, which scrapes a running stack by our own rules."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from sandbox.embedded.ports import free_port
from tests.sandbox.processes import eventually

ROOT = Path(__file__).parents[2]


def check_scraped(urls: Mapping[str, str], directory: Path) -> None:
    """All targets are up, and every rule can be evaluated; where Prometheus is not installed, nothing is checked."""
    program = shutil.which("prometheus")
    if program is None:
        return
    pages = {"worker": urls["worker_metrics"], "scheduler": urls["scheduler_metrics"]}
    pages |= {name: f"{urls[name]}/metrics" for name in ("api", "ingest")}
    jobs = [
        {"job_name": f"gavelpay-{name}", "static_configs": [{"targets": [url.split("/")[2]]}]}
        for name, url in pages.items()
    ]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "500ms"},
        "rule_files": [str(ROOT / "deploy" / "prometheus" / "rules" / "*.yml")],
        "scrape_configs": jobs,
    }
    directory.mkdir()
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    options = [f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *options, f"--web.listen-address={address}"], stdout=log, stderr=log, cwd=directory
        )
    try:
        eventually(lambda: _is_well(f"http://{address}/api/v1", len(jobs)))
    finally:
        process.kill()
        process.wait()


def _is_well(api: str, targets: int) -> bool:
    try:
        active = _asked(f"{api}/targets")["activeTargets"]
        groups = _asked(f"{api}/rules")["groups"]
    except (httpx.TransportError, httpx.HTTPStatusError):
        return False  # it is still starting: nobody listens, or it says 503
    up = [target for target in active if target["health"] == "up" and not target["lastError"]]
    return len(up) == targets and {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}


def _asked(url: str) -> Any:
    return httpx.get(url, trust_env=False).raise_for_status().json()["data"]
