"""Where the auction house hears of its payments: two addresses that take signed webhooks (Standard Webhooks)."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

#: Endpoint, id, raw body, parsed body.
Take = Callable[[str, str, bytes, Mapping[str, Any]], None]


def listener(
    secrets: Mapping[str, str], take: Take, wrong: Callable[[str], None], rng: Random, flaky: float
) -> Starlette:
    """Make the application: `POST /{endpoint}` for each endpoint that has a secret.

    Args:
        secrets: `whsec_…` by endpoint.
        take: is given each verified delivery.
        wrong: is told of deliveries that do not verify.
        rng: decides which answers are lost.
        flaky: the share of deliveries that are taken and answered with 503, as a service that dies in between would.
    """

    def door(endpoint: str, secret: str) -> Callable[[Request], Any]:
        webhook = Webhook(secret)

        async def hear(request: Request) -> Response:
            body = await request.body()
            try:
                event = await run_in_threadpool(webhook.verify, body, dict(request.headers))
            except WebhookVerificationError as error:
                wrong(f"a delivery to {endpoint} does not verify: {error}")
                return PlainTextResponse("bad signature", 401)
            parsed = event if isinstance(event, dict) else json.loads(body)
            take(endpoint, request.headers["webhook-id"], body, parsed)
            if rng.random() < flaky:
                return PlainTextResponse("busy", 503)
            return Response(status_code=204)

        return hear

    return Starlette(
        routes=[Route(f"/{name}", door(name, secret), methods=["POST"]) for name, secret in secrets.items()]
    )
