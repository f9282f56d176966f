"""The routers of the console, in the order in which they are asked."""

from typing import Final

from console.desk import acts, files, payment, payments, raw, signing_in
from console.desk.overview import page as overview

ROUTERS: Final = (
    files.router,
    signing_in.router,
    overview.router,
    payments.router,
    acts.router,
    raw.router,
    payment.router,
)
