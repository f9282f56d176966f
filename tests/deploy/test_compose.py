"""The compose file is right, and two houses of it stand beside each other."""

import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deploy.promql import ROOT
from tests.deploy.starting import check_start

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = sorted(name for name, one in SERVICES.items() if one["image"].startswith("gavelpay:"))
HOUSES = sorted((DEPLOY / "houses").glob("*.env"))
#: For compose itself, not for our processes.
COMPOSES = {"HOUSE", "HOUSE_ENV", "SECRETS", "API_PORT", "INGEST_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT"}


def variables(house: Path) -> dict[str, str]:
    lines = (line for line in house.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def test_it_is_of_its_schema_and_names_only_what_there_is() -> None:
    jsonschema.validate(COMPOSE, yaml.safe_load((Path(__file__).parent / "schemas/compose.yaml").read_text()))
    for name, one in SERVICES.items():
        assert set(one.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert set(one.get("depends_on", [])) <= set(SERVICES), name
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists(), volume
    known = {key for house in HOUSES for key in variables(house)} | {"GAVELPAY_VERSION"}
    assert set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yml").read_text())) <= known
    told = re.findall(r"^\| (.+?) \|", (DEPLOY / "houses" / "README.md").read_text(), re.MULTILINE)
    assert set(re.findall(r"`([a-z_.]+)`", " ".join(told))) == set(COMPOSE["secrets"])


@pytest.mark.parametrize("house", HOUSES, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", OURS)
def test_each_of_our_processes_would_start(name: str, house: Path, tmp_path: Path) -> None:
    service, given = SERVICES[name], variables(house)
    assert service["read_only"]
    assert service["user"] == "10001:10001"
    files = {key: value for key, value in service["environment"].items() if key.endswith("_FILE")}
    assert {f"/run/secrets/{secret}" for secret in service["secrets"]} == set(files.values())
    arguments = [re.sub(r"\$\{(\w+)[^}]*\}", lambda match: given[match[1]], word) for word in service["command"]]
    plain = {key: value for key, value in given.items() if key not in COMPOSES and key != "WORKER_PROCESSES"}
    plain |= {key: value for key, value in service["environment"].items() if key not in files and key != "HEALTH_URL"}
    check_start(arguments, plain, [key.removesuffix("_FILE") for key in files], tmp_path)


def test_prometheus_finds_every_process_at_its_port() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    found = {one["names"][0]: one["port"] for job in config["scrape_configs"] for one in job.get("dns_sd_configs", [])}
    ports = {name: int(SERVICES[name]["environment"]["HEALTH_URL"].split(":")[2].split("/")[0]) for name in found}
    assert found == ports
    assert set(found) == set(OURS) - {"migrate"}


def test_what_stores_is_reached_by_our_processes_alone() -> None:
    stores = {"postgres", "redis"}
    reach = {name for name, service in SERVICES.items() if "data" in service["networks"]} - stores
    assert all(SERVICES[name]["networks"] == ["data"] for name in stores)
    assert reach == set(OURS)


def test_two_houses_share_nothing() -> None:
    first, second = (variables(house) for house in HOUSES)
    own = (*COMPOSES, "PUBLIC_URL", "RECEIPT_NUMBER_PREFIX")
    assert [key for key in own if first[key] == second[key]] == []
    for house in HOUSES:
        assert (DEPLOY / variables(house)["HOUSE_ENV"]) == house


def test_the_image_is_built_from_what_is_installed_and_runs_as_nobody_of_importance() -> None:
    lines = (DEPLOY / "Dockerfile").read_text()
    assert "USER 10001:10001" in lines
    assert "HEALTHCHECK" in lines
    assert "--require-hashes" in lines
    kept = re.findall(r"^!(\w+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    packages = re.search(r"packages = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)
    assert packages is not None
    assert set(kept) == set(re.findall(r'"(\w+)"', packages[1]))


@pytest.mark.parametrize("path", sorted(str(path.relative_to(DEPLOY)) for path in DEPLOY.rglob("*") if path.is_file()))
def test_no_file_names_a_registry(path: str) -> None:
    if not shutil.which("true") or path.endswith(".json"):
        return
    text = (DEPLOY / path).read_text()
    images = re.findall(r"^\s*(?:- )?(?:image|FROM)[: ]+(\S+)", text, re.MULTILINE)
    assert [image for image in images if "." in image.split("/")[0] and "/" in image] == []
