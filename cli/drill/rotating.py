"""Rotates the webhook secret and the field keys of a running system, while signed webhooks come without a pause."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from cli.drill.hooks import complaints, stored
from cli.drill.secrets import HOOK, KEYS, SecretFiles, new_hook_secret, new_key
from cli.drill.target import ROLES, Target
from cli.run.errors import CannotRun
from proof.drill.sending import Sender
from sandbox.stripe.settings import SECRET_KEY

#: Webhooks a second, beside those of the sale.
RATE: Final = 500.0
#: Seconds that a process may take to end what it has in hand, and to start; and one command.
PATIENCE: Final = 90.0
TIMEOUT: Final = 10.0
_LOOK: Final = 0.1


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation of both, as docs tell operators to do it."""

    target: Target
    files: SecretFiles

    def __call__(self) -> list[str]:
        """Do it; returns what went wrong, in sentences."""
        (old_hook, *_), (old_key, *_) = self.files.read(HOOK), self.files.read(KEYS)
        hook, key = new_hook_secret(), new_key()
        sender = Sender(self.target.urls["ingest"] or "", old_hook, RATE)
        with sender.sending():
            # Every process can read what the new ones write, before any does.
            self.files.write(HOOK, [old_hook, hook])
            self.files.write(KEYS, [old_key, key])
            self._restart_all()
            self._roll(hook)
            sender.sign_with(hook)
            self.files.write(KEYS, [key, old_key])
            self._restart_all()
            self.files.write(HOOK, [hook])
            first = self._rotate()
            self.files.write(KEYS, [key])
            self._restart_all()
        second = self._rotate()  # finds nothing to do, and needs the new key alone
        (kept,) = stored(self.target.database_url, sender)
        wrong = complaints(sender, kept, valid=True, when="while secrets were rotated")
        return [*wrong, *_unreadable(first), *_unreadable(second), *_left(second)]

    def _restart_all(self) -> None:
        for role in ROLES:
            for pid in self.target.heads(role):
                self._restart(role, pid)

    def _restart(self, role: str, pid: int) -> None:
        count = len(self.target.heads(role))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while pid in (now := self.target.heads(role)) or len(now) < count or not self.target.answers(role):
            self.target.check()
            if time.monotonic() > deadline:
                raise CannotRun(f"{role} was not back {PATIENCE:.0f} seconds after it was restarted with other keys.")
            time.sleep(_LOOK)

    def _roll(self, secret: str) -> None:
        """Have Stripe sign with another secret, from the next webhook on."""
        headers = {"authorization": f"Bearer {SECRET_KEY}"}
        with httpx.Client(base_url=self.target.sandbox, timeout=TIMEOUT, trust_env=False) as stripe:
            for endpoint in stripe.get("/v1/webhook_endpoints", headers=headers).raise_for_status().json()["data"]:
                body = {"secret": secret, "overlap": 0}
                stripe.post(f"/sandbox/webhook_endpoints/{endpoint['id']}/roll", json=body).raise_for_status()

    def _rotate(self) -> dict[str, Any]:
        command = [sys.executable, "-P", "-m", "cli", "keys", "rotate", "--json"]
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=self.target.env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        try:
            found: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise CannotRun(f"`gavelpay keys rotate` failed: {done.stderr.strip()[-500:]}") from None
        return found


def _unreadable(found: dict[str, Any]) -> Iterator[str]:
    if found["unreadable"]:
        yield f"{len(found['unreadable'])} values cannot be read since keys were rotated."


def _left(found: dict[str, Any]) -> Iterator[str]:
    if found["left"]:
        yield f"{found['left']} values are still under an old key."
