"""What everybody in one run shares."""

from dataclasses import dataclass

from proof.simulation.dice import Dice
from proof.simulation.log import Log
from proof.simulation.loop import Loop
from proof.simulation.lots import HouseRules
from sandbox.stripe.core import StripeCore


@dataclass(frozen=True, slots=True)
class Stage:
    """Chance, time, memory, the house's rules, and Stripe."""

    dice: Dice
    loop: Loop
    log: Log
    rules: HouseRules
    core: StripeCore
