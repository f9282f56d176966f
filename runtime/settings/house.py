"""The auction house: whose name stands on pages, mails and paper."""

from runtime.settings import forms, keys
from runtime.settings.variable import Group, group, optional, variable


@group
class HouseSettings(Group):
    """What buyers and makers know the house by."""

    name: str = variable(
        "HOUSE_NAME",
        forms.word(r"\S(.{0,78}\S)?", "one line of at most 80 characters"),
        "The house's name on pages, mails and receipts.",
        default="Gavelpay",
    )
    address: str | None = optional(
        "HOUSE_ADDRESS",
        forms.word(r"\S(.{0,298}\S)?", "one line of at most 300 characters"),
        "Its postal address on receipts; lines are separated by `|`.",
    )
    email: str | None = optional("HOUSE_EMAIL", keys.sender(), "Where buyers ask questions.", unset="MAIL_FROM")

    @property
    def address_lines(self) -> tuple[str, ...]:
        """The address, line by line."""
        return tuple(line.strip() for line in (self.address or "").split("|") if line.strip())
