"""Acts that are not done to one payment: a page with what will happen, and then, if nothing has moved, doing it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from console.desk.operators import Operator, reason_of
from console.desk.plans import Effect
from console.desk.rendering import show
from console.problems import sentence
from domain.errors import ActRefused, PermanentError

_MOVED: Final = "Something has changed meanwhile. Nothing was done; this is the new plan."
#: The entry that every act leaves behind.
AUDITED: Final = Effect("i-book", "An entry in the audit trail, with your name and reason.")
#: Where an act belongs to no payment.
SECURED: Final = Effect("i-book", "An entry in the security chain, with your name and reason.")


@dataclass(frozen=True, slots=True)
class Question:
    """What a form asks beside the reason."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    #: An input's type, or `choice`.
    kind: str = "text"
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """What an act would do now; or why it cannot."""

    title: str
    #: On the button that does it.
    button: str
    #: Where one comes from, and goes back to.
    back: str
    #: Names and addresses of the pages above.
    crumbs: Sequence[tuple[str, str]]
    #: Changes whenever the plan would be another one.
    seen: str
    effects: Sequence[Effect] = ()
    refused: str | None = None
    destroys: bool = False
    questions: Sequence[Question] = ()
    #: The answers that the plan was made for.
    answers: Mapping[str, str] = field(default_factory=dict)
    #: Where one is led when it is done.
    done: str = ""


def deed_page(
    request: Request, operator: Operator, deed: Deed, *, said: str | None = None, reason: str = "", status: int = 200
) -> Response:
    """What an act would do. Nothing has changed yet."""
    return show(request, operator, "deed.html", status=status, title=deed.title, deed=deed, said=said, reason=reason)


def carry_out(
    request: Request,
    operator: Operator,
    form: Mapping[str, str],
    plan: Callable[[], Deed],
    do: Callable[[str], Any],
) -> Response:
    """Do what was read, unless there is another plan by now; `do` is given the reason."""
    deed, reason = plan(), reason_of(form)
    if not reason:
        said = "Say why. The reason is kept in the audit trail."
        return deed_page(request, operator, deed, said=said, status=422)
    if deed.refused is not None or form.get("seen") != deed.seen:
        return deed_page(request, operator, deed, said=_MOVED, reason=reason, status=409)
    try:
        do(reason)
    except (ActRefused, PermanentError) as refused:
        said = f"Nothing was done: {sentence(refused)}"
        return deed_page(request, operator, plan(), said=said, reason=reason, status=409)
    return RedirectResponse(deed.done or deed.back, 303)
