"""Writes files that hold secrets."""

import os
from pathlib import Path


def write_privately(file: Path, text: str) -> None:
    """Write a whole file that only its owner can read; whoever reads it finds all of the old or all of the new."""
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
    draft.replace(file)
