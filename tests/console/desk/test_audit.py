"""Search, proof and export of the audit trail."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import orjson

from tests.console.desk.conftest import Desk
from tests.house import House
from tests.services.tampering import tamper

Sit = Callable[..., Desk]
PAGE = "/console/audit"
EXPORT = f"{PAGE}/export"


def test_who_did_what_and_why_is_found(home: House, desk: Sit) -> None:
    session_id = home.opened(title="Walnut clock")
    home.app.extend_window(session_id, timedelta(hours=1), "The buyer telephoned.", "admin:tomas")
    home.time.forward(seconds=1)
    home.app.terminate_window(session_id, "The maker withdrew it.", "admin:ann")
    auditor = desk("auditor")
    people = auditor.get(PAGE).text
    assert people.count('class="rowlink"') == 2
    assert "The maker withdrew it." in people
    assert people.index("admin:ann") < people.index("admin:tomas")
    everything = auditor.get(PAGE, by="all").text
    assert "The auction asked for" in everything
    assert auditor.get(PAGE, who="admin:tomas").text.count('class="rowlink"') == 1
    assert auditor.get(PAGE, kind="window_extended").text.count('class="rowlink"') == 1
    assert auditor.get(PAGE, chain=str(session_id)).text.count('class="rowlink"') == len(home.actions(session_id))
    today = f"{home.time():%Y-%m-%d}"
    assert auditor.get(PAGE, since=today, until=today).text.count('class="rowlink"') == 2
    assert "No entry matches from: 2001-01-01, until: 2001-01-02." in (
        auditor.get(PAGE, since="2001-01-01", until="2001-01-02").text
    )
    for wrong in ({"chain": "x"}, {"by": "x"}, {"since": "x"}, {"after": "x"}, {"who": "\x00"}):
        assert auditor.get(PAGE, **wrong).status_code == 422


def test_a_chain_is_verified_while_one_waits(home: House, desk: Sit) -> None:
    session_id, other = home.opened(), home.opened(auction_id="a-2", buyer_id="b-2")
    auditor, verify = desk("auditor"), f"{PAGE}/verify"
    assert "in the 3 newest chains." in auditor.get(verify).text
    assert "none changed, none missing" in auditor.get(verify, chain=str(other)).text
    tamper(home, "UPDATE audit_entries SET actor = 'x' WHERE session_id = %s AND seq = 1", session_id)
    broken = f"The audit chain of payment {session_id} is broken at entry 1 (payment_required)"
    assert broken in auditor.get(verify).text
    assert broken in auditor.get(verify, chain=str(session_id)).text
    assert "There is no such chain." in auditor.get(verify, chain="01a1fccd-fd64-7095-8f01-f35892ca4a04").text


def test_entries_are_taken_away_as_files_that_compute_nothing_and_that_is_on_record(home: House, desk: Sit) -> None:
    session_id = home.opened()
    home.app.extend_window(session_id, timedelta(hours=1), "=HYPERLINK(1)", "admin:tomas")
    auditor = desk("auditor", "ada")
    every = str(len(home.actions(session_id)))
    assert f"Export {every} entries as JSON lines" in auditor.get(EXPORT, chain=str(session_id), format="jsonl").text
    assert "nothing to export" in auditor.get(EXPORT, who="nobody").text
    answer = auditor.act(EXPORT, "Year end.", format="csv", chain=str(session_id))
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == len(home.actions(session_id))
    assert rows[0]["reason"] == "'=HYPERLINK(1)"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell]
    lines = auditor.act(EXPORT, "Asked by the assessor.", format="jsonl", who="admin:tomas").text.splitlines()
    (entry,) = map(orjson.loads, lines)
    assert (entry["action"], entry["data"]["reason"]) == ("window_extended", "=HYPERLINK(1)")
    taken = home.app.database.rows("SELECT actor, data FROM security_events ORDER BY audit_seq")
    assert taken == [
        ("auditor:ada", {"form": "csv", "reason": "Year end.", "asked": {"chain": str(session_id)}}),
        ("auditor:ada", {"form": "jsonl", "reason": "Asked by the assessor.", "asked": {"actor": "admin:tomas"}}),
    ]
    assert auditor.get(EXPORT, format="exe").status_code == 422
    assert auditor.post(EXPORT, {"csrf": "x", "reason": "x"}).status_code == 403


def test_no_entry_leaves_without_a_reason_nor_with_support(home: House, desk: Sit) -> None:
    home.app.terminate_window(home.opened(), "The maker withdrew it.", "admin:ann")
    assert desk("auditor").act(EXPORT, reason=" ").status_code == 422
    support = desk("support")
    assert "Export: ask an admin" in support.get(PAGE).text
    refused = support.get(EXPORT)
    assert (refused.status_code, "Support cannot export the audit trail" in refused.text) == (403, True)
    form = desk("auditor").form(EXPORT) | {"csrf": _csrf(support), "reason": "Curious."}
    assert support.post(EXPORT, form).status_code == 403
    assert home.app.database.rows("SELECT 1 FROM security_events WHERE kind = 'audit_exported'") == []


def _csrf(somebody: Desk) -> str:
    return somebody.get(PAGE).text.split('name="csrf" value="')[1].split('"')[0]
