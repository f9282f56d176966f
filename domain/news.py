"""Which of two things that Stripe said is the newer one. Events come in any order, and in the same second."""

from datetime import datetime
from typing import Final

from domain.facts import Declined, Fact, Processing
from domain.session import PaymentSession

#: Within one second of one attempt, a bank's answer follows the confirmation that it answers.
RANK: Final[dict[type[Fact], int]] = {Processing: 1, Declined: 2}
#: The opening itself comes before all of them.
OPENED: Final = 0


def is_news(session: PaymentSession, attempt_no: int, at: datetime, rank: int) -> bool:
    """Whether this is newer than all that the session has heard. Equal is not news."""
    if session.news_at is None:
        return True
    return (attempt_no, at, rank) > (session.news_attempt, session.news_at, session.news_rank)


def remember(session: PaymentSession, attempt_no: int, at: datetime, rank: int) -> None:
    """Make this the newest thing heard."""
    session.news_attempt, session.news_at, session.news_rank = attempt_no, at, rank


def forget(session: PaymentSession) -> None:
    """Once a session is paid, no news counts, and none is kept."""
    session.news_attempt, session.news_at, session.news_rank = 0, None, 0
