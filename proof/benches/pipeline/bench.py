"""The pipeline: completions against Dramatiq's plain transactions, and open checkouts against Stripe's library."""

from contextlib import ExitStack
from typing import Final

from proof.benches.area import Area, Effort, at_least
from proof.benches.ground import Ground
from proof.benches.pipeline import completing, opening
from proof.benches.rounds import interleave

#: Payments of a round, for each second that it should last.
_COMPLETIONS, _CHECKOUTS = 3000, 400
_LEAST: Final = 200


def measure(ground: Ground, effort: Effort) -> Area:
    """Events to completed payments, and messages to open checkouts."""
    payments = max(_LEAST, int(effort.seconds * _COMPLETIONS))
    checkouts = max(_LEAST, int(effort.seconds * _CHECKOUTS))
    with ExitStack() as stack:
        ground.tell(f"preparing {payments} payments")
        ours, twice, plain = completing.ways(ground, payments)
        completions = interleave(
            "completions", {"gavelpay": ours, "dramatiq": plain, "two processes": twice}, effort.rounds, ground.tell
        )
        ours, twice, library = stack.enter_context(opening.ways(ground, checkouts))
        checkout = interleave(
            "checkouts", {"gavelpay": ours, "library": library, "two processes": twice}, effort.rounds, ground.tell
        )
    return Area(
        "pipeline",
        completions,
        [
            at_least("completions, times Dramatiq's transactions", completions.ratio("dramatiq").median, 1),
            at_least("open checkouts, of the library's calls", checkout.ratio("library").median, 0.7),
        ],
        more={"opening": checkout},
    )
