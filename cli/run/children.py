"""The processes that `gavelpay run` keeps running: what each is started with, and how it shows that it is ready."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cli.run.ports import HOST, Ports, url
from sandbox.embedded.ports import free_port
from sandbox.supervisor import Child, http_ready

#: A first start compiles Python files, on a machine that is busy with the other starts.
READY_SECONDS: Final = 45.0
#: With the pauses between them a quarter of a minute: what needs the database outlasts its restart.
ATTEMPTS: Final = 8
#: A worker finishes what it has in hand, such as a call to Stripe.
STOP_SECONDS: Final = 12.0
#: One look at a database is short, so that few threads keep two cores busy.
WORKER_THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class Processes:
    """Makes the children of one run."""

    ports: Ports
    env: Mapping[str, str]
    data_dir: Path
    #: The secret of tokens is this run's own: whoever is at this machine may be whom they like.
    makes_tokens: bool = False
    #: There is a mailbox of this run, which is found at Stripe's stand-in as well.
    has_mailbox: bool = False
    #: What Stripe's stand-in signs with.
    webhook_secret: str = field(default="", repr=False)

    @property
    def logs(self) -> Path:
        """Where each process logs."""
        return self.data_dir / "logs"

    def sandbox(self) -> Child:
        """Stripe's stand-in. What happened in it is kept, as Stripe keeps it."""
        hook = url(self.ports.ingest, "/payments/webhooks/stripe")
        options = ("--port", str(self.ports.sandbox), "--webhook-url", hook)
        kept = ("--data-file", str(self.data_dir / "stripe.journal"))
        mail = ("--mailbox-url", url(self.ports.mailbox)) if self.has_mailbox else ()
        ready, program = url(self.ports.sandbox, "/sandbox"), "cli.run.sandbox_process"
        child = self._child("sandbox", ready, program, *options, *kept, *mail)
        # In its environment, where nobody else sees it; ours may name a file instead.
        return replace(child, env={**self.env, "STRIPE_WEBHOOK_SECRET": self.webhook_secret})

    def ingest(self) -> Child:
        """Takes Stripe's webhooks."""
        return self._web("ingest", self.ports.ingest)

    def api(self) -> Child:
        """HTTP API, buyer's page, console."""
        return self._web("api", self.ports.api, *(("--one-click-sign-in",) if self.makes_tokens else ()))

    def worker(self, processes: int = 1) -> Child:
        """Does the work: one process as a rule, for PostgreSQL and everything else share the machine with it."""
        size = ("--processes", str(processes), "--threads", str(WORKER_THREADS))
        metrics = ("--metrics-port", str(self.ports.worker_metrics))
        return self._house("worker", url(self.ports.worker_metrics, "/healthz"), *size, *metrics)

    def scheduler(self) -> Child:
        """Rings when something is due."""
        return self._scheduler("scheduler", self.ports.scheduler_metrics)

    def other_schedulers(self, count: int) -> list[Child]:
        """Wait until the first one is gone."""
        return [self._scheduler(f"scheduler-{number + 2}", free_port()) for number in range(count)]

    def _scheduler(self, name: str, metrics: int) -> Child:
        return self._child(name, url(metrics, "/healthz"), "cli", "scheduler", "--metrics-port", str(metrics))

    def _web(self, name: str, port: int, *options: str) -> Child:
        return self._house(name, url(port, "/healthz"), "--host", HOST, "--port", str(port), *options)

    def _house(self, name: str, healthy: str, *options: str) -> Child:
        return self._child(name, healthy, "cli", name, *options)

    def _child(self, name: str, healthy: str, module: str, *arguments: str) -> Child:
        return Child(
            name=name,
            # -P: a folder named like one of ours, where the command is called from, is none of ours.
            argv=[sys.executable, "-P", "-m", module, *arguments],
            env=self.env,
            log=self.logs / f"{name}.log",
            ready=http_ready(healthy),
            ready_seconds=READY_SECONDS,
            attempts=ATTEMPTS,
            stop_seconds=STOP_SECONDS,
        )
