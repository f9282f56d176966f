"""Messages that gave up, or never were ones, on their way to where a person looks."""

from collections.abc import Sequence

from actors.actor import Incoming
from actors.app import App
from domain.errors import GavelpayError
from domain.messaging import DeadLetter

#: The reason of a letter whose message met an error that nobody foresaw.
UNEXPECTED = "unexpected_error"


def dead_letter(app: App, message: Incoming, reason: str, error: str) -> DeadLetter:
    """Make the letter of a message, whole."""
    return DeadLetter(
        id=app.new_id(),
        queue=message.queue,
        actor=message.actor,
        message=message.raw,
        reason=reason,
        error=error,
        created_at=app.now(),
    )


def keep_given_up(app: App, messages: Sequence[Incoming], cause: BaseException) -> None:
    """Keep messages that cannot be done, with what went wrong."""
    reason = cause.code if isinstance(cause, GavelpayError) else UNEXPECTED
    text = str(cause) or type(cause).__name__
    app.keep_dead_letters([dead_letter(app, message, reason, text) for message in messages])
