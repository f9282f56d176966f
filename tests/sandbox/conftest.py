"""What the tests of the sandbox's parts share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every user may enter, with a short path: pytest's own is neither."""
    directory = Path(tempfile.mkdtemp(prefix="gavelpay-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)
