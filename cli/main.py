"""The `gavelpay` command: one module per sub-command, loaded when it is asked for."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import click

#: Sub-command → module and attribute. A table rather than imports, so that `gavelpay --help` answers at once.
COMMANDS: Final = {
    "run": ("cli.run", "run"),
    "ingest": ("cli.ingest", "ingest"),
    "api": ("cli.api", "api"),
    "worker": ("cli.worker", "worker"),
    "scheduler": ("cli.scheduler", "scheduler"),
    "migrate": ("cli.migrate", "migrate"),
    "doctor": ("cli.doctor", "doctor"),
    "stripe-webhook": ("cli.stripe_webhook", "stripe_webhook"),
    "synthetic": ("cli.synthetic", "synthetic"),
    "sessions": ("cli.session_acts", "sessions"),
    "events": ("cli.events", "events"),
    "deliveries": ("cli.deliveries", "deliveries"),
    "queues": ("cli.queues", "queues"),
    "prune": ("cli.prune", "prune"),
    "dead-letters": ("cli.dead_letters", "dead_letters"),
    "notices": ("cli.notices", "notices"),
    "reconcile": ("cli.reconcile", "reconcile"),
    "audit": ("cli.audit", "audit"),
    "receipts": ("cli.receipts", "receipts"),
    "keys": ("cli.keys", "keys"),
    "pci-scan": ("cli.pci_scan", "pci_scan"),
    "simulate": ("cli.simulate", "simulate"),
    "drill": ("cli.drill", "drill"),
    "bench": ("cli.bench", "bench"),
}


class Commands(click.Group):
    """Finds sub-commands in the table."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the table's order: from running it to repairing it."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Load one."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name]
        with _no_garbage():
            command: Any = getattr(import_module(module), attribute)
        return command if isinstance(command, click.Command) else None


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Look for none while modules are loaded, all of which stay: a sixth of the time that a process takes to start."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  gavelpay run --auctions 12              the whole system, with buyers who pay
  gavelpay doctor                         what is wrong, and what to do about it
  gavelpay sessions list --status failed  payments that stand there
  gavelpay COMMAND --help                 each command has examples of its own
""",
)
@click.version_option(package_name="gavelpay")
def main() -> None:
    """Gavelpay collects the payment after an auction's hammer falls."""
