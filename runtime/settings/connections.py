"""Database, Redis and broker."""

from collections.abc import Iterator
from pathlib import Path

from runtime.settings import forms, urls
from runtime.settings.secret import SecretUrl
from runtime.settings.variable import Group, group, optional

_REDIS = ("redis", "rediss")
_EMBEDDED = "embedded under `gavelpay run`"


@group
class DatabaseSettings(Group):
    """PostgreSQL. Addresses come as `postgresql://`, which psycopg and SQLAlchemy (with psycopg 3) both take."""

    url: SecretUrl | None = optional(
        "DATABASE_URL", urls.database_url(), "The PostgreSQL database that holds the truth.", unset=_EMBEDDED
    )
    replica_url: SecretUrl | None = optional(
        "DATABASE_REPLICA_URL",
        urls.database_url(),
        "A read-only copy for reports: figures over a span, exports.",
        unset="reports read the database",
    )


@group
class RedisSettings(Group):
    """Redis, and the broker where it is another."""

    url: SecretUrl | None = optional(
        "REDIS_URL",
        urls.secret_url(*_REDIS, database_number=True),
        "Redis or Valkey: limiter, mirror of windows, live pages, and the broker unless BROKER_URL names one.",
        unset=_EMBEDDED,
    )
    separate_broker_url: SecretUrl | None = optional(
        "BROKER_URL",
        urls.secret_url(*_REDIS, "amqp", "amqps", database_number=True),
        "The message broker where it is not REDIS_URL: another Redis, or RabbitMQ.",
        unset="REDIS_URL",
    )
    ca_file: Path | None = optional(
        "REDIS_CA_FILE",
        forms.certificate_file(),
        "The authority that signed the certificate of a rediss:// server.",
        unset="the system's authorities",
    )

    @property
    def broker_url(self) -> SecretUrl | None:
        """Where messages go."""
        return self.separate_broker_url or self.url

    def warnings(self) -> Iterator[str]:
        """A certificate authority for connections that are not encrypted protects nothing."""
        encrypted = any(url is not None and url.scheme == "rediss" for url in (self.url, self.separate_broker_url))
        if self.ca_file is not None and not encrypted:
            yield "REDIS_CA_FILE is set, but no address begins with rediss://"
