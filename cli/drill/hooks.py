"""What must have come of webhooks that the drill itself has sent: enough of them, answered as is right, and kept."""

from collections.abc import Iterator
from typing import Final

from models.database import Database
from proof.drill.sending import OK, Sender

#: The part of a sender's rate that must have been answered, or the trial was none. Not all of it: while the ingest is
#: restarted nobody answers, and what was missed then is not made up for. On two cores on which something else ran all
#: the time, 94 % were answered while everything was restarted three times, and all of a flood.
LEAST: Final = 0.8
_STORED: Final = "SELECT count(*) FROM webhook_events WHERE stripe_event_id LIKE %s || '%%'"


def stored(database_url: str, *senders: Sender) -> list[int]:
    """How many of the webhooks of each sender are stored."""
    database = Database(database_url, pool_size=1, application="gavelpay drill")
    try:
        return [database.rows(_STORED, (sender.prefix,))[0][0] for sender in senders]
    finally:
        database.close()


def complaints(sender: Sender, kept: int, *, valid: bool, when: str) -> Iterator[str]:
    """What went wrong, in sentences.

    Args:
        sender: when it has ended.
        kept: how many of its webhooks are stored.
        valid: whether they were signed as Stripe signs; all others must be turned away, and leave nothing behind.
        when: what went on meanwhile.
    """
    right, kind = (OK, "valid") if valid else (400, "forged")
    for status, count in sender.answers.items():
        if status != right:
            yield f"{count} {kind} webhooks were answered with {status} {when}."
    answered, due = sum(sender.answers.values()), LEAST * sender.rate * sender.seconds
    if not answered or answered < due:
        yield (
            f"{answered} {kind} webhooks were answered in {sender.seconds:.0f} seconds {when}:"
            f" fewer than {LEAST:.0%} of {sender.rate:.0f} a second, so that proves nothing."
        )
    if valid and kept < sender.accepted:
        yield f"{sender.accepted} webhooks were accepted {when}, and {kept} are stored."
    if kept and not valid:
        yield f"{kept} forged webhooks are stored."
