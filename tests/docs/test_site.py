"""The site is built from the pages without a warning, where MkDocs is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.reading import ROOT

pytest.importorskip("mkdocs", reason="mkdocs is not installed")


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "how-to" / "scale" / "index.html").exists()
