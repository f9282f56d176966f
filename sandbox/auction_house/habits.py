"""What kinds of buyers there are, and what each does with a pay page."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final, Protocol

from sandbox.auction_house.pay_page import Outcome

PAID: Final = "4242424242424242"
DECLINED: Final = "4000000000000002"
NO_FUNDS: Final = "4000000000009995"
ASKS_BANK: Final = "4000002500003155"


class Habit(StrEnum):
    """How a buyer pays. The texts are what tables show."""

    PAYS_AT_ONCE = "pays at once"
    PAYS_LATER = "pays after a while"
    #: The first card is declined; another one goes through on the same page.
    DECLINED_THEN_PAYS = "declined, then pays"
    #: The bank asks for a 3-D Secure step.
    CONFIRMS_WITH_BANK = "confirms with the bank"
    NEVER_PAYS = "never pays"
    #: As soon after the window's end as the page lets them.
    PAYS_LATE = "pays late"
    #: Declined, and walks away.
    GIVES_UP = "declined, gives up"
    #: Presses the button in two tabs at once, and once more afterwards.
    PAYS_TWICE = "pays twice"


class Buyer(Protocol):
    """What a habit is played with. `pay` and `confirm` go to the newest pay page of the lot."""

    patience: float

    async def pay(self, card: str) -> Outcome:
        """Enter a card and press the button."""

    async def pay_in_two_tabs(self, card: str) -> None:
        """Press it twice at the same time."""

    async def confirm(self) -> Outcome:
        """Answer the bank's question with yes."""

    async def wait(self, seconds: float) -> None:
        """Do something else."""

    async def wait_for_share(self, share: float) -> None:
        """Wait until this share of the window is over: 1.0 is its end."""


async def _pays_at_once(buyer: Buyer) -> None:
    await buyer.pay(PAID)


async def _pays_later(buyer: Buyer) -> None:
    await buyer.wait_for_share(buyer.patience)
    await buyer.pay(PAID)


async def _declined_then_pays(buyer: Buyer) -> None:
    await buyer.pay(DECLINED)
    await buyer.wait(1.0)
    await buyer.pay(PAID)


async def _confirms(buyer: Buyer) -> None:
    if await buyer.pay(ASKS_BANK) is Outcome.ASKED_BY_BANK:
        await buyer.wait(1.0)
        await buyer.confirm()


async def _never_pays(_buyer: Buyer) -> None:
    """Nothing comes."""


async def _pays_late(buyer: Buyer) -> None:
    await buyer.wait_for_share(1.0)
    # A whole second more: Stripe tells times in whole seconds, and within the last one it is still in time.
    await buyer.wait(1.05)
    await buyer.pay(PAID)


async def _gives_up(buyer: Buyer) -> None:
    await buyer.pay(NO_FUNDS)


async def _pays_twice(buyer: Buyer) -> None:
    await buyer.pay_in_two_tabs(PAID)
    await buyer.wait(0.5)
    await buyer.pay(PAID)


PLAY: Final[dict[Habit, Callable[[Buyer], Awaitable[None]]]] = {
    Habit.PAYS_AT_ONCE: _pays_at_once,
    Habit.PAYS_LATER: _pays_later,
    Habit.DECLINED_THEN_PAYS: _declined_then_pays,
    Habit.CONFIRMS_WITH_BANK: _confirms,
    Habit.NEVER_PAYS: _never_pays,
    Habit.PAYS_LATE: _pays_late,
    Habit.GIVES_UP: _gives_up,
    Habit.PAYS_TWICE: _pays_twice,
}
