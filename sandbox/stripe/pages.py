"""The pages that a buyer sees: hosted checkout, 3-D Secure step, receipt; and a landing page for whoever looks."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.stripe.cards import METHODS, Method, find_method
from sandbox.stripe.core import StripeCore
from sandbox.stripe.errors import StripeError
from sandbox.stripe.host import Host
from sandbox.stripe.money import written
from sandbox.stripe.wire import Obj

RECENT: Final = 50
#: After a POST, a browser is sent on with GET.
SEE_OTHER: Final = 303
#: The same request, elsewhere.
TEMPORARY: Final = 307
Page = Callable[[Request], Awaitable[Response]]


def page_routes(host: Host) -> list[Route]:
    """All pages of one sandbox."""
    pages = Pages(host)
    return [
        Route("/", pages.landing),
        Route("/c/pay/{id}", pages.checkout, methods=["GET"]),
        Route("/c/pay/{id}", pages.pay, methods=["POST"]),
        Route("/c/pay/{id}/authenticate", pages.authenticate, methods=["POST"]),
        Route("/r/{id}", pages.recover),
        Route("/healthz", pages.health),
        Route("/mailbox{more:path}", pages.mailbox, methods=["GET", "POST", "PUT", "DELETE"]),
        Route("/sandbox/3ds/{id}", pages.step, methods=["GET"]),
        Route("/sandbox/3ds/{id}", pages.answer_step, methods=["POST"]),
        Route("/sandbox/receipts/{id}", pages.receipt),
    ]


class Pages:
    """Renders pages, and takes their forms. None of them needs JavaScript."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(),
            trim_blocks=True,
        )
        self.templates.filters["money"] = lambda amount, unit: f"{written(amount, unit)} {unit.upper()}"
        self.templates.filters["moment"] = lambda at: f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"

    def render(self, name: str, status: int = 200, **context: Any) -> Response:
        """One page."""
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
        return HTMLResponse(self.templates.get_template(name).render(**context), status, headers)

    async def mailbox(self, request: Request) -> Response:
        """Mail is at an address of its own; its pages may be asked for here, whichever of them and in whatever way."""
        with self.host.quietly() as core:
            there = core.settings.mailbox_url
        if there is None:
            return PlainTextResponse("there is no mailbox", 404)
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{there}{request.url.path}{query}", TEMPORARY)

    async def landing(self, _request: Request) -> Response:
        """Recent checkouts."""
        with self.host.using() as core:
            rows = list(islice(core.world.store.table("checkout.session").newest(), RECENT))
            named = [(row, core.world.store.note(row["id"])["items"][0]["description"]) for row in rows]
            return self.render("landing.html", rows=named, now=core.now(), base=core.settings.public_url)

    async def checkout(self, request: Request) -> Response:
        """The hosted pay page in whatever state the session is."""
        with self.host.using() as core:
            core.advance()
            return self._checkout(core, request.path_params["id"])

    def _checkout(self, core: StripeCore, session_id: str, error: str | None = None) -> Response:
        session = core.world.store.find("checkout.session", session_id)
        if session is None:
            return self.render("message.html", 404, title="Not found", text="There is no such checkout.")
        if session["status"] == "expired":
            return self.render(
                "message.html",
                title="This checkout has expired",
                text="Nothing was charged.",
                back=session["cancel_url"],
            )
        if session["status"] == "complete":
            return self.render(
                "message.html", title="This checkout is complete", text="Thank you.", back=_success(session)
            )
        intent = core.world.store.find("payment_intent", session["payment_intent"])
        if intent is not None and intent["status"] == "requires_action":
            return self.render("authenticate.html", action=f"/c/pay/{session_id}/authenticate", target=session)
        items = core.world.store.note(session_id)["items"]
        return self.render(
            "checkout.html", status=402 if error else 200, session=session, items=items, error=error,
            methods=[one for one in METHODS if _offered(session, one)],
        )  # fmt: skip

    async def pay(self, request: Request) -> Response:
        """The buyer presses "Pay"."""
        form = await request.form()
        card = str(form.get("card") or form.get("method") or "")
        session_id = request.path_params["id"]
        with self.host.using() as core:
            try:
                outcome = core.pay(session_id, card, email=_text(form.get("email")), name=_text(form.get("name")))
            except StripeError as error:
                return self._checkout(core, session_id, error.message)
            if outcome == "declined":
                method = find_method(card)
                return self._checkout(core, session_id, method.message if method else None)
            return self._onward(core, session_id)

    async def authenticate(self, request: Request) -> Response:
        """The buyer answers the 3-D Secure step of a checkout."""
        form = await request.form()
        session_id = request.path_params["id"]
        with self.host.using() as core:
            try:
                outcome = core.authenticate(session_id, passed=form.get("answer") == "complete")
            except StripeError as error:
                return self._checkout(core, session_id, error.message)
            if outcome == "declined":
                return self._checkout(core, session_id, _last_error(core, session_id))
            return self._onward(core, session_id)

    def _onward(self, core: StripeCore, session_id: str) -> Response:
        session = core.world.store.get("checkout.session", session_id)
        if session["status"] == "complete":
            return RedirectResponse(_success(session) or "/", SEE_OTHER)
        return RedirectResponse(f"/c/pay/{session_id}", SEE_OTHER)

    async def recover(self, request: Request) -> Response:
        """The recovery link of an expired checkout."""
        with self.host.using() as core:
            try:
                session = core.recover(request.path_params["id"])
            except StripeError:
                session = None
        if session is None:
            return self.render("message.html", 404, title="Not found", text="There is no way back to this checkout.")
        return RedirectResponse(f"/c/pay/{session['id']}", SEE_OTHER)

    async def health(self, _request: Request) -> Response:
        """Whether it answers at all."""
        return PlainTextResponse("ok")

    async def step(self, request: Request) -> Response:
        """The 3-D Secure step of a payment intent, for pages that confirm by themselves."""
        with self.host.using() as core:
            intent = _secret_intent(core, request)
            if intent is None:
                return self.render("message.html", 404, title="Not found", text="There is no such payment.")
            if intent["status"] != "requires_action":
                return self.render("message.html", title="Nothing to do", text="This payment waits for no proof.")
            action = f"/sandbox/3ds/{intent['id']}?client_secret={intent['client_secret']}"
            return self.render("authenticate.html", action=action, target=intent)

    async def answer_step(self, request: Request) -> Response:
        """The buyer answers it, and goes back to the merchant's page."""
        form = await request.form()
        with self.host.using() as core:
            intent = _secret_intent(core, request)
            if intent is None or intent["status"] != "requires_action":
                return self.render("message.html", 404, title="Not found", text="There is no such step.")
            back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
            outcome = core.authenticate(intent["id"], passed=form.get("answer") == "complete")
            if not back:
                return self.render("message.html", title="Thank you", text=f"The payment is {outcome}.")
            status = "failed" if outcome == "declined" else "succeeded"
            mark = "&" if "?" in back else "?"
            query = f"payment_intent={intent['id']}&payment_intent_client_secret={intent['client_secret']}"
            return RedirectResponse(f"{back}{mark}{query}&redirect_status={status}", SEE_OTHER)

    async def receipt(self, request: Request) -> Response:
        """Stripe's own receipt."""
        with self.host.using() as core:
            charge = core.world.store.find("charge", request.path_params["id"])
            if charge is None:
                return self.render("message.html", 404, title="Not found", text="There is no such receipt.")
            amount = f"{written(charge['amount'], charge['currency'])} {charge['currency'].upper()}"
            return self.render(
                "message.html", title="Receipt", text=f"{amount} — {charge['description'] or charge['id']}"
            )


def _offered(session: Obj, method: Method) -> bool:
    types = set(session["payment_method_types"])
    return bool(types & {"us_bank_account", "sepa_debit"}) if method.kind == "bank_debit" else "card" in types


def _success(session: Obj) -> str | None:
    url: str | None = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"]) if url else None


def _last_error(core: StripeCore, session_id: str) -> str | None:
    session = core.world.store.get("checkout.session", session_id)
    intent = core.world.store.get("payment_intent", session["payment_intent"])
    message: str | None = (intent["last_payment_error"] or {}).get("message")
    return message


def _secret_intent(core: StripeCore, request: Request) -> Obj | None:
    intent = core.world.store.find("payment_intent", request.path_params["id"])
    shown = request.query_params.get("client_secret")
    return intent if intent is not None and intent["client_secret"] == shown else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
