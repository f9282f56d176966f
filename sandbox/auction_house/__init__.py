"""A small auction house with buyers, for one machine: it hammers lots, asks for payment, and hears what comes of it.

`plan_lots` makes the lots (the same ones for the same seed), `AuctionHouse` runs them in a thread. It knows the payment
system only from outside: the intake queue, the HTTP API, and signed webhooks, whose ids and order it checks.
"""

from sandbox.auction_house.channels import IntakeUnavailable, open_intake
from sandbox.auction_house.habits import Habit
from sandbox.auction_house.house import AuctionHouse, Doors
from sandbox.auction_house.lots import Lot, plan_lots
from sandbox.auction_house.record import Ending, LotRecord, Report

__all__ = [
    "AuctionHouse",
    "Doors",
    "Ending",
    "Habit",
    "IntakeUnavailable",
    "Lot",
    "LotRecord",
    "Report",
    "open_intake",
    "plan_lots",
]
