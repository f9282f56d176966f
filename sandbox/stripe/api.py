"""The API's front desk: who may call, what was asked before, what goes wrong, and then the work itself."""

from dataclasses import dataclass
from email.utils import formatdate

from sandbox.stripe import timers
from sandbox.stripe.auth import api_key, check_headers
from sandbox.stripe.endpoints.call import Call
from sandbox.stripe.errors import StripeError, broken, lock_timeout, rate_limited
from sandbox.stripe.expand import check_paths, expanded
from sandbox.stripe.idempotency import Keys
from sandbox.stripe.limits import Limiter
from sandbox.stripe.routes import PUBLIC_FIELDS, Route, match
from sandbox.stripe.schema import operation as schema_of
from sandbox.stripe.schema.check import check
from sandbox.stripe.wire import API_VERSION, Request, Response, encode
from sandbox.stripe.world import NOBODY, Cause, World

TOO_MANY = 429


@dataclass(slots=True)
class Ticket:
    """A call that was let in and waits for its work. `delay`: seconds of latency that a fault put on it."""

    request: Request
    route: Route
    object_id: str
    request_id: str
    api_key: str
    owned_key: str | None
    delay: float


class Api:
    """Answers calls on one world, in two halves."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.settings = world.settings
        self.keys = Keys(world)
        self.limiter = Limiter(world.settings.limits)

    def begin(self, request: Request) -> Ticket | Response:
        """Let a call in, or turn it away: authentication, limits, faults before the work, idempotency keys."""
        timers.fire_due(self.world)
        request_id = self.world.new_id("req")
        found = match(request.method, request.path)
        name = found[0].operation if found else "unknown"
        self.world.calls[name] += 1
        try:
            key = api_key(request, self.settings, public=found is not None and found[0].public)
            check_headers(request, self.world.store)
            if found is None:
                raise _no_address(request)
            delay = self._strike_before(name)
            if delay is None:
                return Response(0, b"", lost=True)
            owned, replay = self.keys.begin(request, key)
        except StripeError as error:
            return self._refuse(error, name, request, request_id)
        if replay is not None:
            return self._dress(replay, request, request_id)
        return Ticket(request, found[0], found[1], request_id, key, owned, delay)

    def finish(self, ticket: Ticket) -> Response:
        """Do the work of a call that was let in."""
        timers.fire_due(self.world)
        name = ticket.route.operation
        world = self.world
        try:
            response = self._work(ticket)
            if fault := world.faults.strike("error_after", name):
                response = broken(fault.status, saved=True).response(ticket.request_id)
            saved = True
        except StripeError as error:
            response, saved = error.response(ticket.request_id), error.executed
        finally:
            self.keys.release(ticket.owned_key)
            world.cause = NOBODY
        if saved and ticket.owned_key is not None:
            self.keys.keep(ticket.owned_key, ticket.request, response, ticket.request_id)
        if world.faults.strike("lost_after", name):
            return Response(0, b"", lost=True)
        return self._dress(response, ticket.request, ticket.request_id)

    def _work(self, ticket: Ticket) -> Response:
        route, request, world = ticket.route, ticket.request, self.world
        secret = ticket.api_key in self.settings.secret_keys
        if route.precheck:
            route.precheck(request.params)
        tree = schema_of(route.operation)
        if not secret:
            tree = {**tree, "fields": {**tree["fields"], **PUBLIC_FIELDS}}
        params = check(tree, request.params)
        paths = params.get("expand") or []
        check_paths(route.operation, paths)
        if fault := world.faults.strike("error_begun", route.operation):
            raise broken(fault.status, saved=True)
        if request.method == "POST":
            world.cause = Cause(ticket.request_id, request.headers.get("idempotency-key"))
        call = Call(route.operation, params, ticket.object_id, request.path, secret)
        result = route.handler(world, call)
        return Response(200, encode(expanded(world, result, paths) if paths else result))

    def _strike_before(self, name: str) -> float | None:
        """Limits and faults before any work; returns seconds of latency, or None: hang up."""
        faults = self.world.faults
        if reason := self.limiter.refuse(name, self.world.time()):
            raise rate_limited(reason)
        if fault := faults.strike("rate_limit", name):
            raise rate_limited("global-rate", fault.seconds or None)
        if faults.strike("lock_timeout", name):
            raise lock_timeout()
        if fault := faults.strike("error_before", name):
            raise broken(fault.status, saved=False)
        if faults.strike("lost_before", name):
            return None
        slow = faults.strike("latency", name)
        return slow.seconds if slow else 0.0

    def _refuse(self, error: StripeError, name: str, request: Request, request_id: str) -> Response:
        if error.status == TOO_MANY:
            self.world.refusals[name] += 1
        return self._dress(error.response(request_id), request, request_id)

    def _dress(self, response: Response, request: Request, request_id: str) -> Response:
        """The headers that every answer has."""
        response.headers.update(
            {
                "Content-Type": "application/json",
                "Date": formatdate(self.world.now, usegmt=True),
                "Request-Id": request_id,
                "Stripe-Version": API_VERSION,
            }
        )
        if (key := request.headers.get("idempotency-key")) is not None and request.method == "POST":
            response.headers["Idempotency-Key"] = key
        return response


def _no_address(request: Request) -> StripeError:
    return StripeError(
        f"Unrecognized request URL ({request.method}: {request.path}). Please see https://stripe.com/docs or we can "
        "help at https://support.stripe.com/.",
        status=404,
    )
