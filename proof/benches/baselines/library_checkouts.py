"""Stripe's library alone, as it comes: so many threads that open checkouts, and nothing else.

`python -m proof.benches.baselines.library_checkouts URL THREADS CHECKOUTS FIRST` prints what it did as JSON.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import stripe


def main(url: str, threads: int, checkouts: int, first: int) -> None:
    """Open them all."""
    client = stripe.StripeClient(
        os.environ["STRIPE_SECRET_KEY"], base_addresses={"api": url}, max_network_retries=0, stripe_version=_VERSION
    )

    def open_one(number: int) -> bool:
        metadata = {"payment_session_id": f"session-{number}", "auction_id": f"lot-{number}", "buyer_id": "b"}
        session = client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "ui_mode": "hosted_page",
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "usd",
                            "unit_amount": 27550,
                            "product_data": {"name": f"Stoneware vase, no. {number}"},
                        },
                    }
                ],
                "success_url": "https://auctions.example/paid",
                "cancel_url": "https://auctions.example/lots",
                "client_reference_id": f"session-{number}",
                "metadata": metadata,
                "payment_intent_data": {"metadata": metadata, "description": "Stoneware vase"},
                "customer_email": f"buyer.{number}@example.com",
                "expires_at": int(time.time()) + 86_000,
            },
            {"idempotency_key": f"library:{number}:1"},
        )
        return session.url is not None

    open_one(first)  # connected, and everything loaded
    with ThreadPoolExecutor(threads) as pool:
        begun, used = time.perf_counter(), time.process_time()
        opened = sum(pool.map(open_one, range(first + 1, first + 1 + checkouts)))
        seconds, used = time.perf_counter() - begun, time.process_time() - used
    sys.stdout.write(json.dumps({"opened": opened, "seconds": seconds, "cpu": used}))


_VERSION = "2026-10-28.endive"

if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
