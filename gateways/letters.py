"""What is sent to people, and what carries it there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.errors import GatewayUnavailable
from domain.ids import SessionId
from domain.notices import NoticeKind, Recipient


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    filename: str
    content: bytes
    maintype: str = "application"
    subtype: str = "pdf"


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in words, for any channel."""

    #: The notice's own: what makes a repeat recognisable.
    id: UUID
    kind: NoticeKind
    recipient: Recipient
    session_id: SessionId
    auction_id: str
    #: The buyer's or the maker's id.
    party_id: str
    language: str
    subject: str
    text: str
    html: str
    written_at: datetime
    #: A mailbox, a telephone number or a topic.
    to: str
    link: str | None = None
    attachment: Attachment | None = None


class CarrierAway(GatewayUnavailable):
    """A carrier takes nothing at all now: no answer, no entrance, a limit. No letter in particular is to blame."""

    code = "carrier_away"


class Carrier(Protocol):
    """Takes letters to people, through one channel."""

    def send(self, letter: Letter) -> str:
        """Hand a letter over; answers the id by which it can be found and recognised.

        Raises:
            GatewayRefused: this letter will never be taken: there is no such address.
            CarrierAway: nothing is taken now; try again later, with all letters.
            GatewayUnavailable: this letter was not taken now, or nobody knows; send it again.
        """
        ...

    def finish(self) -> None:
        """No more letters for now: end the conversation that this thread has open."""
        ...
