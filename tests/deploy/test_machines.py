"""Machines without containers: units of systemd, the Procfile, and nginx at the edge."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.promql import ROOT
from tests.deploy.starting import SECRETS, check_start

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PLAIN = {"AUTH_JWKS_URL": "https://login.example.com/jwks.json", "STRIPE_PUBLISHABLE_KEY": "pk_test_fake"}
PLAIN |= {"MAIL_FROM": "pay@example.com", "AUCTION_WEBHOOK_URL": "https://a.example.com/"}
PLAIN |= {"ORDER_WEBHOOK_URL": "https://o.example.com/"}
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL = shutil.which("openssl")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_what_there_is(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text()
    (started,) = re.findall(r"^ExecStart=/opt/gavelpay/bin/gavelpay (.+)$", text, re.MULTILINE)
    check_start(shlex.split(started.replace("${WORKER_PROCESSES}", "2")), PLAIN, SECRETS, tmp_path)
    for line in ("User=gavelpay", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert line in text.splitlines()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for file in (DEPLOY / "systemd").iterdir():
        # The command must exist where systemd verifies it.
        (tmp_path / file.name).write_text(
            re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", file.read_text(), flags=re.MULTILINE)
        )
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "gavelpay" in line]
    assert ours == [], done.stderr


def test_the_procfile_starts_what_there_is(tmp_path: Path) -> None:
    processes = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert set(processes) == {"release", "ingest", "web", "worker", "scheduler"}
    for command in processes.values():
        words = shlex.split(re.sub(r"\$\{\w+:-(\d+)\}", r"\1", command))
        assert words.pop(0) == "gavelpay"
        check_start(words, PLAIN, SECRETS, tmp_path)


def test_the_edge_logs_no_path_that_is_a_secret_and_limits_who_follows_them() -> None:
    edge = (DEPLOY / "nginx" / "edge.conf").read_text()
    ((pattern, said),) = re.findall(r"location ~ (\S+) \{([^}]*limit_req [^}]*)\}", edge)
    for path in ("/pay/a-token", "/pay/a-token/status", "/receipts/a-receipt.pdf"):
        assert re.match(pattern, path)
    assert not re.match(pattern, "/payments/checkout/create")
    rules = {rule.split()[0]: rule.split()[1:] for rule in re.sub(r"#.*", "", said).split(";") if rule.strip()}
    assert (rules["access_log"], rules["error_log"][-1]) == (["off"], "emerg")
    assert {"limit_req", "limit_conn"} <= rules.keys()


@pytest.mark.skipif(not NGINX or not OPENSSL, reason="nginx is not installed")
def test_nginx_takes_the_edge_and_speaks_tls_1_3_alone(tmp_path: Path) -> None:
    common = (DEPLOY / "nginx" / "common.conf").read_text()
    assert re.findall(r"^ssl_protocols (.+);$", common, re.MULTILINE) == ["TLSv1.3"]
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    subject = ["-subj", "/CN=pay.example.com", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run([str(OPENSSL), "req", "-x509", "-nodes", *curve, *subject], check=True, capture_output=True)
    edge = (DEPLOY / "nginx" / "edge.conf").read_text()
    edge = edge.replace("/etc/nginx/gavelpay.conf", str(tmp_path / "common.conf"))
    edge = re.sub(r"proxy_pass http://\w+:", "proxy_pass http://127.0.0.1:", edge)
    (tmp_path / "common.conf").write_text(common.replace("/run/secrets/", f"{tmp_path}/"))
    (tmp_path / "edge.conf").write_text(edge)
    whole = (
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; include {tmp_path}/edge.conf; }}"
    )
    (tmp_path / "nginx.conf").write_text(whole)
    command = [str(NGINX), "-t", "-p", str(tmp_path), "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
