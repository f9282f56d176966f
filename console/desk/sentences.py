"""Asks how payments stand: why, what next and when, and what a person must or may do."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from console.desk.standing import Standing, explain
from domain.payment import Payment
from runtime.app import App


def explanations(app: App, payments: Sequence[Payment]) -> Mapping[UUID, Standing]:
    """How each of these stands."""
    policies, now = app.require_payments.policies, app.now()
    return {one.session.id: explain(one, policies[one.session.policy], now) for one in payments}
