"""What is shown to a person who should look: on the desk, in the search, and by alerts."""

from prometheus_client import CollectorRegistry

from domain.needs import Need, NeedKind
from models import needs
from models.payment_search import Wish
from runtime.gauges import StandingCollector
from services.find_payments import FindPayments
from tests.house import House

Shown = tuple[list[tuple[NeedKind, str]], int, tuple[float, float]]
NOBODY: Shown = ([], 0, (0, 0))


def waiting(home: House) -> list[Need]:
    """What the overview names."""
    with home.app.database.transaction() as connection:
        return needs.waiting(connection)[0]


def shown(home: House) -> Shown:
    """Needs on the desk; how many payments the search finds; the gauges of payments on hold and of stuck refunds."""
    registry = CollectorRegistry()
    registry.register(StandingCollector(home.app.database))
    held, stuck = (registry.get_sample_value(name) or 0 for name in ("payments_held", "payments_refunds_stuck"))
    found = FindPayments(home.app.store.begin, home.time)(Wish(needs_operator=True)).payments
    return [(one.kind, one.why) for one in waiting(home)], len(found), (held, stuck)
