"""Put back or discard all dead letters of a filter: a count first, then batch after batch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from console.desk import lists
from console.desk.deeds import SECURED, Deed, carry_out, deed_page
from console.desk.letters.pages import BASE, FIELDS, wanted
from console.desk.operators import Operator, TheForm, TheOperator, reason_of
from console.desk.plans import Effect
from console.desk.rendering import show
from console.house import TheApp
from console.problems import Problem
from models.dead_letters import WantedLetters
from runtime.app import App
from runtime.tokens import CallerRole
from services.letter_desk import BATCH, BulkPlan, Progress

router = APIRouter(prefix=f"{BASE}/all", include_in_schema=False)

_CRUMBS: Final = (("Dead letters", BASE),)
_BOTH: Final = (CallerRole.ADMIN, CallerRole.SUPPORT)
_MOST_CAUSES: Final = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A bulk act on what a filter finds."""

    act: str
    filters: lists.Filters
    wanted: WantedLetters

    @property
    def requeues(self) -> bool:
        """Whether it puts back, rather than discards."""
        return self.act == "requeue"


@router.get("/{act}")
def bulk_page(request: Request, operator: TheOperator, app: TheApp, *, act: str) -> Response:
    """What it would do to how many."""
    return deed_page(request, operator, _deed(app, _asked(operator, app, act, request.query_params)))


@router.post("/{act}")
def bulk(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, act: str) -> Response:
    """Do the next batch, and show how far it has come. Who closes the page stops it."""
    asked = _asked(operator, app, act, form)
    came: list[Progress] = []

    def do(reason: str) -> None:
        desk = app.operating.letters
        come = (desk.requeue if asked.requeues else desk.discard)(asked.wanted, operator.actor, reason)
        came.append(come)

    if asked.wanted.after is not None and (reason := reason_of(form)):
        do(reason)  # the plan was confirmed with the first batch
        answer: Response | None = None
    else:
        answer = carry_out(request, operator, form, lambda: _deed(app, asked), do)
    if not came or (answer is not None and not came[0].left and not came[0].failed):
        return answer or deed_page(request, operator, _deed(app, asked))
    return _progress(request, operator, asked, form, came[0])


def _progress(request: Request, operator: Operator, asked: Asked, form: Mapping[str, str], come: Progress) -> Response:
    done, failed = _number(form, "done") + come.done, _number(form, "failed") + come.failed
    fields = {name: asked.filters[name] for name in FIELDS if asked.filters[name]}
    fields |= {"upto": str(asked.wanted.upto or ""), "after": str(come.after or ""), "reason": form.get("reason", "")}
    return show(
        request,
        operator,
        "dead_letters_progress.html",
        title="Putting back" if asked.requeues else "Discarding",
        word="put back" if asked.requeues else "discarded",
        done=done,
        failed=failed,
        left=come.left,
        why=come.why,
        fields=fields | {"done": str(done), "failed": str(failed)},
        back=asked.filters.address(),
        batch=BATCH,
    )


def _asked(operator: Operator, app: App, act: str, given: Mapping[str, str]) -> Asked:
    if act not in ("requeue", "discard"):
        raise Problem(404, "not_found", "There is nothing here.")
    if act == "requeue":
        operator.require(*_BOTH, to="put messages back")
    else:
        operator.require(CallerRole.ADMIN, to="discard messages")
    try:
        after, upto = (UUID(given[name]) if given.get(name) else None for name in ("after", "upto"))
    except ValueError:
        raise lists.unknown_filter("after") from None
    narrowed = {name: value for name, value in given.items() if name not in ("state", "after", "before")}
    filters = lists.Filters.read(BASE, FIELDS, narrowed)
    return Asked(act, filters, replace(wanted(filters, app.now()), after=after, upto=upto))


def _deed(app: App, asked: Asked) -> Deed:
    plan = app.operating.letters.plan(replace(asked.wanted, after=None))
    word, taken = ("Put back", "i-queue") if asked.requeues else ("Discard", "i-canceled")
    batches = Effect("i-timer", f"{BATCH} at a time, the oldest first. You see how far it has come, and may stop.")
    upto = Effect("i-info", "What gives up from now on is not among them.")
    effects = (
        _outcomes(plan)
        if asked.requeues
        else (
            Effect(
                taken, f"{plan.count:,} messages are let go. They stay on record; nothing is made of them.", warns=True
            ),
        )
    )
    return Deed(
        f"{word} {plan.count:,}",
        f"{word} {plan.count:,}",
        asked.filters.address(),
        _CRUMBS,
        seen=f"{plan.count}",
        refused=None if plan.count else "Nothing of that kind waits.",
        effects=(*effects, *([batches] if plan.count > BATCH else []), upto, SECURED),
        destroys=not asked.requeues,
        answers={name: asked.filters[name] for name in FIELDS if asked.filters[name]} | {"upto": str(plan.upto or "")},
        done=f"{BASE}?done={asked.act}{'d' if asked.requeues else 'ed'}",
    )


def _outcomes(plan: BulkPlan) -> tuple[Effect, ...]:
    said = [Effect("i-queue", f"{count:,} go back to {queue}.") for queue, count in plan.to_queues.most_common()]
    if plan.rows:
        said.append(Effect("i-delivery", f"{plan.rows:,} are rows of ours: they are due again at once."))
    for why, count in plan.refused.most_common(_MOST_CAUSES):
        said.append(Effect("i-alert", f"{count:,} would give up again at once: {why[:200]}.", warns=True))
    others = sum(plan.refused.values()) - sum(count for _, count in plan.refused.most_common(_MOST_CAUSES))
    if others:
        said.append(Effect("i-alert", f"{others:,} more would give up again, for other causes.", warns=True))
    if plan.unreadable:
        said.append(Effect("i-lock", f"{plan.unreadable:,} cannot be read, and stay.", warns=True))
    if plan.count > plan.examined:
        said.append(Effect("i-info", f"The oldest {plan.examined:,} of {plan.count:,} were read for this."))
    return tuple(said)


def _number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004 - of any size that there is
