"""The manifests are right by Kubernetes' own schemas, and start what there is with what it needs."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from actors.registry import QUEUES
from console.app import ROUTERS
from tests.deploy.promql import ROOT, metrics_of
from tests.deploy.starting import check_start
from webhook_ingest.webhook import WEBHOOK_PATH

HERE = ROOT / "deploy" / "kubernetes"
SCHEMAS = Path(__file__).parent / "schemas"
FILES = sorted(path for path in HERE.rglob("*.yaml") if path.name != "kustomization.yaml")
Document = dict[str, Any]


@cache
def kubernetes() -> Document:
    return dict(json.loads((SCHEMAS / "kubernetes-1.37.json").read_text()))


@cache
def validator(kind: str) -> jsonschema.Draft202012Validator:
    """Of one kind; the schemas themselves are not checked each time, for that takes long."""
    if kind == "keda.sh/v1alpha1 ScaledObject":
        return jsonschema.Draft202012Validator(yaml.safe_load((SCHEMAS / "keda.yaml").read_text()))
    reference = f"#/$defs/{kubernetes()['kinds'][kind]}"
    return jsonschema.Draft202012Validator({"$ref": reference, "$defs": kubernetes()["$defs"]})


def check(document: Document) -> None:
    """It is what Kubernetes, or KEDA, takes."""
    validator(f"{document['apiVersion']} {document['kind']}").validate(document)


@cache
def documents() -> list[Document]:
    return [one for path in FILES for one in yaml.safe_load_all(path.read_text())]


def of_kind(kind: str) -> dict[str, Document]:
    return {one["metadata"]["name"]: one for one in documents() if one["kind"] == kind}


def containers() -> dict[str, Document]:
    """Every container that runs our image, with its pod."""
    pods = {**of_kind("Deployment"), **of_kind("Job")}
    return {name: one["spec"]["template"]["spec"] for name, one in pods.items()}


def test_every_manifest_is_of_its_schema_and_listed() -> None:
    for one in documents():
        check(one)
    for path in FILES:
        listed = yaml.safe_load((path.parent / "kustomization.yaml").read_text())["resources"]
        assert path.name in listed, path


def test_a_wrong_manifest_is_refused() -> None:
    wrong = json.loads(json.dumps(of_kind("Deployment")["api"]))
    wrong["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(jsonschema.ValidationError):
        check(wrong)


def test_every_pod_is_confined_and_started_with_what_it_needs(tmp_path: Path) -> None:
    base = yaml.safe_load((HERE / "base" / "kustomization.yaml").read_text())
    maps = {one["name"]: dict(line.split("=", 1) for line in one["literals"]) for one in base["configMapGenerator"]}
    for name, pod in containers().items():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert container["securityContext"]["readOnlyRootFilesystem"], name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        files = {one["name"]: one["value"] for one in container["env"]}
        mounted = {item["key"] for volume in pod["volumes"] for item in volume.get("secret", {}).get("items", [])}
        assert {variable.removesuffix("_FILE") for variable in files} == mounted, name
        plain = {}
        for source in container["envFrom"]:
            plain |= maps[source["configMapRef"]["name"]]
        check_start(container["args"], plain, mounted, tmp_path)


def test_what_serves_is_probed_and_nothing_stops_all_of_it_at_once() -> None:
    for name, one in of_kind("Deployment").items():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), name
        assert one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 30
        if name != "synthetic":
            budget = of_kind("PodDisruptionBudget")[name]
            assert budget["spec"]["selector"] == one["spec"]["selector"]
    assert of_kind("HorizontalPodAutoscaler")["ingest"]["spec"]["minReplicas"] >= 2


def test_the_pools_share_out_all_queues_and_keda_scales_each_by_its_own() -> None:
    served: list[str] = []
    for name, scaled in of_kind("ScaledObject").items():
        arguments = containers()[name]["containers"][0]["args"]
        queues = arguments[arguments.index("--queues") + 1].split(",")
        served += queues
        for trigger in scaled["spec"]["triggers"]:
            query = trigger["metadata"]["query"]
            assert metrics_of(query) <= {"payments:work_age_seconds:max", "payments:work_due:max"}
            assert re.findall(r'queue=~"([^"]+)"', query) == ["|".join(queues)]
    assert sorted(served) == sorted(set(QUEUES))


def test_nothing_comes_or_goes_by_default() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    opened = json.dumps(policies["stripe-mail-and-services"]["spec"]["podSelector"])
    assert "ingest" not in opened
    assert "scheduler" not in opened


def test_the_edge_shows_what_is_for_people_and_services_and_nothing_else() -> None:
    edge = of_kind("Ingress")["gavelpay"]
    assert edge["metadata"]["annotations"]["nginx.ingress.kubernetes.io/enable-access-log"] == "false"
    pages, hooks = edge["spec"]["rules"]
    shown = {one["path"] for one in pages["http"]["paths"]}
    served = {f"/{route.path.split('/')[1]}" for router in ROUTERS for route in router.routes if hasattr(route, "path")}
    assert shown == served - {"/healthz", "/readyz", "/metrics"} | {"/openapi.json"}
    assert [one["path"] for one in hooks["http"]["paths"]] == [WEBHOOK_PATH]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
@pytest.mark.parametrize("overlay", sorted(path.name for path in (HERE / "overlays").iterdir()))
def test_an_overlay_is_built_and_right(overlay: str) -> None:
    command = ["kubectl", "kustomize", str(HERE / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = list(yaml.safe_load_all(done.stdout))
    for one in built:
        check(one)
        assert one["metadata"]["namespace"].startswith("gavelpay-")
    scaled = {one["spec"]["scaleTargetRef"]["name"] for one in built if one["kind"] == "ScaledObject"}
    fixed = {one["metadata"]["name"] for one in built if one["kind"] == "Deployment" and "replicas" in one["spec"]}
    assert scaled & fixed == set()
