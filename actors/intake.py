"""Auctions' requests to collect."""

from collections.abc import Sequence

from actors.actor import Incoming, intake
from actors.app import App
from actors.letters import dead_letter
from domain.errors import InvalidMessage, OfferRefused, PermanentError
from domain.messages import PaymentRequired, read_payment_required
from domain.refusals import Refusal


@intake("payment_required", queue="payment_required")
def payment_required(app: App, messages: Sequence[Incoming]) -> None:
    """Make each request a row, or a dead letter with the reason why not. Safe to run any number of times.

    What the rules do not permit is also told to the auction service; what cannot be read names nobody to be told.

    Raises:
        TransientError: none, some or all of them are done; the messages must be done again.
    """
    refused: list[tuple[Incoming, PermanentError]] = []
    asked: list[tuple[Incoming, PaymentRequired]] = []
    for message in messages:
        try:
            asked.append((message, read_payment_required(message.kwargs)))
        except InvalidMessage as problem:
            refused.append((message, problem))
    refusals: list[Refusal] = []
    if asked:
        answers = app.require_payments([request for _, request in asked])
        for (message, request), answer in zip(asked, answers, strict=True):
            if isinstance(answer, OfferRefused):
                refused.append((message, answer))
                refusals.append(Refusal(request, answer))
    if refused:
        letters = [dead_letter(app, message, why.code, str(why)) for message, why in refused]
        app.keep_dead_letters(letters, refusals)
