"""Comparing ourselves with Stripe."""

from actors.actor import actor
from actors.app import App
from domain.bells import EXPLAIN_MONEY, RECONCILE_ATTEMPTS, RECONCILE_EVENTS


@actor(RECONCILE_EVENTS, queue="event_list")
def reconcile_events(app: App) -> int:
    """Find webhooks that were lost, in Stripe's list of events."""
    return app.reconcile_events()


@actor(RECONCILE_ATTEMPTS, queue="lookups")
def reconcile_attempts(app: App) -> int:
    """Ask Stripe what became of attempts and refunds that are past due."""
    return app.reconcile_attempts() + app.reconcile_refunds()


@actor(EXPLAIN_MONEY, queue="money")
def explain_money(app: App) -> int:
    """Compare our books with Stripe's by the clock, and everything of a time where somebody asked for it."""
    return app.explain_money() + app.reconcile_asked()
