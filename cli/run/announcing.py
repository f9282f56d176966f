"""What other programs need to know of a running system: addresses and development tokens."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cli.run.environment import Own
from cli.run.ports import Ports, url
from runtime.settings import Settings
from runtime.tokens import CallerRole, issue_development_token

#: Development tokens outlive a long weekend.
TOKEN_LIFE: Final = timedelta(days=30)
SUBJECT: Final = "gavelpay-run"
CALLERS: Final = {"service_token": CallerRole.SERVICE, "admin_token": CallerRole.ADMIN}


def urls(ports: Ports, own: Own, settings: Settings) -> dict[str, str | None]:
    """Where everything is; None for what there is not."""
    database, redis, broker = settings.database.url, settings.redis.url, settings.redis.broker_url
    return {
        "api": url(ports.api),
        "ingest": url(ports.ingest),
        "database": database.reveal() if database else None,
        "redis": redis.reveal() if redis else None,
        "broker": broker.reveal() if broker else None,
        "sandbox": url(ports.sandbox) if own.sandbox else settings.stripe.api_base,
        "mailbox": url(ports.mailbox, "/mailbox") if own.mailbox else None,
        "worker_metrics": url(ports.worker_metrics, "/metrics"),
        "scheduler_metrics": url(ports.scheduler_metrics, "/metrics"),
    }


def tokens(settings: Settings) -> dict[str, str | None]:
    """Development tokens; None where somebody else issues them."""
    auth, now = settings.auth, datetime.now(UTC)
    if auth.jwt_secret is None:
        return dict.fromkeys(CALLERS)
    secret = auth.jwt_secret.reveal()
    return {
        name: issue_development_token(
            secret, SUBJECT, role, TOKEN_LIFE, now=now, issuer=auth.issuer, audience=auth.audience
        )
        for name, role in CALLERS.items()
    }
