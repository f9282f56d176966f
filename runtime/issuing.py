"""Tokens that a development machine makes for itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from domain.clock import Clock
from runtime.settings import KeyMode, Settings
from runtime.tokens import CallerRole, issue_development_token

#: A working day.
_LIFE: Final = timedelta(hours=8)


def build_issuer(settings: Settings, now: Clock) -> Callable[[str, CallerRole], str] | None:
    """What makes a token for a name and a role; None where somebody else issues them, or money is real."""
    auth = settings.auth
    if auth.jwt_secret is None or settings.stripe.key_mode is KeyMode.LIVE:
        return None
    secret = auth.jwt_secret.reveal()

    def issue(subject: str, role: CallerRole) -> str:
        return issue_development_token(
            secret, subject, role, _LIFE, now=now(), issuer=auth.issuer, audience=auth.audience
        )

    return issue
