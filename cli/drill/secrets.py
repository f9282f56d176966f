"""Secrets of a system of the drill's own: in files, where they can be rotated while it runs."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.files import write_privately

HOOK: Final = "STRIPE_WEBHOOK_SECRET"
KEYS: Final = "FIELD_ENCRYPTION_KEYS"


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """One file for each variable. Its values are separated by commas, as the variables' are."""

    directory: Path

    def environment(self, kept: Mapping[str, str]) -> dict[str, str]:
        """The variables that name the files; what an earlier drill has left in them stays."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        for name in (HOOK, KEYS):
            if not self._file(name).exists():
                self.write(name, [kept[name]])
        return {f"{name}_FILE": str(self._file(name)) for name in (HOOK, KEYS)}

    def read(self, name: str) -> list[str]:
        """Its values, the first one first."""
        return self._file(name).read_text().strip().split(",")

    def write(self, name: str, values: Sequence[str]) -> None:
        """Replace its values, at once for whoever reads it."""
        write_privately(self._file(name), ",".join(values) + "\n")

    def _file(self, name: str) -> Path:
        return self.directory / name.lower()


def new_hook_secret() -> str:
    """As Stripe gives one."""
    return f"whsec_{secrets.token_hex(24)}"


def new_key() -> str:
    """32 bytes."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
