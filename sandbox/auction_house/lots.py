"""What is hammered, to whom, and what kind of payer that is: all of it decided by a seed before the first lot."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.auction_house.habits import Habit

TITLES: Final = (
    "Oak writing desk, about 1890", "Stoneware vase, ash glaze", "Kilim, Anatolia", "Silver teapot", "Lute",
    "Watercolor, harbor at dusk", "Marquetry box", "Brass sextant", "Wool tapestry", "Four walnut chairs",
    "Porcelain figure, fox", "Engraved goblet", "Bronze, dancer", "Quilt, log cabin", "Longcase clock", "Chess set",
)  # fmt: skip
#: Yen have no minor unit, and so belong to every trial.
CURRENCIES: Final = ("USD", "USD", "USD", "EUR", "EUR", "GBP", "JPY")
#: How often which habit is met once each has been met: most buyers just pay.
WEIGHTS: Final = {
    Habit.PAYS_AT_ONCE: 5,
    Habit.PAYS_LATER: 4,
    Habit.DECLINED_THEN_PAYS: 2,
    Habit.CONFIRMS_WITH_BANK: 2,
    Habit.NEVER_PAYS: 2,
    Habit.PAYS_LATE: 1,
    Habit.GIVES_UP: 1,
    Habit.PAYS_TWICE: 1,
}
#: The share of lots that are sold under the instant policy, which takes US dollars only.
INSTANT: Final = 0.25
#: Every so many lots' message is sent several times at once, as an anxious producer would.
REPEATED_EVERY: Final = 5
COPIES: Final = 3
#: Every so many lots' buyer reads German.
GERMAN_EVERY: Final = 3
CHEAPEST, DEAREST = 1_200, 90_000


@dataclass(frozen=True, slots=True)
class Lot:
    """One hammered lot."""

    auction_id: str
    buyer_id: str
    maker_id: str
    title: str
    #: A decimal string in major units.
    amount: str
    currency: str
    buyer_email: str
    habit: Habit
    #: `standard`: a hosted page and a long window. `instant`: a card form of the house's own, and minutes.
    policy: str
    #: Whether payment is asked for by the queue, or by HTTP.
    by_queue: bool
    #: How many equal messages are sent at once.
    copies: int
    #: Seconds from the start of the sale to the hammer.
    hammer_at: float
    #: From 0 to 1: how far into the window a buyer who takes time pays.
    patience: float
    #: The buyer's language, as a tag.
    locale: str = "en"

    def message(self) -> dict[str, str]:
        """The keyword arguments of `payment_required`."""
        return {
            "auction_id": self.auction_id,
            "buyer_id": self.buyer_id,
            "maker_id": self.maker_id,
            "amount": self.amount,
            "currency": self.currency,
            "title": self.title,
            "buyer_email": self.buyer_email,
            "maker_email": f"{self.maker_id}@example.com",
            "locale": self.locale,
            "policy": self.policy,
        }

    def form(self) -> dict[str, str | float]:
        """The body of `POST /payments/checkout/create`: camelCase, and the amount as a number."""
        camel = {_camel(key): value for key, value in self.message().items()}
        return {**camel, "amount": float(self.amount)}


def plan_lots(count: int, *, seed: int | str, rate: float, sale: str, queue: bool = True) -> list[Lot]:
    """Plan a sale.

    Args:
        count: how many lots.
        seed: the same seed gives the same lots, buyers and habits.
        rate: hammers per second.
        sale: what the auctions' ids begin with, so that each sale has its own.
        queue: whether half of them are asked for by the queue; else all by HTTP, whose answer is a receipt.
    """
    rng = random.Random(f"sale {seed}")  # noqa: S311 - not a secret
    habits = _habits(count, rng)
    return [_lot(number, habits[number], rng, rate, sale, queue=queue) for number in range(count)]


def _habits(count: int, rng: random.Random) -> Sequence[Habit]:
    every = rng.sample(list(Habit), len(Habit))
    more = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=max(0, count - len(every)))
    return [*every, *more][:count]


def _lot(number: int, habit: Habit, rng: random.Random, rate: float, sale: str, *, queue: bool) -> Lot:
    instant = rng.random() < INSTANT
    currency = "USD" if instant else rng.choice(CURRENCIES)
    minor = rng.randint(CHEAPEST, DEAREST)
    buyer = f"buyer-{rng.randrange(1_000_000):06}"
    return Lot(
        auction_id=f"{sale}-{number + 1:04}",
        buyer_id=buyer,
        maker_id=f"maker-{rng.randrange(100):02}",
        title=rng.choice(TITLES),
        amount=str(minor) if currency == "JPY" else f"{minor // 100}.{minor % 100:02}",
        currency=currency,
        buyer_email=f"{buyer}@example.com",
        habit=habit,
        policy="instant" if instant else "standard",
        by_queue=queue and number % 2 == 0,
        copies=COPIES if number % REPEATED_EVERY == 0 else 1,
        hammer_at=number / rate,
        patience=rng.uniform(0.2, 0.6),
        locale="de" if number % GERMAN_EVERY == GERMAN_EVERY - 1 else "en",
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
