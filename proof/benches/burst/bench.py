"""Auctions that close together: Stripe's limit as the wall, and who comes first before it."""

from statistics import median
from typing import Final

from proof.benches.area import Area, Effort, at_least, at_most
from proof.benches.burst.closing import Opened, close_together
from proof.benches.burst.stripe import PERMITTED, SCALE, SLOW, stripe
from proof.benches.ground import Ground
from proof.benches.rounds import Sample, interleave
from proof.benches.statistic import short
from workers.process import DEFAULT_THREADS

#: Auctions of a round for each second that it should last, and with `million`: what the goal speaks of.
_AUCTIONS, _ALL_AUCTIONS = 2 * PERMITTED, 10_000
_LEAST: Final = 200
#: The part of the permitted rate, and the calls that an auction may cost.
_RATE, _CALLS = 0.95, 1.05
#: On a good day nobody's window ends before its turn comes: seconds from when to when they end.
_AMPLE: Final = (600.0, 7200.0)
#: On a bad day all threads together open five checkouts a second: so many auctions, whose windows end within so many
#: seconds, are more than can be opened in time in whatever order.
_BAD_AUCTIONS, _BAD_SECONDS = 200, 30.0


def measure(ground: Ground, effort: Effort) -> Area:
    """Bursts while Stripe is well, and while it is not."""
    auctions = _ALL_AUCTIONS if effort.million else max(_LEAST, int(effort.seconds * _AUCTIONS))
    good: list[Opened] = []
    bad: list[Opened] = []
    with stripe(ground) as asked:

        def well() -> Sample:
            asked.well()
            seconds = auctions / PERMITTED
            good.append(close_together(ground, asked, auctions, _AMPLE, patience=seconds * 3 + 30))
            one = good[-1]
            opened = len(one.at)
            return Sample(opened - 1, one.seconds, one.cpu, wrong=_lost(auctions, opened))

        comparison = interleave("checkouts", {"gavelpay": well}, effort.rounds, ground.tell)
        for _ in range(min(effort.rounds, 3)):
            asked.unwell()
            bad.append(close_together(ground, asked, _BAD_AUCTIONS, (0.0, _BAD_SECONDS), patience=_BAD_SECONDS))
            ground.tell(f"Stripe takes {SLOW:g} s: {bad[-1].saved} saved")
    ratio = [one.saved / max(one.saved_in_order_of_asking, 1) for one in bad]
    threads = DEFAULT_THREADS * SCALE
    return Area(
        "burst",
        comparison,
        [
            at_least("checkouts a second, of the permitted", comparison.ours.rate.median / PERMITTED, _RATE),
            at_most("refusals for the rate", max(one.refused for one in good), 0),
            at_most("calls for an auction", max(one.calls / auctions for one in good), _CALLS),
            # What is in hand together ends in any order; nothing else may be overtaken.
            at_most("places that somebody was overtaken by", max(one.furthest_overtaken for one in good), threads),
            at_least("windows saved while Stripe is slow, times in order of asking", median(ratio), 1.0),
        ],
        details={
            "auctions": auctions,
            "permitted": f"{PERMITTED} a second on one endpoint, {SCALE} times Stripe's; threads {threads}",
            "while_stripe_is_slow": {
                "auctions": _BAD_AUCTIONS,
                "saved": [one.saved for one in bad],
                "saved_in_order_of_asking": [one.saved_in_order_of_asking for one in bad],
                "ratio": short(median(ratio)),
            },
        },
    )


def _lost(auctions: int, opened: int) -> list[str]:
    return [] if opened == auctions else [f"of {auctions} auctions {opened} have a checkout"]
