"""Whether a process would start with what a deployment gives it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from cli.main import main
from runtime.settings import Role, load

#: Obvious fakes, of the right form.
SECRETS = {
    "DATABASE_URL": "postgresql://gavelpay:fake@postgres/gavelpay",
    "REDIS_URL": "redis://redis:6379/0",
    "STRIPE_SECRET_KEY": "sk_test_fake",
    "STRIPE_WEBHOOK_SECRET": "whsec_fake",
    "FIELD_ENCRYPTION_KEYS": "A" * 43,
    "FIELD_INDEX_KEY": "B" * 43,
    "AUCTION_WEBHOOK_SECRET": "whsec_" + "Q" * 40,
    "ORDER_WEBHOOK_SECRET": "whsec_" + "Q" * 40,
    "SMTP_URL": "smtp://user:fake@mail.example.com:587",
}
ROLES = {"synthetic": Role.WORKER} | {str(role): role for role in Role}


def check_start(arguments: Sequence[str], variables: Mapping[str, str], secrets: Iterable[str], folder: Path) -> None:
    """The command and its options exist, and its settings are complete; each secret comes from a file."""
    name, *words = arguments
    command = main.get_command(click.Context(main), name)
    assert command is not None, name
    command.make_context(name, list(words))
    environ = dict(variables)
    for secret in secrets:
        file = folder / secret
        file.write_text(f"{SECRETS[secret]}\n")
        environ[f"{secret}_FILE"] = str(file)
    settings = load(environ, ROLES[name])
    assert settings.warnings == ()
