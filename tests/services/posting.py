"""A house that writes to people, and the mailbox where it all arrives."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.notice import Notice
from sandbox.mailbox import Mail, RunningMailbox, running_mailbox
from tests.house import House, house

BUYER, MAKER = "buyer@example.com", "maker@example.com"


@dataclass
class Posting:
    """A house with a mailbox."""

    home: House
    box: RunningMailbox

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.box.messages]

    def to(self, recipient: str = BUYER) -> list[Mail]:
        return list(self.box.box.to(recipient))

    def notices(self, **wanted: Any) -> list[Notice]:
        """All that was ever queued, oldest first."""
        return self.home.app.notices.listed(**wanted)[::-1]

    def states(self, session_id: UUID | None = None) -> dict[str, str]:
        """How each kind stands, where each was told once."""
        found = self.notices(session_id=session_id)
        assert len({(one.kind, one.channel) for one in found}) == len(found)
        return {one.kind.value: one.status.value for one in found}

    def outcome(self, kind: str) -> tuple[str, str | None]:
        """How the one notice of this kind stands, and why."""
        (one,) = self.notices(kind=kind)
        return one.status.value, one.last_error

    def send(self) -> None:
        """Send all that is due."""
        for _ in range(200):
            if not self.home.app.send_notices():
                return
        raise AssertionError("notices keep coming")

    def forward(self, **by: float) -> None:
        self.home.forward(**by)


@contextmanager
def posting(database_url: str, **environ: str) -> Iterator[Posting]:
    with (
        running_mailbox() as box,
        house(database_url, SMTP_URL=box.smtp_url, MAIL_FROM="Gavelpay <payments@house.example>", **environ) as home,
    ):
        yield Posting(home, box)
        assert home.app.check_invariants() == []
