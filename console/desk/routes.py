"""The routers of the console, in the order in which they are asked."""

from typing import Final

from console.desk import acts, files, payment, payments, raw, signing_in

ROUTERS: Final = (files.router, signing_in.router, payments.router, acts.router, raw.router, payment.router)
