"""The use cases that only the operator's console has."""

from dataclasses import dataclass
from datetime import timedelta

from domain.clock import Clock
from models.unit_of_work import Store
from services.act_as_seen import ActAsSeen
from services.export_payments import ExportPayments
from services.find_payments import FindPayments
from services.view_audit import ViewAudit
from services.view_deliveries import ViewDeliveries
from services.view_overview import ViewOverview
from services.view_timeline import ViewTimeline
from services.view_trust import ViewTrust


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads for pages, and acts that are done only to what was looked at."""

    find_payments: FindPayments
    export_payments: ExportPayments
    timeline: ViewTimeline
    act_as_seen: ActAsSeen
    trust: ViewTrust
    audit: ViewAudit
    overview: ViewOverview
    deliveries: ViewDeliveries

    @classmethod
    def over(cls, store: Store, grace: timedelta, now: Clock) -> "Desk":
        """Wire them. Reports are what nobody acts on there and then: figures of a span, and files."""
        begin, report = store.begin, store.begin_report
        return cls(
            find_payments=FindPayments(begin, now),
            export_payments=ExportPayments(begin, report, FindPayments(report, now), now),
            timeline=ViewTimeline(begin),
            act_as_seen=ActAsSeen(begin),
            overview=ViewOverview(store.database.transaction, store.for_reports.transaction, grace, now),
            deliveries=ViewDeliveries(begin, now),
            trust=ViewTrust(begin),
            audit=ViewAudit(begin, report, now),
        )
