"""Dead letters: found by cause, put back, corrected, discarded, one and many; and what became of them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from console.desk.letters import veiling, words
from domain.endpoint import Endpoint
from domain.messaging import DeadLetter
from models.dead_letters import LetterGroup
from services.letter_desk import BATCH
from tests.console.desk.conftest import HOUR, Desk
from tests.house import House, message

Sit = Callable[..., Desk]
BASE = "/console/dead-letters"
ENVELOPE = {"queue_name": "payment_required", "actor_name": "payment_required", "args": [], "options": {}}


def raw(**changes: Any) -> bytes:
    return orjson.dumps(ENVELOPE | {"kwargs": message(**changes)})


def letter(home: House, body: bytes, **more: Any) -> str:
    facts = {"queue": "payment_required", "actor": "payment_required", "reason": "invalid_message", "error": "amount"}
    one = DeadLetter(id=home.app.new_id(), message=body, created_at=home.time(), **(facts | more))
    home.app.keep_dead_letters([one])
    home.forward(seconds=1)
    return str(one.id)


def test_letters_are_shown_by_cause_without_addresses(home: House, desk: Sit) -> None:
    support = desk("support")
    assert "No dead letters." in support.get(BASE).text
    first = letter(home, raw(amount="2,5"), error="amount: must be a decimal")
    second = letter(home, b"ann@example.com <script>", reason="unexpected_error")
    page = support.get(BASE).text
    assert "2 messages wait for a person." in page
    assert "The message is not valid" in page
    assert "auction auction-1" in page
    only = support.get(BASE, cause="unexpected_error", queue="payment_required", age="24h").text
    assert second in only
    assert f'href="{BASE}/{first}"' not in only
    shown = support.get(f"{BASE}/{first}").text
    assert "buyer@example.com" not in shown
    assert "•••" in shown
    strange = support.get(f"{BASE}/{second}").text
    assert "ann@" not in strange
    assert "<script>" not in strange.split("<main")[1]
    for wrong in ({"state": "gone"}, {"queue": "gone"}, {"age": "old"}, {"after": "x"}):
        assert support.get(BASE, **wrong).status_code == 422
    assert support.get(f"{BASE}/nothing").status_code == 404


def test_support_puts_one_back_and_sees_what_became_of_it(home: House, desk: Sit) -> None:
    one, support = letter(home, raw(), reason="unexpected_error"), desk("support", "ines")
    plan = support.get(f"{BASE}/{one}/requeue").text
    assert "workers can read it" in plan
    assert home.put_back == []
    form = support.form(f"{BASE}/{one}/requeue") | {"reason": "mended"}
    assert support.post(f"{BASE}/{one}/requeue", form).headers["location"] == f"{BASE}/{one}?done=requeue"
    assert home.put_back == [("payment_required", raw())]
    page = support.get(f"{BASE}/{one}").text
    assert "Nothing yet: it waits in the queue" in page
    assert "support:ines" in page
    session_id = home.require()
    assert f"/console/payments/{session_id}" in support.get(f"{BASE}/{one}").text
    assert support.post(f"{BASE}/{one}/requeue", form).status_code == 409
    assert "would give up again at once" in support.get(f"{BASE}/{letter(home, raw(amount='x'))}/requeue").text


def test_an_admin_corrects_a_message_without_seeing_what_is_hidden(home: House, desk: Sit) -> None:
    one, admin = letter(home, raw(amount="275,50")), desk("admin", "ann")
    path = f"{BASE}/{one}/correct"
    page = admin.get(path).text
    text = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[0].replace("&#34;", '"')
    assert '"buyer_email": "•••"' in text
    csrf = admin.form(path)["csrf"]
    for wrong, said in (
        (text, "amount"),
        ("{", "It is no JSON"),
        (text.replace('"amount": "275,50"', '"note": "•••"'), "nothing was hidden"),
    ):
        answer = admin.post(path, {"csrf": csrf, "step": "check", "text": wrong})
        assert (answer.status_code, said in answer.text) == (422, True), said
    right = {"csrf": csrf, "step": "check", "text": text.replace("275,50", "275.50")}
    plan = admin.post(path, right)
    assert plan.status_code == 200
    assert "taken out: " in plan.text
    assert "nothing has changed yet" in plan.text
    assert admin.post(path, right | {"step": "do"}).status_code == 422
    assert home.put_back == []
    assert (
        admin.post(path, right | {"step": "do", "reason": "a comma"}).headers["location"]
        == f"{BASE}/{one}?done=correct"
    )
    assert [orjson.loads(sent) for _, sent in home.put_back] == [orjson.loads(raw())]
    shown = admin.get(f"{BASE}/{one}").text
    assert "What was corrected" in shown
    assert "buyer@example.com" not in shown
    assert "requeued already" in admin.get(path).text
    assert home.app.database.rows("SELECT kind, actor FROM security_events") == [("letter_corrected", "admin:ann")]


def test_what_is_nested_too_deeply_to_be_drawn_is_shown_as_it_came_and_said_to_be_so(home: House, desk: Sit) -> None:
    admin = desk("admin")

    def nested(depth: int) -> bytes:
        return b'{"auction_id":' + b'{"a":' * depth + b'"ann@example.com"' + b"}" * depth + b"}"

    for depth in (200, 260, 450, 900, 993, 1100):
        body = orjson.dumps(ENVELOPE).removesuffix(b"}") + b',"kwargs":' + nested(depth) + b"}"
        one = letter(home, body)
        for act in ("", "/requeue", "/discard", "/correct"):
            page = admin.get(f"{BASE}/{one}{act}")
            assert page.status_code == 200, (depth, act)
            assert act == "/correct" or "ann@example.com" not in page.text, (depth, act)
    assert admin.get(BASE).status_code == 200
    shallow = letter(home, raw(amount="x"))
    path = f"{BASE}/{shallow}/correct"
    form = {"csrf": admin.form(path)["csrf"], "step": "check"}
    for depth, said in ((300, "nested too deeply"), (900, "nested too deeply"), (1100, "It is no JSON")):
        text = nested(depth).decode()
        answer = admin.post(path, form | {"text": text})
        assert (answer.status_code, said in answer.text) == (422, True), depth
        assert admin.post(path, form | {"text": text.replace("ann@example.com", "•••")}).status_code == 422


def test_many_are_put_back_batch_after_batch_with_a_count_first(home: House, desk: Sit) -> None:
    for number in range(3):
        letter(home, raw(auction_id=f"a-{number}"))
    letter(home, raw(amount="x"))
    path, admin = f"{BASE}/all/requeue", desk("admin")
    plan = admin.get(path, cause="invalid_message", queue="payment_required").text
    assert "Put back 4" in plan
    assert "3 go back to payment_required." in plan
    assert "1 would give up again at once" in plan
    form = admin.form(path, cause="invalid_message")
    letter(home, raw(auction_id="later"))
    assert admin.post(path, form | {"reason": ""}).status_code == 422
    assert admin.post(path, form | {"reason": "mended"}).headers["location"] == f"{BASE}?done=requeued"
    assert len(home.put_back) == 4
    assert "One message gave up" in admin.get(BASE).text
    discard = f"{BASE}/all/discard"
    assert (
        admin.post(discard, admin.form(discard) | {"reason": "a test"}).headers["location"] == f"{BASE}?done=discarded"
    )
    assert "Nothing of that kind waits." in admin.get(discard).text


def test_more_than_a_batch_goes_on_from_a_page_that_tells_how_far_it_has_come(home: House, desk: Sit) -> None:
    many = [
        DeadLetter(home.app.new_id(), "gone", "a", b"%d" % number, "x", "x", home.time()) for number in range(BATCH + 3)
    ]
    home.app.keep_dead_letters(many)
    path, admin = f"{BASE}/all/discard", desk("admin")
    page = admin.post(path, admin.form(path, cause="x") | {"reason": "a test"}).text
    assert f"{BATCH} discarded" in page
    assert "3 left." in page
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page[page.index("data-go-on") :]))
    assert fields["cause"] == "x"
    assert admin.post(path, fields | {"csrf": "x"}).status_code == 403
    last = admin.post(path, fields | {"reason": "a test\x00"})
    assert f"{BATCH + 3} discarded" in last.text
    assert "0 left." in last.text
    assert home.app.dead_letters.listed() == []


def test_roles_are_told_whom_to_ask(home: House, desk: Sit) -> None:
    one = letter(home, raw())
    paths = {
        f"{BASE}/{one}/requeue": {"auditor"},
        f"{BASE}/{one}/discard": {"auditor", "support"},
        f"{BASE}/{one}/correct": {"auditor", "support"},
        f"{BASE}/all/requeue": {"auditor"},
        f"{BASE}/all/discard": {"auditor", "support"},
    }
    for role in ("auditor", "support", "admin"):
        somebody = desk(role)
        assert somebody.get(BASE).status_code == somebody.get(f"{BASE}/{one}").status_code == 200
        for path, denied in paths.items():
            assert somebody.get(path).status_code == (403 if role in denied else 200), (role, path)
            if role in denied:
                assert somebody.post(path, {"csrf": "x"}).status_code == 403
    assert f"{one}/requeue" not in desk("auditor").get(f"{BASE}/{one}").text


def test_a_veil_is_lifted_only_where_something_is_behind_it() -> None:
    original = {"a": "secret", "b": [{"c": "hidden"}]}
    assert veiling.lifted({"a": "•••", "b": [{"c": "•••"}, 1], "d": "new"}, original) == {
        "a": "secret",
        "b": [{"c": "hidden"}, 1],
        "d": "new",
    }
    with pytest.raises(veiling.NothingBehind):
        veiling.lifted({"d": "•••"}, original)


def test_what_was_hidden_goes_along_when_its_misspelled_name_is_corrected() -> None:
    original = {"buyerEmail": "ann@x.com", "makerEmail": "bob@x.com", "risc": {"ip": "::1"}, "title": "for ann@x.com"}
    shown = {"buyer_email": "•••", "maker_email": "•••", "risk": {"ip": "•••"}, "title": "for •••@x.com"}
    assert veiling.lifted(shown, original) == {
        "buyer_email": "ann@x.com",
        "maker_email": "bob@x.com",
        "risk": {"ip": "::1"},
        "title": "for ann@x.com",
    }
    assert veiling.lifted({"email": "•••"}, {"unknownEmail": "ann@x.com", "amount": "1"}) == {"email": "ann@x.com"}
    for wrong in ({"email": "•••"}, {"title": "a vase for •••@x.com"}, {"•••@x.com": 1}):
        with pytest.raises(veiling.NothingBehind):
            veiling.lifted(wrong, original)


def test_support_sees_no_address_and_no_number_however_a_field_is_spelled(home: House, desk: Sit) -> None:
    said = {
        "buyerEmail": "hidden",
        "Maker-Email": "hidden",
        "buyerPhone": "hidden",
        "unknownField": "hidden@example.com",
        "title": "for hidden@example.com, call 0049 151 5550000",
        "risk": {"IP": "hidden", "deviceId": "device-1"},
        "metadata": {"buyer_name": "hidden", "call": "+49 30 5550000 or (030) 5550000"},
        "hidden@example.com": 1,
    }
    whole = letter(home, raw(**said))
    torn = letter(home, raw(**said)[:-3])
    support = desk("support")
    for one in (whole, torn):
        page = support.get(f"{BASE}/{one}").text
        assert "hidden" not in page.split("<pre")[1].split("</pre>")[0]
        assert "5550000" not in page
        assert "device-1" in page


def test_whether_a_cause_has_gone_is_said_only_where_something_tells() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    given_up = LetterGroup("deliveries", "order:order.updated", "not_delivered", 5, 5, now, now, "410")
    endpoint = Endpoint("order", last_received_at=now + HOUR)

    def said(group: LetterGroup, told: Endpoint) -> str:
        return words.heals(group, {"order": told})[0].word

    assert said(given_up, endpoint) == "Yes"
    assert said(given_up, replace(endpoint, last_received_at=now)) == "Not known"
    assert said(given_up, replace(endpoint, paused_at=now)) == "No"
    assert said(given_up._replace(reason="invalid_message"), endpoint) == "Cannot heal"
    assert said(given_up._replace(queue="receipts", actor="receipts.issue"), endpoint) == "Not known"
