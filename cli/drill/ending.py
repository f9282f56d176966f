"""An operator who ends what nobody pays, where windows are so long that nobody would wait for their end."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import httpx

from cli.drill.target import Target
from cli.run.standing import Standing

REASON: Final = "The fault drill is over, and nobody is going to pay."
#: Seconds that one request may take.
TIMEOUT: Final = 10.0

#: Given payments that nobody is going to pay; ends those that are not over. Asking twice does no harm.
End = Callable[[Sequence[Standing]], None]


def by_themselves(_payments: Sequence[Standing]) -> None:
    """Windows are short: they end by themselves."""


def by_operator(target: Target) -> End:
    """Ends windows as an operator does, through the API."""

    def end(payments: Sequence[Standing]) -> None:
        headers = {"authorization": f"Bearer {target.admin_token}"}
        with httpx.Client(base_url=target.urls["api"] or "", headers=headers, timeout=TIMEOUT, trust_env=False) as api:
            for payment in payments:
                if not payment.over:
                    body = {"action": "terminate", "reason": REASON}
                    with suppress(httpx.HTTPError):  # it is asked again with the next look
                        api.post(f"/payments/window/{payment.session_id}/override", json=body)

    return end
