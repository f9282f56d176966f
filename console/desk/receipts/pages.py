"""The list of documents, one document with its proof, and printing a stuck one again."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from console.desk import lists
from console.desk.deeds import AUDITED, Deed, carry_out, deed_page
from console.desk.operators import Operator, TheForm, TheOperator
from console.desk.plans import Effect
from console.desk.rendering import show
from console.desk.standing import Badge
from console.house import TheApp
from console.problems import Problem, sentence
from domain.documents import DocumentKind
from domain.errors import GatewayUnavailable, NotFound
from domain.receipt import ReceiptStatus
from models.paging import written
from models.receipt_lists import RECEIPT_ORDER, WantedReceipts
from runtime.app import App
from runtime.tokens import CallerRole
from services.receipt_office import Shelf, TooMany
from services.view_receipts import ShownReceipt

BASE: Final = "/console/receipts"
router = APIRouter(prefix=BASE, include_in_schema=False)

STATES: Final = {
    ReceiptStatus.WANTED: Badge("wait", "i-pending", "Wanted"),
    ReceiptStatus.NUMBERED: Badge("move", "i-processing", "Numbered"),
    ReceiptStatus.ISSUED: Badge("good", "i-completed", "Issued"),
    ReceiptStatus.STUCK: Badge("bad", "i-alert", "Stuck"),
    ReceiptStatus.WITHDRAWN: Badge("end", "i-canceled", "Withdrawn"),
}
KINDS: Final = {DocumentKind.RECEIPT: "Receipt", DocumentKind.CREDIT_NOTE: "Credit note"}
_WORDS: Final = {f"state={state}": badge.word.lower() for state, badge in STATES.items()}


@router.get("")
def receipts(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """The series, and one page of documents; `check` looks for gaps first."""
    names = ("q", "kind", "state", "payment", "buyer", "since", "until")
    filters = lists.Filters.of(request, BASE, names)
    wanted = WantedReceipts(
        filters.text("q"),
        filters.word("kind", list(DocumentKind)),
        filters.word("state", list(ReceiptStatus)),
        filters.id("payment"),
        filters.text("buyer"),
        filters.day("since"),
        filters.day("until", over=True),
    )
    office = app.receipts.office
    found, shelf = office.page(wanted, filters.place(RECEIPT_ORDER), lists.PAGE), office.shelf()
    return show(
        request,
        operator,
        "receipts.html",
        title="Receipts",
        headline=_headline(shelf),
        shelf=shelf,
        checked=_checked(app) if "check" in request.query_params else None,
        rows=[(one.receipt, one.lot, STATES[one.receipt.status]) for one in found.rows],
        filters=filters,
        chips=filters.chips(_WORDS | {"q": "number", "since": "from", "until": "until"}),
        kinds=list(KINDS.items()),
        words=KINDS,
        states=[(state, badge.word) for state, badge in STATES.items()],
        pages=filters.pages(found, lambda one: written(one.receipt.id)),
        check=filters.address(check="1"),
    )


def _headline(shelf: Shelf) -> str:
    if shelf.stuck:
        one = shelf.stuck == 1
        return f"{shelf.stuck:,} {'document is stuck and needs' if one else 'documents are stuck and need'} a person."
    waiting = shelf.wanted + shelf.numbered
    if waiting:
        return f"{waiting:,} {'document is' if waiting == 1 else 'documents are'} on the way to paper."
    return "Every payment is on paper." if shelf.series else "There is no receipt yet."


def _checked(app: App) -> tuple[str, list[str]]:
    """A tint with sentences."""
    try:
        broken = app.receipts.office.check()
    except TooMany as error:
        return "warn", [sentence(error)]
    return ("bad", [one.why for one in broken]) if broken else ("good", [])


@router.get("/{receipt_id}")
def one_receipt(request: Request, operator: TheOperator, app: TheApp, *, receipt_id: str, done: str = "") -> Response:
    """One document; `verify` holds what is stored against its hash, and prints it again."""
    shown = _shown(app, receipt_id)
    receipt = shown.receipt
    proof: tuple[str, list[str]] | None = None
    if "verify" in request.query_params and receipt.number is not None:
        proof = _proof(app, receipt.id)
    return show(
        request,
        operator,
        "receipt.html",
        title=receipt.number or KINDS[receipt.kind],
        receipt=receipt,
        shown=shown,
        kind=KINDS[receipt.kind],
        state=STATES[receipt.status],
        proof=proof,
        cancels=(receipt.document or {}).get("cancels") if isinstance(receipt.document, dict) else None,
        may_retry=operator.role is not CallerRole.AUDITOR,
        done="It is being printed and stored again." if done else None,
    )


def _proof(app: App, receipt_id: UUID) -> tuple[str, list[str]]:
    try:
        broken = app.receipts.verify.one(receipt_id)
    except GatewayUnavailable as error:
        return "warn", [f"Nothing can be said: {sentence(error)}"]
    return ("bad", [one.why for one in broken]) if broken else ("good", [])


@router.get("/{receipt_id}/reissue")
def reissue_page(request: Request, operator: TheOperator, app: TheApp, *, receipt_id: str) -> Response:
    """What printing it again would do."""
    return deed_page(request, operator, _deed(operator, app, receipt_id))


@router.post("/{receipt_id}/reissue")
def reissue(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, receipt_id: str) -> Response:
    """Print it again."""
    deed = lambda: _deed(operator, app, receipt_id)  # noqa: E731 - as short as it gets

    def do(reason: str) -> object:
        return app.receipts.office.reissue(UUID(receipt_id), reason, operator.actor)

    return carry_out(request, operator, form, deed, do)


def _deed(operator: Operator, app: App, receipt_id: str) -> Deed:
    operator.require(CallerRole.ADMIN, CallerRole.SUPPORT, to="print a document again")
    receipt = _shown(app, receipt_id).receipt
    name, back = receipt.number or KINDS[receipt.kind], f"{BASE}/{receipt_id}"
    stuck = receipt.status is ReceiptStatus.STUCK
    return Deed(
        f"Print again: {name}",
        "Print and store it again",
        back,
        (("Receipts", BASE), (name, back)),
        seen=f"{receipt.status}-{receipt.fence}",
        refused=None if stuck else f"It is {receipt.status}; only what is stuck can be printed again.",
        effects=(
            Effect("i-receipt", f"A worker prints {name} and stores it. Its number and its words stay as they are."),
            Effect("i-alert", f"Last time: {receipt.last_error or 'no error is known'}", warns=True),
            Effect("i-dead", "Its dead letter is dealt with. If it fails again, it is stuck again with a new one."),
            Effect("i-mail", "The letter that waits for it goes out with it."),
            AUDITED,
        ),
        done=f"{back}?done=reissue",
    )


def _shown(app: App, receipt_id: str) -> ShownReceipt:
    try:
        return app.receipts.view.one(UUID(receipt_id))
    except (ValueError, NotFound):
        raise Problem(404, "not_found", "There is no such document.") from None
