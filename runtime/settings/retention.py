"""How long is kept what is over. What proof rests on is kept for good, whatever is set here."""

from datetime import timedelta
from typing import Final

from domain.retention import DEFAULT_DAYS, SHORTEST_DAYS, Retention
from runtime.settings import forms
from runtime.settings.variable import Group, group, variable

_DAYS: Final = forms.days_kept(SHORTEST_DAYS, 36_500)


@group
class RetentionSettings(Group):
    """How long events are kept that were dealt with, by whole months."""

    webhook_events: timedelta | None = variable(
        "RETENTION_WEBHOOK_EVENTS_DAYS",
        _DAYS,
        "How long Stripe's events are kept once they are processed. They can be replayed as long.",
        default=str(DEFAULT_DAYS),
    )
    outgoing_events: timedelta | None = variable(
        "RETENTION_OUTGOING_EVENTS_DAYS",
        _DAYS,
        "How long outgoing events are kept once they are received. They can be sent again as long.",
        default=str(DEFAULT_DAYS),
    )

    @property
    def kept(self) -> Retention:
        """As a rule."""
        return Retention(self.webhook_events, self.outgoing_events)
