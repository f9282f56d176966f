"""Dead letters by the many, corrected, and what became of them."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import orjson
import pytest

from actors.actor import Incoming
from actors.letters import dead_letter, keep_given_up
from domain.errors import ActRefused, NotFound
from domain.messaging import DeadLetter
from gateways.queue.received import receive
from models.dead_letters import WantedLetters
from models.paging import Place
from services.check_message import check_message
from services.dead_letters import NotPutBack
from tests.house import House, message

ENVELOPE = {"queue_name": "payment_required", "actor_name": "payment_required", "args": [], "options": {}}


def raw(**changes: Any) -> bytes:
    return orjson.dumps(ENVELOPE | {"kwargs": message(**changes)})


def letter(home: House, body: bytes, **more: Any) -> DeadLetter:
    facts = {"queue": "payment_required", "actor": "payment_required", "reason": "invalid_message", "error": "amount"}
    one = DeadLetter(id=home.app.new_id(), message=body, created_at=home.time(), **(facts | more))
    home.app.keep_dead_letters([one])
    home.forward(seconds=1)
    return one


@pytest.mark.parametrize(
    ("queue", "body", "wrong"),
    [
        ("payment_required", raw(), None),
        ("payment_required", raw(amount="275,50"), "amount"),
        ("payment_required", b"\xff", "no JSON"),
        ("payment_required", orjson.dumps(ENVELOPE | {"actor_name": "nobody", "kwargs": {}}), "no actor is called"),
        ("windows", raw(), "payment_required is answered on the queue payment_required"),
        ("windows", orjson.dumps(ENVELOPE | {"actor_name": "windows.expire", "kwargs": {}}), None),
        ("windows", orjson.dumps(ENVELOPE | {"actor_name": "windows.expire", "kwargs": {"a": 1}}), "carries nothing"),
        ("gone", raw(), "there is no queue gone"),
    ],
)
def test_a_message_is_checked_by_the_rules_of_whoever_takes_it(queue: str, body: bytes, wrong: str | None) -> None:
    found = check_message(queue, body)
    assert found is None if wrong is None else found is not None and wrong in found


def test_a_plan_counts_before_anything_is_done_and_a_batch_goes_on_where_the_last_ended(home: House) -> None:
    desk, wanted = replace(home.app.operating.letters, batch=3), WantedLetters(reason="invalid_message")
    for number in range(4):
        letter(home, raw(auction_id=f"a-{number}"))
    bad = letter(home, raw(amount="1,5"))
    letter(home, raw(), reason="seller_is_buyer")
    assert [(one.reason, one.letters) for one in desk.groups()] == [("invalid_message", 5), ("seller_is_buyer", 1)]
    plan = desk.plan(wanted)
    assert (plan.count, plan.upto, dict(plan.to_queues), sum(plan.refused.values())) == (
        5,
        bad.id,
        {"payment_required": 4},
        1,
    )
    assert home.put_back == []
    later = letter(home, raw(auction_id="later"))
    with pytest.raises(ActRefused, match="a reason must be given"):
        desk.requeue(wanted, "admin:ann", " ")
    bounded = WantedLetters(reason="invalid_message", upto=plan.upto)
    first = desk.requeue(bounded, "admin:ann", "mended")
    assert (first.done, first.failed, first.left) == (3, 0, 2)
    second = desk.requeue(
        WantedLetters(reason="invalid_message", upto=plan.upto, after=first.after), "admin:ann", "mended"
    )
    assert (second.done, second.left) == (2, 0)
    assert len(home.put_back) == 5
    assert [one.id for one in desk.page(wanted, Place(), 9).rows] == [later.id]
    rows = home.app.database.rows("SELECT kind, data ->> 'letters' FROM security_events ORDER BY audit_seq")
    assert rows == [("letters_put_back", "3"), ("letters_put_back", "2")]
    assert desk.discard(wanted, "admin:ann", "a test").done == 1


def test_one_that_cannot_go_back_does_not_hold_up_the_others(home: House) -> None:
    gone = {"queue": "deliveries", "actor": "auction", "reason": "given_up"}
    body = orjson.dumps({"event_id": str(home.app.new_id()), "endpoint": "auction"})
    letter(home, body, **gone)
    letter(home, b"no row of ours", queue="receipts", actor="receipts.issue")
    progress = home.app.operating.letters.requeue(WantedLetters(), "support:ines", "try them")
    assert (progress.done, progress.left) == (2, 0)
    assert [queue for queue, _ in home.put_back] == ["receipts"]


def test_whatever_a_message_names_is_kept_as_text_that_the_database_takes(home: House) -> None:
    body = orjson.dumps(ENVELOPE | {"actor_name": "payment\x00required", "kwargs": {}})
    envelope = receive(body, "payment_required", b"id", set()).envelope
    incoming = Incoming(envelope.queue, envelope.actor, envelope.raw, envelope.kwargs)
    problem = envelope.problem
    assert problem is not None
    home.app.keep_dead_letters([dead_letter(home.app, incoming, problem.code, str(problem))])
    keep_given_up(home.app, [incoming], ValueError("\ud800"))
    letter(home, b"x", queue="\x00", actor="pay 4242 4242 4242 4242", reason="\x00")
    found = {(one.queue, one.actor, one.reason): one.message for one in home.app.dead_letters.listed()}
    assert found == {
        ("payment_required", "payment\ufffdrequired", "unknown_actor"): body,
        ("payment_required", "payment\ufffdrequired", "unexpected_error"): body,
        ("\ufffd", "pay **** **** **** 4242", "\ufffd"): b"x",
    }


def test_a_corrected_message_is_checked_sent_and_kept_beside_the_one_that_came(home: House) -> None:
    desk = home.app.operating
    wrong = letter(home, raw(amount="275,50"))
    draft = desk.correct.draft(wrong)
    assert (draft.is_whole, draft.document["amount"]) == (False, "275,50")
    with pytest.raises(NotPutBack, match="amount"):
        desk.correct(wrong.id, draft.text, "admin:ann", "not yet")
    with pytest.raises(NotPutBack, match="no JSON"):
        desk.correct(wrong.id, "{", "admin:ann", "not yet")
    assert home.put_back == []
    done = desk.correct(wrong.id, draft.text.replace("275,50", "275.50"), "admin:ann", "a comma")
    ((queue, sent),) = home.put_back
    assert (queue, orjson.loads(sent)) == ("payment_required", orjson.loads(raw()))
    kept = home.app.dead_letters.show(wrong.id)
    assert (kept.message, kept.corrected, kept.status) == (raw(amount="275,50"), sent, "requeued")
    assert done.resolved_by == "admin:ann"
    with pytest.raises(NotFound):
        desk.correct(wrong.id, draft.text, "admin:ann", "twice")
    became = desk.outcomes.of(kept)
    assert became is not None
    assert became.what == "not_yet"
    session_id = home.require()
    became = desk.outcomes.of(kept)
    assert became is not None
    assert (became.what, became.id) == ("payment", session_id)


def test_a_message_that_is_none_is_corrected_whole_and_one_that_gives_up_again_is_found(home: House) -> None:
    desk = home.app.operating
    wrong = letter(home, b"{'not': 'json'}")
    assert desk.correct.draft(wrong) == type(desk.correct.draft(wrong))("{'not': 'json'}", is_whole=True)
    desk.correct(wrong.id, raw().decode(), "admin:ann", "written anew")
    again = letter(home, raw())
    kept = home.app.dead_letters.show(wrong.id)
    became = desk.outcomes.of(kept)
    assert became is not None
    assert (became.what, became.id) == ("dead_again", again.id)
    assert desk.outcomes.of(again) is None


def test_a_message_that_is_refused_again_as_soon_as_it_is_back_waits_for_a_person_again(home: House) -> None:
    refused = letter(home, raw(amount="275,50"))
    office = home.app.dead_letters
    again = replace(refused, id=home.app.new_id())
    with ThreadPoolExecutor(1) as worker:
        kept: list[Future[None]] = []

        def put_back(_queue: str, _message: bytes) -> None:
            kept.append(worker.submit(office.keep, [again]))
            # A worker is quicker than the operator's transaction, unless it must wait for it.
            wait(kept, timeout=0.5)

        replace(office, put_back=put_back).requeue(refused.id, "admin:ann")
        kept[0].result(30)
    assert [one.id for one in office.listed()] == [again.id]
    assert office.show(refused.id).status == "requeued"


def test_of_two_corrections_of_one_letter_one_is_sent(home: House) -> None:
    wrong = letter(home, raw(amount="275,50"))
    correct, sent = home.app.operating.correct, list[bytes]()
    texts = [orjson.dumps(message(amount=amount)).decode() for amount in ("275.50", "27550.00")]
    with ThreadPoolExecutor(1) as other:
        acts: list[Future[DeadLetter]] = []

        def put_back(_queue: str, body: bytes) -> None:
            sent.append(body)
            if not acts:
                acts.append(other.submit(replace(correct, put_back=put_back), wrong.id, texts[1], "admin:ben", "mine"))
                wait(acts, timeout=0.5)

        replace(correct, put_back=put_back)(wrong.id, texts[0], "admin:ann", "a comma")
        with pytest.raises(NotFound):
            acts[0].result(30)
    assert [orjson.loads(one)["kwargs"]["amount"] for one in sent] == ["275.50"]
