"""Finding what attempts may have opened, where their keys do not tell: any number of them in one walk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from domain.attempt import CheckoutAttempt
from domain.ids import AttemptId
from domain.policies import AttemptKind
from domain.windows import SLACK
from gateways.stripe.answers import opened
from gateways.stripe.gateway import Opened

Document = Mapping[str, Any]
#: Reads a list page by page: operation, path, parameters.
Pages = Callable[[str, str, Document], Iterator[Document]]
#: Asks one thing and gives all that was found: operation, path, parameters.
Search = Callable[[str, str, Document], Sequence[Document]]

#: Stripe's search may lag "up to an hour" behind when it is ill. What is older is found by it, in one call; what is
#: younger by the list, whose walk is bounded.
SEARCHABLE: Final = timedelta(hours=2)


def find(attempts: Sequence[CheckoutAttempt], pages: Pages, search: Search, now: datetime) -> dict[AttemptId, Opened]:
    """What these attempts have opened. One that is missing in the answer has opened nothing.

    Checkout Sessions have no search, and no filter that fits one without a customer; so one walk through the list, from
    the newest to the oldest that could be meant, serves all. Payment intents of old attempts are searched for instead,
    and the list is read no further back than the search may lag: an old attempt may have opened its own just now.
    """
    found: dict[AttemptId, Opened] = {}
    checkouts = [one for one in attempts if one.kind is AttemptKind.CHECKOUT]
    intents = [one for one in attempts if one.kind is AttemptKind.PAYMENT_INTENT]
    for one in intents:
        if now - one.created_at >= SEARCHABLE:
            query = f'metadata["payment_session_id"]:"{one.session_id}" AND metadata["attempt"]:"{one.attempt_no}"'
            found |= _mine([one], search("payment_intent.search", "/v1/payment_intents/search", {"query": query}))
    rest = [one for one in intents if one.id not in found]
    found |= _walk(checkouts, pages, "checkout.list", "/v1/checkout/sessions")
    found |= _walk(rest, pages, "payment_intent.list", "/v1/payment_intents", now - SEARCHABLE)
    return found


def _walk(
    attempts: Sequence[CheckoutAttempt], pages: Pages, operation: str, path: str, earliest: datetime | None = None
) -> dict[AttemptId, Opened]:
    if not attempts:
        return {}
    since = min(one.created_at for one in attempts)
    since = (since if earliest is None else max(since, earliest)) - SLACK
    return _mine(attempts, pages(operation, path, {"created": {"gte": int(since.timestamp())}}))


def _mine(
    attempts: Sequence[CheckoutAttempt], documents: Iterator[Document] | Sequence[Document]
) -> dict[AttemptId, Opened]:
    """Which of the documents belong to which attempt. Reads no further than it must."""
    wanted = {(str(one.session_id), str(one.attempt_no)): one.id for one in attempts}
    found: dict[AttemptId, Opened] = {}
    for document in documents:
        metadata = document.get("metadata") or {}
        mine = wanted.get((metadata.get("payment_session_id", ""), metadata.get("attempt", "")))
        if mine is not None:
            found[mine] = opened(document)
        if len(found) == len(wanted):
            break
    return found
