"""What the mail server does wrong on demand."""

from dataclasses import dataclass, field

#: Stands for every recipient.
EVERYBODY = "*"


@dataclass
class Faults:
    """Who is refused for good (550), who for now (451), and how slow each answer is. Change it at any time.

    `put_off` counts how often each is still put off; a negative count never ends.
    """

    refused: set[str] = field(default_factory=set)
    put_off: dict[str, int] = field(default_factory=dict)
    delay_seconds: float = 0.0

    def refuse(self, *recipients: str) -> None:
        """Answer 550 to these from now on; without arguments to everybody."""
        self.refused.update(_folded(recipients))

    def put_off_for_now(self, *recipients: str, times: int = -1) -> None:
        """Answer 451 to these, the next `times` times; without arguments to everybody."""
        self.put_off.update(dict.fromkeys(_folded(recipients), times))

    def clear(self) -> None:
        """Behave."""
        self.refused.clear()
        self.put_off.clear()
        self.delay_seconds = 0.0

    def answer_to(self, recipient: str) -> str | None:
        """Return SMTP's refusal of a recipient, or None if the mail may come."""
        names = {recipient.casefold(), EVERYBODY}
        if names & self.refused:
            return "550 5.1.1 No such user here"
        for name in names & self.put_off.keys():
            if self.put_off[name]:
                self.put_off[name] -= 1
                return "451 4.2.1 Mailbox busy, try again later"
        return None


def _folded(recipients: tuple[str, ...]) -> list[str]:
    return [recipient.casefold() for recipient in recipients or (EVERYBODY,)]
