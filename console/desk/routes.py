"""The routers of the console, in the order in which they are asked."""

from typing import Final

from console.desk import acts, payment, raw, signing_in
from console.desk.audit import export as audit_export
from console.desk.audit import pages as audit
from console.desk.deliveries import endpoint_acts, event_acts
from console.desk.deliveries import pages as deliveries
from console.desk.events import acts as event_replays
from console.desk.events import pages as events
from console.desk.letters import acts as letter_acts
from console.desk.letters import bulk as letter_bulk
from console.desk.letters import correcting
from console.desk.letters import pages as letters
from console.desk.overview import page as overview
from console.desk.payments import export as payment_export
from console.desk.payments import pages as payments
from console.desk.queues import acts as queue_acts
from console.desk.queues import pages as queues
from console.desk.receipts import pages as receipts
from console.desk.reconciliation import pages as reconciliation
from console.desk.rendering import ASSETS
from console.desk.risk import pages as risk

#: The acts before the pages: their addresses are longer.
DELIVERIES: Final = (endpoint_acts.router, event_acts.router, deliveries.router)
ROUTERS: Final = (
    ASSETS.router(),
    signing_in.router,
    overview.router,
    payment_export.router,
    payments.router,
    acts.router,
    raw.router,
    payment.router,
    *DELIVERIES,
    receipts.router,
    reconciliation.router,
    risk.router,
    audit_export.router,
    audit.router,
    event_replays.router,
    events.router,
    letter_bulk.router,
    correcting.router,
    letter_acts.router,
    letters.router,
    queues.router,
    queue_acts.router,
)
