"""The control API under `/sandbox/`: what a program does in place of buyers, banks, time and bad luck.

All bodies and answers are JSON; `GET /sandbox` lists the addresses.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.stripe.core import StripeCore
from sandbox.stripe.errors import StripeError
from sandbox.stripe.faults import Fault
from sandbox.stripe.host import Host
from sandbox.stripe.wire import Obj

#: Given the core, the path's parameters and the body, does something and says what came of it.
Command = Callable[[StripeCore, Obj, Obj], Any]


def _clock(core: StripeCore, _path: Obj, body: Obj) -> Obj:
    core.advance(float(body.get("advance", 0)))
    return {"now": core.now().isoformat(), "timestamp": int(core.now().timestamp())}


def _pay(core: StripeCore, path: Obj, body: Obj) -> Obj:
    card = str(body.get("card", "4242424242424242"))
    return {"outcome": core.pay(path["id"], card, email=body.get("email"), name=body.get("name"))}


def _authenticate(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return {"outcome": core.authenticate(path["id"], passed=bool(body.get("passed", True)))}


def _settle(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return {"outcome": core.settle(path["id"], passed=bool(body.get("passed", True)))}


def _dispute(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return core.dispute(path["id"], body.get("reason", "fraudulent"), body.get("amount"))


def _close_dispute(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return core.close_dispute(path["id"], won=bool(body.get("won", False)), returned=int(body.get("returned", 0)))


def _warn(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return core.warn(path["id"], body.get("fraud_type", "made_with_stolen_card"))


def _close_review(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return core.close_review(path["id"], body.get("reason", "approved"))


def _fail_refund(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return core.fail_refund(path["id"], body.get("reason", "unknown"))


def _faults(core: StripeCore, _path: Obj, _body: Obj) -> Obj:
    plan = core.world.faults
    return {"faults": [asdict(rule) for rule in plan.rules], "struck": plan.struck}


def _add_fault(core: StripeCore, path: Obj, body: Obj) -> Obj:
    core.world.faults.add(Fault(**body))
    return _faults(core, path, body)


def _clear_faults(core: StripeCore, path: Obj, body: Obj) -> Obj:
    core.world.faults.clear()
    return _faults(core, path, body)


def _limits(core: StripeCore, _path: Obj, body: Obj) -> Obj:
    core.limit(body.get("total"), body.get("per_endpoint"))
    return asdict(core.api.limiter.limits)


def _listen(core: StripeCore, _path: Obj, body: Obj) -> Obj:
    return core.listen(body["url"], body.get("secret"), body.get("events", ["*"]))


def _roll(core: StripeCore, path: Obj, body: Obj) -> Obj:
    return {"secret": core.roll_secret(path["id"], body.get("secret"), float(body.get("overlap", 86_400)))}


def _resend(core: StripeCore, path: Obj, _body: Obj) -> Obj:
    return {"deliveries": core.resend(path["id"])}


def _deliveries(core: StripeCore, _path: Obj, _body: Obj) -> Obj:
    return {"data": list(core.world.store.table("sandbox.delivery").newest())}


def _books(core: StripeCore, _path: Obj, _body: Obj) -> Obj:
    return core.books()


def _reset(core: StripeCore, _path: Obj, _body: Obj) -> Obj:
    core.reset()
    return {"reset": True}


COMMANDS: dict[tuple[str, str], Command] = {
    ("GET", "/clock"): _clock,
    ("POST", "/clock"): _clock,
    ("POST", "/checkouts/{id}/pay"): _pay,
    ("POST", "/checkouts/{id}/authenticate"): _authenticate,
    ("POST", "/checkouts/{id}/settle"): _settle,
    ("POST", "/payment_intents/{id}/pay"): _pay,
    ("POST", "/payment_intents/{id}/authenticate"): _authenticate,
    ("POST", "/payment_intents/{id}/settle"): _settle,
    ("POST", "/charges/{id}/dispute"): _dispute,
    ("POST", "/charges/{id}/warn"): _warn,
    ("POST", "/disputes/{id}/close"): _close_dispute,
    ("POST", "/reviews/{id}/close"): _close_review,
    ("POST", "/refunds/{id}/fail"): _fail_refund,
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/limits"): _limits,
    ("POST", "/webhook_endpoints"): _listen,
    ("POST", "/webhook_endpoints/{id}/roll"): _roll,
    ("POST", "/events/{id}/resend"): _resend,
    ("GET", "/deliveries"): _deliveries,
    ("GET", "/books"): _books,
    ("POST", "/reset"): _reset,
}


def control_routes(host: Host) -> list[Route]:
    """The control API of one sandbox."""
    listed = {"commands": sorted(f"{method} /sandbox{path}" for method, path in COMMANDS)}

    async def index(_request: Request) -> Response:
        return _json(200, listed)

    return [
        Route("/sandbox", index),
        *(Route(f"/sandbox{path}", _endpoint(host, do), methods=[method]) for (method, path), do in COMMANDS.items()),
    ]


def _endpoint(host: Host, command: Command) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = orjson.loads(raw) if raw else {}
            with host.using() as core:
                return _json(200, command(core, dict(request.path_params), body))
        except StripeError as error:
            return _json(error.status, {"error": error.error})
        except (ValueError, TypeError, KeyError) as error:
            return _json(400, {"error": {"message": str(error)}})

    return endpoint


def _json(status: int, content: Any) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
