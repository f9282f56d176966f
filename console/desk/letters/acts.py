"""Put one dead letter back, or discard it, with its plan first."""

from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk.deeds import SECURED, Deed, carry_out, deed_page
from console.desk.figures import last8
from console.desk.letters import words
from console.desk.letters.pages import BASE, letter_of
from console.desk.operators import Operator, TheForm, TheOperator
from console.desk.plans import Effect
from console.house import TheApp
from domain.messaging import DeadLetter
from domain.unreadable import Unreadable
from runtime.app import App
from runtime.tokens import CallerRole
from services.check_message import check_message
from services.dead_letters import names_a_row

router = APIRouter(prefix=BASE, include_in_schema=False)

_KEPT: Final = Effect("i-book", "The letter stays on record, with your name and reason.")


@router.get("/{letter_id}/requeue")
def requeue_page(request: Request, operator: TheOperator, app: TheApp, *, letter_id: str) -> Response:
    """What putting it back would do."""
    return deed_page(request, operator, _requeue(operator, letter_of(app, letter_id)))


@router.post("/{letter_id}/requeue")
def requeue(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, letter_id: str) -> Response:
    """Put it back."""
    letter = letter_of(app, letter_id)

    def do(reason: str) -> DeadLetter:
        return app.operating.letters.requeue_one(letter.id, operator.actor, reason)

    return carry_out(request, operator, form, lambda: _requeue(operator, letter_of(app, letter_id)), do)


@router.get("/{letter_id}/discard")
def discard_page(request: Request, operator: TheOperator, app: TheApp, *, letter_id: str) -> Response:
    """What discarding it would do."""
    return deed_page(request, operator, _discard(operator, app, letter_id))


@router.post("/{letter_id}/discard")
def discard(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, letter_id: str) -> Response:
    """Let it go."""
    letter = letter_of(app, letter_id)

    def do(reason: str) -> DeadLetter:
        return app.operating.letters.discard_one(letter.id, operator.actor, reason)

    return carry_out(request, operator, form, lambda: _discard(operator, app, letter_id), do)


def crumbs(letter: DeadLetter) -> tuple[tuple[str, str], ...]:
    """The pages above an act."""
    return (("Dead letters", BASE), (last8(letter.id), f"{BASE}/{letter.id}"))


def _requeue(operator: Operator, letter: DeadLetter) -> Deed:
    operator.require(CallerRole.ADMIN, CallerRole.SUPPORT, to="put messages back")
    refused = _dealt_with(letter)
    effects: tuple[Effect, ...] = ()
    if isinstance(letter.message, Unreadable):
        refused = refused or "No key of ours opens it, so nobody knows what to put back."
    elif names_a_row(letter):
        effects = (Effect("i-delivery", "It is a row of ours: it is due again at once, with its tries counted anew."),)
    else:
        wrong = check_message(letter.queue, letter.message)
        checked = (
            Effect("i-alert", f"It would give up again at once: {wrong}. Correct it instead.", warns=True)
            if wrong
            else Effect("i-check", "It was checked: workers can read it.")
        )
        effects = (Effect("i-queue", f"It goes to the end of the queue {letter.queue}, as it came."), checked)
    return Deed(
        f"Put back: {words.cause(letter.reason).lower()}",
        "Put it back",
        f"{BASE}/{letter.id}",
        crumbs(letter),
        seen=letter.status,
        refused=refused,
        effects=(*effects, _KEPT, SECURED),
        done=f"{BASE}/{letter.id}?done=requeue",
    )


def _discard(operator: Operator, app: App, letter_id: str) -> Deed:
    operator.require(CallerRole.ADMIN, to="discard messages")
    letter = letter_of(app, letter_id)
    return Deed(
        f"Discard: {words.cause(letter.reason).lower()}",
        "Discard it",
        f"{BASE}/{letter.id}",
        crumbs(letter),
        seen=letter.status,
        refused=_dealt_with(letter),
        effects=(
            Effect("i-canceled", "Nothing is made of it. Whoever sent it hears nothing.", warns=True),
            _KEPT,
            SECURED,
        ),
        destroys=True,
        done=f"{BASE}/{letter.id}?done=discard",
    )


def _dealt_with(letter: DeadLetter) -> str | None:
    if letter.status == "dead":
        return None
    return f"{words.STATES[letter.status].word} already, by {letter.resolved_by}."
