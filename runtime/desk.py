"""The use cases that only the operator's console has."""

from dataclasses import dataclass

from domain.clock import Clock
from models.database import Database
from models.unit_of_work import Begin
from services.act_as_seen import ActAsSeen
from services.find_payments import FindPayments
from services.view_deliveries import ViewDeliveries
from services.view_overview import ViewOverview
from services.view_timeline import ViewTimeline


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads for pages, and acts that are done only to what was looked at."""

    find_payments: FindPayments
    timeline: ViewTimeline
    act_as_seen: ActAsSeen
    deliveries: ViewDeliveries
    overview: ViewOverview

    @classmethod
    def over(cls, database: Database, begin: Begin, now: Clock) -> "Desk":
        """Wire them."""
        return cls(
            FindPayments(begin, now),
            ViewTimeline(begin),
            ActAsSeen(begin),
            ViewDeliveries(begin, now),
            ViewOverview(database.transaction, now),
        )
