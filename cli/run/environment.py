"""The environment of the processes: what the user has set, and for the rest what stands in for it here."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.run.options import Options
from cli.run.ports import Ports
from sandbox.stripe.settings import PUBLISHABLE_KEY, SECRET_KEY

#: So short that a sale settles while one watches.
SHORT_WINDOWS: Final[Mapping[str, str]] = {
    "PAYMENT_WINDOW_MINUTES": "0.5",
    "INSTANT_WINDOW_MINUTES": "0.5",
    "PAYMENT_RETRY_BACKOFF_MINUTES": "[0.05,0.1,0.1]",
    "PAYMENT_WINDOW_SWEEP_SECONDS": "2",
    "PAYMENT_WINDOW_GRACE_SECONDS": "2",
    "PAYMENT_REMINDER_MINUTES": "0.15",
}
#: Long enough for a person to pay one of the lots by hand.
WATCHED_WINDOWS: Final[Mapping[str, str]] = {
    **SHORT_WINDOWS,
    "PAYMENT_WINDOW_MINUTES": "3",
    "INSTANT_WINDOW_MINUTES": "2",
    "PAYMENT_RETRY_BACKOFF_MINUTES": "[0.25,0.5,0.5]",
    "PAYMENT_REMINDER_MINUTES": "1",
}
MAIL_FROM: Final = "Gavelpay <payments@gavelpay.example>"


def is_set(environ: Mapping[str, str], *names: str) -> bool:
    """Whether one of these variables is set, directly or by a file."""
    return any(environ.get(form, "").strip() for name in names for form in (name, f"{name}_FILE"))


@dataclass(frozen=True, slots=True)
class Own:
    """What this run starts itself, because nobody has given it another one."""

    postgres: bool
    redis: bool
    sandbox: bool
    mailbox: bool
    auction_listener: bool
    order_listener: bool

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Own":
        """Decide by what is set; each on its own."""
        return cls(
            postgres=not is_set(environ, "DATABASE_URL"),
            redis=not is_set(environ, "REDIS_URL"),
            sandbox=not is_set(environ, "STRIPE_SECRET_KEY"),
            mailbox=not is_set(environ, "SMTP_URL"),
            auction_listener=not is_set(environ, "AUCTION_WEBHOOK_URL"),
            order_listener=not is_set(environ, "ORDER_WEBHOOK_URL"),
        )

    def wanted_ports(self, ports: Ports) -> list[tuple[int, str]]:
        """The ports that must be free, with who is to listen there."""
        own = {
            (ports.sandbox, "sandbox"): self.sandbox,
            (ports.postgres, "PostgreSQL"): self.postgres,
            (ports.redis, "Redis"): self.redis,
            (ports.mailbox, "mailbox"): self.mailbox,
            (ports.smtp, "mail server"): self.mailbox,
        }
        return [
            (ports.api, "api"),
            (ports.ingest, "ingest"),
            (ports.worker_metrics, "worker metrics"),
            (ports.scheduler_metrics, "scheduler metrics"),
            *(port for port, wanted in own.items() if wanted),
            (ports.auction_house, "auction house"),
        ]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this run's own parts are; None where there is none of its own."""

    api: str
    database: str | None
    redis: str | None
    sandbox: str | None
    smtp: str | None
    auction: str | None
    order: str | None


def child_environment(
    environ: Mapping[str, str], options: Options, own: Addresses, keys: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of every process."""
    receipts = (options.data_dir / "receipts").absolute().as_uri()
    added = {**_windows(options), "PUBLIC_URL": own.api, "RECEIPT_STORAGE_URL": receipts}
    added |= _given("DATABASE_URL", own.database) | _given("REDIS_URL", own.redis)
    if own.sandbox:
        added |= {
            "STRIPE_SECRET_KEY": SECRET_KEY,
            "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            "STRIPE_API_BASE": own.sandbox,
        }
    else:
        # Only the form of the instant policy needs it; everything else should not wait for it.
        added["STRIPE_PUBLISHABLE_KEY"] = "pk_live_not_given" if _is_live(environ) else "pk_test_not_given"
    if own.smtp:
        added |= {"SMTP_URL": own.smtp, "MAIL_FROM": MAIL_FROM}
    for topic, url in (("AUCTION", own.auction), ("ORDER", own.order)):
        if url:
            added |= {f"{topic}_WEBHOOK_URL": url, f"{topic}_WEBHOOK_SECRET": keys[f"{topic}_WEBHOOK_SECRET"]}
    if not is_set(environ, "AUTH_JWKS_URL"):
        added["AUTH_JWT_SECRET"] = keys["AUTH_JWT_SECRET"]
    added |= {name: keys[name] for name in ("STRIPE_WEBHOOK_SECRET", "FIELD_ENCRYPTION_KEYS", "FIELD_INDEX_KEY")}
    return {**environ, **{name: value for name, value in added.items() if not is_set(environ, name)}}


def _is_live(environ: Mapping[str, str]) -> bool:
    """Whether Stripe's secret key is one for real money; a file that cannot be read is a setting's matter."""
    file = environ.get("STRIPE_SECRET_KEY_FILE", "").strip()
    with suppress(OSError, ValueError):
        return "_live_" in (Path(file).read_text() if file else environ.get("STRIPE_SECRET_KEY", ""))
    return False


def _given(name: str, value: str | None) -> dict[str, str]:
    return {name: value} if value else {}


def _windows(options: Options) -> Mapping[str, str]:
    if not options.auctions:
        return {}
    return SHORT_WINDOWS if options.exit_when_settled else WATCHED_WINDOWS
