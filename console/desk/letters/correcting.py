"""Correct a message that gave up: it is checked by the message's own rules, and compared, before it is put back."""

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.desk.discretion import VEIL
from console.desk.letters import veiling
from console.desk.letters.acts import crumbs
from console.desk.letters.pages import BASE, letter_of
from console.desk.operators import Operator, TheForm, TheOperator, reason_of
from console.desk.rendering import show
from console.house import TheApp
from console.problems import sentence
from domain.errors import ActRefused, PermanentError
from domain.messaging import DeadLetter
from runtime.app import App
from runtime.tokens import CallerRole
from services.correct_letter import Draft
from services.dead_letters import NotPutBack

router = APIRouter(prefix=BASE, include_in_schema=False)


@router.get("/{letter_id}/correct")
def correct_page(request: Request, operator: TheOperator, app: TheApp, *, letter_id: str) -> Response:
    """The message, to be corrected."""
    letter = _letter(operator, app, letter_id)
    try:
        text = _text(app.operating.correct.draft(letter))
    except NotPutBack as refused:
        return _page(request, operator, letter, "", refused=sentence(refused))
    return _page(request, operator, letter, text)


@router.post("/{letter_id}/correct")
def correct(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, letter_id: str) -> Response:
    """Check what was written and, if that was read and confirmed, put it back."""
    letter = _letter(operator, app, letter_id)
    office, text, reason = app.operating.correct, form.get("text", ""), reason_of(form)
    try:
        draft = office.draft(letter)
        whole = _lifted(draft, text)
        office.corrected(letter, whole)
        if _same(draft, whole):
            raise NotPutBack("nothing is changed")
    except (PermanentError, veiling.NothingBehind) as wrong:
        return _page(request, operator, letter, text, said=_said(wrong), status=422)
    changes = veiling.difference(_text(draft), text.replace("\r\n", "\n"))
    if form.get("step") != "do":
        return _page(request, operator, letter, text, changes=changes)
    if not reason:
        said = "Say why. The reason is kept in the audit trail."
        return _page(request, operator, letter, text, changes=changes, said=said, status=422)
    try:
        office(letter.id, whole, operator.actor, reason)
    except (ActRefused, PermanentError) as refused:
        said = f"Nothing was done: {sentence(refused)}"
        return _page(request, operator, letter, text, changes=changes, said=said, status=409)
    return RedirectResponse(f"{BASE}/{letter.id}?done=correct", 303)


def _letter(operator: Operator, app: App, letter_id: str) -> DeadLetter:
    operator.require(CallerRole.ADMIN, to="correct messages")
    return letter_of(app, letter_id)


def _text(draft: Draft) -> str:
    """As it may be shown: what is hidden stays so, and is kept where it is not written over."""
    if draft.document is None:
        return draft.text
    return veiling.shown(draft.text.encode())


def _lifted(draft: Draft, text: str) -> str:
    if draft.document is None or VEIL not in text:
        return text
    try:
        return orjson.dumps(veiling.lifted(orjson.loads(text), draft.document)).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return text  # what is wrong with it is said by whoever checks it


def _same(draft: Draft, text: str) -> bool:
    return draft.document is not None and orjson.loads(text) == draft.document


def _said(wrong: Exception) -> str:
    if isinstance(wrong, veiling.NothingBehind):
        return f"{VEIL} stands for what is hidden, and nothing was hidden there. Write the value itself."
    return sentence(wrong)


def _page(
    request: Request,
    operator: Operator,
    letter: DeadLetter,
    text: str,
    *,
    changes: list[tuple[str, str]] | None = None,
    said: str | None = None,
    refused: str | None = None,
    status: int = 200,
) -> Response:
    return show(
        request,
        operator,
        "dead_letter_correct.html",
        status=status,
        title="Correct a message",
        crumbs=crumbs(letter),
        letter=letter,
        text=text,
        changes=changes,
        said=said,
        refused=refused,
        veil=VEIL,
    )
