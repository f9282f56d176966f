"""The buyer's page: what is to be paid, until when, and where. Who holds the link may see it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from console.house import TheApp
from console.pages.buyers_page import WORDS, buyers_page
from console.pages.languages import LANGUAGES, language_for
from console.pages.rendering import html
from console.pages.stages import PASSING, Stage, stage_of
from console.problems import not_found
from domain.errors import NotFound
from domain.payment import Payment
from runtime.app import App

router = APIRouter(tags=["Buyer's page"])

#: Seconds; the page has no script.
_ASK_AGAIN: Final = {"Refresh": "3"}
_HTML: Final = {"content": {"text/html": {"schema": {"type": "string"}}}}


@router.get(
    "/pay/{token}",
    summary="The buyer's page",
    response_class=Response,
    responses={200: {"description": "A page.", **_HTML}, 404: {"description": "The link is none of ours.", **_HTML}},
)
def pay(
    request: Request,
    app: TheApp,
    token: str,
    lang: Annotated[str | None, Query(description="`en` or `de`.")] = None,
    came_from: Annotated[
        str | None, Query(alias="from", description="How the buyer came back from Stripe: `paid` or `canceled`.")
    ] = None,
) -> Response:
    """What is to be paid, until when, and where: for whoever holds the link."""
    payment = _payment(app, token)
    language = language_for(lang, payment.session.locale, request.headers.get("accept-language"))
    words, now = WORDS[language.tag], app.now()
    policy = app.require_payments.policies[payment.session.policy]
    stage = stage_of(payment, policy, now, back_from_paying=came_from == "paid")
    if came_from == "canceled" and stage is Stage.PENDING:
        stage = Stage.TURNED_BACK
    return html(
        "pay.html",
        headers=_ASK_AGAIN if stage in PASSING else None,
        house=app.settings.house.name,
        language=language.tag,
        languages=LANGUAGES.values(),
        labels=words.labels,
        steps=words.steps,
        # Without `from`: for a buyer who came back as if from paying, and did not pay.
        plain_url=app.links.page(payment.session.id) if stage is Stage.CHECKING and came_from else None,
        page=buyers_page(payment, stage, words, language, now),
    )


def _payment(app: App, token: str) -> Payment:
    session_id = app.links.session_of(token)
    if session_id is None:
        raise not_found()
    try:
        return app.view_payments.one(session_id)
    except NotFound:
        raise not_found() from None
