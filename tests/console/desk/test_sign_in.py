"""Who gets into the console, for how long, and what other sites cannot do in their name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from runtime.tokens import CallerRole, issue_development_token
from tests.console.calling import Wire
from tests.console.conftest import SECRET
from tests.console.desk.conftest import Desk
from tests.house import House

Sit = Callable[..., Desk]
_HOUR: Final = timedelta(hours=1)


def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back(home: House, desk: Sit) -> None:
    nobody = desk()
    answer = nobody.get("/console/payments", status="failed")
    assert answer.status_code == 303
    to = answer.headers["location"]
    assert to == "/console/sign-in?why=not_signed_in&next=%2Fconsole%2Fpayments%3Fstatus%3Dfailed"
    assert "Look around as auditor" in nobody.get(to).text
    back = nobody.post("/console/sign-in", {"role": "auditor", "next": "/console/payments?status=failed"})
    assert (back.status_code, back.headers["location"]) == (303, "/console/payments?status=failed")
    assert nobody.get("/console/payments").status_code == 200


def test_a_page_that_asks_for_news_goes_to_sign_in_itself(desk: Sit) -> None:
    asked = {"HX-Current-URL": "http://test/console/payments?status=failed"}
    answer = desk()._asked("GET", "/console/payments", headers=asked)
    assert answer.status_code == 401
    to = "/console/sign-in?why=not_signed_in&next=%2Fconsole%2Fpayments%3Fstatus%3Dfailed"
    assert answer.headers["hx-redirect"] == to
    assert answer.text == ""


@pytest.mark.parametrize("address", ["http://[", "http://[x]/", "\u00e9", "?", "http://test:x/console/payments"])
def test_a_page_with_an_address_that_is_none_goes_to_sign_in_too(desk: Sit, address: str) -> None:
    answer = desk()._asked("GET", "/console/payments", headers={"HX-Current-URL": address.encode()})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/console/sign-in?why=not_signed_in&next=")


def test_the_console_begins_with_how_things_stand(desk: Sit) -> None:
    assert "No payment yet." in desk("admin").get("/console").text


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(desk: Sit) -> None:
    answer = desk().post("/console/sign-in", {"role": "admin"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age=28800" in cookie
    assert "Path=/console" in cookie


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/console/\\evil", "/pay/x", "/console/sign-in"]
)
def test_signing_in_leads_to_no_other_site(desk: Sit, onward: str) -> None:
    answer = desk().post("/console/sign-in", {"role": "admin", "next": onward})
    assert answer.headers["location"] == "/console"


def test_nobody_stays_signed_in_longer_than_eight_hours(home: House, desk: Sit) -> None:
    admin = desk("admin")
    home.forward(hours=7, minutes=59)
    assert admin.get("/console/payments").status_code == 200
    home.forward(minutes=2)
    assert "why=signed_out_after_8_hours" in admin.get("/console/payments").headers["location"]


def test_a_cookie_that_was_altered_is_none(home: House, desk: Sit) -> None:
    admin = desk("admin")
    mac, _, rest = admin.cookies["gavelpay_desk"].partition(".")
    moment, _, token = rest.partition(".")
    admin.cookies["gavelpay_desk"] = f"{mac}.{int(moment) + 3600}.{token}"
    assert admin.get("/console/payments").status_code == 303


def test_signing_out_forgets_the_cookie(desk: Sit) -> None:
    admin = desk("admin")
    form = {"csrf": csrf_of(admin)}
    assert admin.post("/console/sign-out", form).headers["location"] == "/console/sign-in?why=signed_out"
    assert admin.get("/console/payments").status_code == 303


@pytest.mark.parametrize("role", ["buyer", "maker", "service"])
def test_others_do_not_get_in_and_that_is_on_record(home: House, strict_wire: Wire, role: str) -> None:
    token = issue_development_token(SECRET, "x", CallerRole(role), _HOUR, now=home.time())
    answer = Desk(strict_wire).post("/console/sign-in", {"token": token})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "for support, admins and auditors" in answer.text
    assert ("access_denied", f"{role}:x") in denials(home)


def test_elsewhere_a_token_is_needed_and_a_click_is_not_enough(home: House, strict_wire: Wire) -> None:
    somebody = Desk(strict_wire)
    assert "Look around as" not in somebody.get("/console/sign-in").text
    assert somebody.post("/console/sign-in", {"role": "admin"}).status_code == 401
    assert somebody.post("/console/sign-in", {"token": "no.token.at.all"}).status_code == 401
    assert somebody.post("/console/sign-in", {"token": "x" * 4000}).status_code == 422
    token = issue_development_token(SECRET, "ines", CallerRole.AUDITOR, _HOUR, now=home.time())
    assert somebody.post("/console/sign-in", {"token": token}).status_code == 303
    page = somebody.get("/console/payments").text
    assert "ines" in page
    assert "You can look at everything and change nothing." in page


def test_a_name_is_plain(desk: Sit) -> None:
    answer = desk().post("/console/sign-in", {"role": "admin", "name": "<b>x</b>"})
    assert answer.status_code == 422


def test_forms_of_other_sites_do_nothing(home: House, desk: Sit) -> None:
    session_id = home.opened()
    admin, path = desk("admin"), f"/console/payments/{session_id}/terminate"
    form = admin.form(path) | {"reason": "x"}
    assert admin.post(path, form, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert admin.post(path, form | {"csrf": csrf_of(desk("admin", "other"))}).status_code == 403
    assert admin.post(path, {key: value for key, value in form.items() if key != "csrf"}).status_code == 403
    assert home.payment(session_id).session.status == "pending"
    assert desk().post("/console/sign-in", {"role": "admin"}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_pages_bear_a_strict_policy(home: House, desk: Sit) -> None:
    session_id = home.opened()
    admin = desk("admin")
    for path in ("/console/sign-in", "/console/payments", f"/console/payments/{session_id}"):
        answer = admin.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


def test_what_is_not_there_is_told_in_the_consoles_clothes(desk: Sit) -> None:
    admin = desk("admin")
    for path in (
        "/console/nothing",
        "/console/payments/no-id",
        f"/console/payments/{'0' * 8}-0000-7000-8000-{'0' * 12}",
    ):
        answer = admin.get(path)
        assert answer.status_code == 404
        assert "There is no such payment here" in answer.text
        assert "Check the id, or search." in answer.text
    assert desk().get("/console/assets/console.css").status_code == 200
    assert "htmx" in desk().get("/console/assets/htmx.js").text
    assert desk().get("/console/assets/passwd").status_code == 404


def csrf_of(somebody: Desk) -> str:
    page = somebody.get("/console/payments").text
    return page.split('name="csrf" value="')[1].split('"')[0]


def denials(home: House) -> list[tuple[str, str]]:
    return [(kind, actor) for kind, actor in home.app.database.rows("SELECT kind, actor FROM security_events")]


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("auditor", 200), ("buyer", 403), ("service", 403)])
def test_programs_bring_a_token_instead_of_signing_in(home: House, desk: Sit, role: str, status: int) -> None:
    token = issue_development_token(SECRET, "robot", CallerRole(role), _HOUR, now=home.time())
    brought = {"Authorization": f"Bearer {token}"}
    assert desk()._asked("GET", "/console/payments", headers=brought).status_code == status
    posted = desk()._asked("POST", "/console/queues", headers=brought)
    assert posted.status_code in (403, 405)
    assert desk()._asked("GET", "/console/payments", headers={"Authorization": "Bearer x"}).status_code == 303
