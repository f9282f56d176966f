"""What a drill comes to."""

import pytest

from proof.drill.kinds import PATIENCE, Kind
from proof.drill.plan import Fault
from proof.drill.verdict import Losses, Struck, complaints, rows

NOTHING = Losses(frozenset(), frozenset(), frozenset(), ())
SOLD = frozenset({"a", "b", "c"})


def struck(
    kind: Kind, recovery: float | None, *under_way: str, number: int = 1, takeover: float | None = None
) -> Struck:
    return Struck(Fault(number, kind, 1.0, 0.0), frozenset(under_way), recovery, takeover)


def test_there_is_a_row_for_each_kind_that_was_done_and_one_for_all() -> None:
    done = [struck(Kind.WORKER, 3.0, "a"), struck(Kind.REDIS_CUT, 1.0, "b"), struck(Kind.WORKER, 5.0, "a", "c")]
    worker, cut, everything = rows(done, NOTHING, SOLD)
    assert (worker.kind, worker.faults, worker.payments, worker.worst, worker.promised) == ("kill-worker", 2, 2, 5, 10)
    assert (cut.kind, cut.faults, cut.payments, cut.worst, cut.promised) == ("redis-cut", 1, 1, 1.0, None)
    assert (everything.kind, everything.faults, everything.payments, everything.worst) == ("all", 3, 3, 5.0)


def test_zeros_in_time_leave_nothing_to_complain_of() -> None:
    done = [
        struck(Kind.WORKER, 10.0, takeover=9.0),
        struck(Kind.REDIS_EMPTIED, 15.0),
        struck(Kind.POSTGRES_CUT, PATIENCE),
    ]
    assert list(complaints(rows(done, NOTHING, SOLD), NOTHING)) == []


@pytest.mark.parametrize(
    ("kind", "recovery", "words"),
    [
        (Kind.WORKER, 10.1, "kill-worker took 10.1 s; at most 10 s"),
        (Kind.REDIS_EMPTIED, 15.1, "redis-emptied took 15.1 s; at most 15 s"),
        (Kind.API, None, "kill-api had not ended after 60 s"),
    ],
)
def test_a_recovery_that_is_late_is_told(kind: Kind, recovery: float | None, words: str) -> None:
    done = [struck(kind, recovery, takeover=1.0), struck(Kind.INGEST, 1.0)]
    (told,) = complaints(rows(done, NOTHING, SOLD), NOTHING)
    assert words in told


def test_a_takeover_that_is_late_is_told_also_where_everything_else_died_too() -> None:
    done = [struck(Kind.RANDOM, 40.0, takeover=10.1), struck(Kind.RANDOM, 3.0), struck(Kind.WORKER, 9.0, takeover=9.0)]
    table = rows(done, NOTHING, SOLD)
    assert [row.worst_takeover for row in table] == [9.0, 10.1, 10.1]
    assert list(complaints(table, NOTHING)) == ["Takeover after kill-random took 10.1 s; at most 10 s are promised."]


def test_one_that_never_recovered_outweighs_all_that_did() -> None:
    done = [struck(Kind.WORKER, None), struck(Kind.WORKER, 2.0)]
    assert rows(done, NOTHING, SOLD)[0].worst is None


def test_losses_stand_beside_the_faults_that_their_payments_met_and_are_told_once() -> None:
    losses = Losses(frozenset({"a"}), frozenset({"b"}), frozenset({""}), ("Stripe took 5 USD.",))
    done = [struck(Kind.WORKER, 1.0, "a", "c", takeover=1.0), struck(Kind.API, 1.0, "a", "b")]
    worker, api, everything = table = rows(done, losses, SOLD)
    assert (worker.lost, worker.charged_twice, worker.receipts) == (1, 0, 0)
    assert (api.lost, api.charged_twice, api.receipts) == (1, 1, 0)
    assert (everything.lost, everything.charged_twice, everything.receipts) == (1, 1, 1)
    assert list(complaints(table, losses)) == [
        "Stripe took 5 USD.",
        "Lost: 1, and it must be 0.",
        "Charged twice: 1, and it must be 0.",
        "Receipts missing or repeated: 1, and it must be 0.",
    ]


def test_a_row_as_a_document_says_all_of_it() -> None:
    (row, _) = rows([struck(Kind.WORKER, 3.14159, "a")], NOTHING, SOLD)
    assert row.document() == {
        "fault": "kill-worker",
        "times": 1,
        "paymentsUnderWay": 1,
        "lost": 0,
        "chargedTwice": 0,
        "receiptsMissingOrRepeated": 0,
        "worstRecoverySeconds": 3.14,
        "worstTakeoverSeconds": None,
        "promisedSeconds": 10.0,
    }


def test_a_takeover_after_all_workers_were_killed_must_have_been_measured() -> None:
    idle = [struck(Kind.WORKER, 3.0), struck(Kind.API, 1.0)]

    (told,) = complaints(rows(idle, NOTHING, frozenset()), NOTHING)

    assert told == "Takeover after kill-worker was not measured: each time nothing was in hand."
    assert not list(complaints(rows([*idle, struck(Kind.WORKER, 3.0, takeover=2.0)], NOTHING, frozenset()), NOTHING))
