"""The list of payments: what it is narrowed by, what has changed since, and the file that one takes away."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from console.desk.payments.filters import Filters
from console.desk.spreadsheets import as_csv, cell
from console.problems import Problem
from tests.console.desk.conftest import Desk
from tests.house import House

Sit = Callable[..., Desk]


def shown(page: str) -> set[str]:
    return set(re.findall(r'class="rowlink" href="/console/payments/([^"]*)"', page))


def test_amounts_days_and_time_left_narrow_the_list(home: House, desk: Sit) -> None:
    dollars = str(home.opened(auction_id="a-1", buyer_id="b-1", amount="1240.00"))
    yen = str(home.opened(auction_id="a-2", buyer_id="b-2", amount="1240", currency="JPY"))
    small = str(home.opened(auction_id="1240", buyer_id="b-3", amount="12.40"))
    support = desk("support")

    def found(**asked: str) -> set[str]:
        answer = support.get("/console/payments", **asked)
        return {answer.headers["location"].rpartition("/")[2]} if answer.status_code == 303 else shown(answer.text)

    assert found(min="1240", max="1,240.00") == {dollars, yen}
    assert found(min="1240.01") == set()
    assert found(max="12.4", currency="USD") == {small}
    assert found(q="1,240.00") == {dollars, yen}
    assert found(q="1240") == {dollars, yen, small}, "a lot may be called like an amount"
    assert found(q="1240 JPY") == {yen}
    assert found(q="1240.005") == set()
    today, tomorrow = home.time(), home.time() + timedelta(days=1)
    assert found(since=f"{today:%Y-%m-%d}", until=f"{today:%Y-%m-%d}") == {dollars, yen, small}
    assert found(since=f"{tomorrow:%Y-%m-%d}") == set()
    assert found(left="12h:24h") == {dollars, yen, small}
    assert found(left="from:24h") == found(left="over") == found(cause="late_or_twice") == set()


@pytest.mark.parametrize(
    "wrong",
    [{"min": "many"}, {"since": "yesterday"}, {"left": "1h:soon"}, {"cause": "x"}, {"needs": "me"}, {"max": "-1"}],
)
def test_what_means_nothing_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(Problem, match=next(iter(wrong))):
        Filters.of(wrong)


def test_filters_stay_in_every_address_of_the_page() -> None:
    filters = Filters.of({"status": "failed", "min": "10", "density": "tight", "made": "x"})
    assert filters.address() == "/console/payments?status=failed&min=10&density=tight"
    assert [chip.without for chip in filters.chips()] == [
        "/console/payments?min=10&density=tight",
        "/console/payments?status=failed&density=tight",
    ]


def test_saved_views_say_how_many_there_are(home: House, desk: Sit) -> None:
    home.opened()
    page = desk("auditor").get("/console/payments").text
    assert 'All <span class="n">1</span>' in page
    assert 'Needs you <span class="n">0</span>' in page
    assert "1 of 1, newest first" in page


def test_rows_stay_and_what_has_changed_is_told(home: House, desk: Sit) -> None:
    session_id = home.opened()
    support = desk("support")
    page = support.get("/console/payments").text
    news = re.findall(r'hx-get="(/console/payments/news[^"]*)"', page)[0].replace("&amp;", "&")
    assert "Show" not in support.get(news).text
    home.forward(seconds=5)
    assert desk("admin").act(f"/console/payments/{session_id}/extend").status_code == 303
    assert "1 payment changed. Show it" in support.get(news).text
    home.opened(auction_id="a-2", buyer_id="b-2")
    said = support.get(news).text
    assert "1 changed, 1 new. Show them" in said
    assert 'href="/console/payments"' in said
    assert support.get("/console/payments/news", made="now").status_code == 422


def test_a_file_is_taken_after_its_count_was_read_and_is_on_record(home: House, desk: Sit) -> None:
    paid = home.opened(auction_id="a-1", buyer_id="b-1", title='=HYPERLINK("http://evil.example";"Prize")')
    home.opened(auction_id="a-2", buyer_id="b-2", buyer_email="ann@example.com")
    home.pay(paid)
    home.forward(seconds=30)
    home.hear()
    auditor = desk("auditor")
    assert "Export 2 payments as CSV" in auditor.get("/console/payments/export").text
    assert "nothing to export" in auditor.get("/console/payments/export", status="expired").text
    assert auditor.act("/console/payments/export", reason=" ").status_code == 422
    answer = auditor.act("/console/payments/export", reason="Closing the year.", status="completed")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(answer.content.decode("utf-8-sig").splitlines())
    assert (row["id"], row["amount"], row["received"], row["currency"]) == (str(paid), "275.50", "275.50", "USD")
    assert row["title"].startswith("'=HYPERLINK")
    assert "@" not in answer.text.replace("evil.example", "")
    (event,) = (one for one in _security(home) if one[0] == "payments_exported")
    assert event[1] == "auditor:local-auditor"
    assert event[2] == {"count": 1, "reason": "Closing the year.", "filters": "status=completed"}


def test_support_takes_no_file_away(home: House, desk: Sit) -> None:
    home.opened()
    support = desk("support")
    assert "Export: ask an admin" in support.get("/console/payments").text
    answer = support.get("/console/payments/export")
    assert answer.status_code == 403
    assert "Support cannot export payments" in answer.text
    form = support.form("/console/payments")
    assert support.post("/console/payments/export", form | {"reason": "x"}).status_code == 403
    assert [one for one in _security(home) if one[0] == "payments_exported"] == []


def test_no_cell_is_a_formula_and_numbers_stay_numbers() -> None:
    assert [cell(text) for text in ("=1+1", "+49", "-1", "@a", " =1", "\t=1", "a=1", "|calc", "\uff1d1")] == [
        "'=1+1", "'+49", "'-1", "'@a", "' =1", "'\t'=1", "a=1", "'|calc", "'\uff1d1",
    ]  # fmt: skip
    # Spreadsheets in which a comma stands in decimals end a cell at the semicolon.
    assert [cell(text) for text in ("a;=1", 'a; "=1', "a;b;@c", "a;b", "a; 1-2")] == [
        "a;'=1", "a;' \"=1", "a;b;'@c", "a;b", "a; 1-2",
    ]  # fmt: skip
    assert cell(-1) == "-1"
    assert cell(None) == ""
    whole = b"".join(as_csv(["a"], ([n] for n in range(1200))))
    assert whole.decode("utf-8-sig").split() == ["a", *map(str, range(1200))]


def _security(home: House) -> list[tuple[str, str, dict[str, object]]]:
    return home.app.database.rows("SELECT kind, actor, data FROM security_events ORDER BY audit_seq")  # type: ignore[return-value]


def test_who_sees_which_page(home: House, desk: Sit) -> None:
    home.opened()
    pages = {"/console": {}, "/console/payments": {}, "/console/payments/news": {"made": home.time().isoformat()}}
    for role in ("support", "admin", "auditor"):
        somebody = desk(role)
        assert {somebody.get(page, **asked).status_code for page, asked in pages.items()} == {200}, role
    export = "/console/payments/export"
    assert [desk(role).get(export).status_code for role in ("support", "admin", "auditor")] == [403, 200, 200]
    assert {desk().get(page, **asked).status_code for page, asked in pages.items()} == {303}
    assert desk().get(export).status_code == 303
    assert desk().post(export, {"reason": "x"}).status_code == 303
