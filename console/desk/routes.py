"""The routers of the console, in the order in which they are asked."""

from typing import Final

from console.desk import acts, files, payment, payments, raw, signing_in
from console.desk.deliveries import endpoint_acts, event_acts
from console.desk.deliveries import pages as deliveries
from console.desk.events import acts as event_replays
from console.desk.events import pages as events
from console.desk.overview import page as overview
from console.desk.queues import acts as queue_acts
from console.desk.queues import pages as queues
from console.desk.receipts import pages as receipts
from console.desk.reconciliation import pages as reconciliation

#: The acts before the pages: their addresses are longer.
DELIVERIES: Final = (endpoint_acts.router, event_acts.router, deliveries.router)
ROUTERS: Final = (
    files.router,
    signing_in.router,
    overview.router,
    payments.router,
    acts.router,
    raw.router,
    payment.router,
    *DELIVERIES,
    receipts.router,
    reconciliation.router,
    event_replays.router,
    events.router,
    queues.router,
    queue_acts.router,
)
