"""The ways to collect, as configured."""

from collections.abc import Mapping

from domain.policies import Policy, instant, standard
from runtime.settings import Settings


def build_policies(settings: Settings) -> Mapping[str, Policy]:
    """The two ways to collect, as configured."""
    longest, three_ds_from = settings.windows.max_extension, int(settings.money.three_ds_threshold * 100)
    policies = (
        standard(
            window=settings.standard.window,
            retry_limit=settings.standard.retry_limit,
            retry_backoff=settings.standard.retry_backoff,
            max_extension=longest,
            three_ds_from=three_ds_from,
            reminder=settings.standard.reminder,
        ),
        instant(window=settings.instant.window, max_extension=longest, three_ds_from=three_ds_from),
    )
    return {policy.name: policy for policy in policies}
