"""The buyer's page: what is to be paid, until when, and where. Who holds the link may see it, and try again."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from console.api.events import LastEventId, documented_stream
from console.house import TheApp, TheHouse, TheLive
from console.pages.buyers_page import WORDS, Facts, buyers_page, help_address
from console.pages.card_form import CardForm, card_form_for
from console.pages.languages import LANGUAGES, language_for
from console.pages.links import COUNTED, HTML, REFUSED, Token, session_of
from console.pages.paid import receipt_of
from console.pages.rendering import html
from console.pages.script_words import script_words
from console.pages.stages import PASSING, Stage, payable_attempt, stage_of
from console.problems import Problem, not_found
from domain.errors import NotFound, OfferRefused, TransientError
from domain.ids import SessionId
from domain.payment import Payment
from runtime.app import App

_log = structlog.get_logger(__name__)
router = APIRouter(tags=["Buyer's page"], dependencies=[COUNTED])

#: After a POST, a browser is sent on with GET.
_SEE_OTHER: Final = 303
#: Closing the old checkout at Stripe, and opening the new one.
_STEPS_TO_OPEN: Final = 3
Lang = Annotated[str | None, Query(description="`en` or `de`.")]


@router.get(
    "/pay/{token}",
    summary="The buyer's page",
    response_class=Response,
    responses=REFUSED | {200: {"description": "A page.", **HTML}},
)
def pay(
    request: Request,
    app: TheApp,
    token: Token,
    lang: Lang = None,
    came_from: Annotated[
        str | None, Query(alias="from", description="How the buyer came back from Stripe: `paid` or `canceled`.")
    ] = None,
) -> Response:
    """What is to be paid, until when, and where: for whoever holds the link."""
    payment = _read(app, session_of(app, token))
    session = payment.session
    language = language_for(lang, session.locale, request.headers.get("accept-language"))
    words, now, policy = WORDS[language.tag], app.now(), app.require_payments.policies[session.policy]
    stage, card = (
        stage_of(payment, policy, now, back_from_paying=came_from == "paid"),
        card_form_for(payment, app.settings),
    )
    if came_from == "canceled" and stage is Stage.PENDING:
        stage = Stage.TURNED_BACK
    if stage is Stage.INSTANT and card is None:
        stage = Stage.ELSEWHERE
    receipt = receipt_of(app, session.id) if stage is Stage.PAID else None
    facts = Facts(payment, policy, stage, app.settings.house, now, card, receipt)
    page = buyers_page(facts, words, language)
    base = f"/pay/{token}"
    return html(
        "pay.html",
        policy=_hosts(payment, page.card),
        house=app.settings.house.name,
        help_address=help_address(app.settings.house),
        language=language.tag,
        languages=LANGUAGES.values(),
        labels=words.labels,
        # Nobody is promised a mail whose address we do not have.
        steps=words.steps if page.email else (*words.steps[:-1], words.labels["step_without_mail"]),
        if_expired=words.if_expired,
        script_words=script_words(language.tag),
        asks_again=stage in PASSING,
        base=base,
        retry_url=f"{base}/retry{_query(lang=lang)}",
        back_url=f"{app.links.page(session.id)}{_query(lang=lang, **{'from': 'paid'})}",
        # Without `from`: for a buyer who came back as if from paying, and did not pay.
        plain_url=f"{base}{_query(lang=lang)}" if stage is Stage.CHECKING and came_from else None,
        page=page,
    )


@router.get(
    "/pay/{token}/status",
    summary="Where the payment of a link stands",
    response_class=Response,
    responses=REFUSED | {200: {"description": "JSON.", "content": {"application/json": {}}}},
)
async def page_status(app: TheApp, live: TheLive, token: Token) -> Response:
    """What the page asks by itself: `stage`, `version`, `status`, `paymentWindow`, `retry`. At most two seconds old."""
    snapshot = await live.statuses.read(session_of(app, token))
    return Response(snapshot.for_page(app.now()), media_type="application/json")


@router.get(
    "/pay/{token}/events",
    summary="The changes of the payment of a link, live",
    response_class=Response,
    responses=REFUSED | documented_stream("Events named `status`, with what the link's status answers."),
)
async def page_events(app: TheApp, live: TheLive, token: Token, last_event_id: LastEventId = None) -> Response:
    """What the page listens to."""
    snapshot = await live.statuses.read(session_of(app, token))
    who = f"page:{snapshot.session_id}"
    return live.stream(snapshot.session_id, who, lambda shown: shown.for_page(app.now()), last_event_id)


@router.post(
    "/pay/{token}/retry",
    summary="Try again",
    response_class=Response,
    status_code=_SEE_OTHER,
    responses=REFUSED | {303: {"description": "To Stripe's page, or back to the buyer's page."}},
)
async def page_retry(
    house: TheHouse,
    token: Token,
    lang: Lang = None,
    sec_fetch_site: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Open another attempt after a decline, and go there. Safe to repeat."""
    if sec_fetch_site not in (None, "same-origin", "none"):
        raise Problem(403, "cross_site", "This can only be asked for on the buyer's page.")
    app, session_id = house.app, session_of(house.app, token)
    there: str | None = None
    work = house.checkouts.submit(_try_again, app, session_id)
    try:
        there = await asyncio.wait_for(asyncio.wrap_future(work), house.limits.patience)
    except (TimeoutError, TransientError):  # workers go on with it, and the page waits for them
        _log.info("retry.postponed", session_id=str(session_id))
    return RedirectResponse(there or f"/pay/{token}{_query(lang=lang)}", _SEE_OTHER)


def _try_again(app: App, session_id: SessionId) -> str | None:
    """Where the buyer can pay now; None: not open yet, or nothing to be done."""
    payment = _read(app, session_id)
    policy = app.require_payments.policies[payment.session.policy]
    if stage_of(payment, policy, app.now(), back_from_paying=False) is Stage.DECLINED:
        try:
            app.retry_payment(session_id, f"buyer:{payment.session.buyer_id}")
        except OfferRefused:  # such as: the bank's question is open. The page tells what can be done.
            return None
        for _ in range(_STEPS_TO_OPEN):
            if not app.open_checkouts(session_id):
                break
        payment = _read(app, session_id)
    open_one = payable_attempt(payment)
    return open_one.url if open_one else None


def _read(app: App, session_id: SessionId) -> Payment:
    try:
        return app.view_payments.one(session_id)
    except NotFound:
        raise not_found() from None


def _hosts(payment: Payment, card: CardForm | None) -> Mapping[str, str]:
    """What the page may load, and where its form may lead: to us, and from us to Stripe's page."""
    hosts = dict.fromkeys(("script-src", "connect-src", "form-action"), "'self'")
    for directive, more in (card.hosts if card else {}).items():
        hosts[directive] = f"{hosts[directive]} {more}" if directive in hosts else more
    if url := next((one.url for one in reversed(payment.attempts) if one.url), None):
        parts = urlsplit(url)
        hosts["form-action"] += f" {parts.scheme}://{parts.netloc}"
    return hosts


def _query(**values: str | None) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""
