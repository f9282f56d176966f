"""The system under drill, as its `run.json` describes it: started by the drill, or found running."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from cli.drill.processes import families
from cli.drill.secrets import SecretFiles
from cli.drill.surroundings import Surroundings
from runtime.settings import Settings

#: Seconds that a process may take to say that it is well.
HEALTH_TIMEOUT: Final = 1.0
#: The roles of the system's own processes.
ROLES: Final = ("ingest", "api", "worker", "scheduler")


@dataclass(frozen=True, slots=True)
class Target:
    """A running system.

    Attributes:
        run_file: its `run.json`.
        urls: where everything is.
        service_token: what the auction house calls with.
        admin_token: what an operator calls with.
        env: the environment of its processes.
        settings: what its processes were given.
        database_url: PostgreSQL, past any wire.
        redis_url: Redis, past any wire.
        check: raises what makes it end: a process that gave up, a supervisor that is gone.
        around: the servers and wires that the drill itself has put around it, if it has.
        secrets: where its secrets are, if the drill may rotate them.
    """

    run_file: Path
    urls: Mapping[str, str | None]
    service_token: str | None
    admin_token: str | None
    env: Mapping[str, str]
    settings: Settings
    database_url: str
    redis_url: str
    check: Callable[[], None]
    around: Surroundings | None = None
    secrets: SecretFiles | None = None

    def answers(self, role: str) -> bool:
        """Whether a role's process says, and soon, that it is well; servers are not asked."""
        base = {
            "ingest": self.urls["ingest"],
            "api": self.urls["api"],
            "worker": (self.urls["worker_metrics"] or "").removesuffix("/metrics"),
            "scheduler": (self.urls["scheduler_metrics"] or "").removesuffix("/metrics"),
        }.get(role)
        try:
            return base is None or httpx.get(f"{base}/healthz", timeout=HEALTH_TIMEOUT, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    @property
    def sandbox(self) -> str:
        """Stripe's stand-in."""
        return self.urls["sandbox"] or ""

    def pids(self, role: str) -> list[int]:
        """The processes of a role, or of `postgres` and `redis`, each followed by those that it started."""
        return families(self.heads(role))

    def heads(self, role: str) -> list[int]:
        """Of a role, those processes that the supervisor started; fewer while one is being started again."""
        if self.around is not None and role in {"postgres", "redis"}:
            pid = (self.around.postgres if role == "postgres" else self.around.valkey).pid
            return [] if pid is None else [pid]
        found = self._told().get(role)
        return list(found) if isinstance(found, list) else [] if found is None else [int(found)]

    def has(self, server: str) -> bool:
        """Whether this server can be killed and comes back: it is the system's, or the drill's, own."""
        return bool(self.heads(server))

    def _told(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):  # it is gone when the system is
            told: dict[str, Any] = json.loads(self.run_file.read_text())["pids"]
            return told
        return {}
