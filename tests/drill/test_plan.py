"""Which faults come when."""

from itertools import islice

from proof.drill.kinds import LASTS, RULES, VICTIMS, Kind
from proof.drill.plan import plan_faults, seconds_of_round
from sandbox.stripe.faults import Fault as SandboxFault


def test_one_seed_gives_one_plan() -> None:
    assert list(islice(plan_faults(7, list(Kind)), 100)) == list(islice(plan_faults(7, list(Kind)), 100))
    assert list(islice(plan_faults(7, list(Kind)), 100)) != list(islice(plan_faults(8, list(Kind)), 100))


def test_each_round_has_one_of_each_kind_in_an_order_of_its_own() -> None:
    plan = plan_faults(1, list(Kind))
    first, second = ([fault.kind for fault in islice(plan, len(Kind))] for _ in range(2))
    assert sorted(first) == sorted(second) == sorted(Kind)
    assert first != second


def test_faults_are_numbered_and_last_as_their_kind_does() -> None:
    faults = list(islice(plan_faults(3, list(Kind)), 60))
    assert [fault.number for fault in faults] == list(range(1, 61))
    assert all(fault.lasts == LASTS.get(fault.kind, 0.0) for fault in faults)
    assert all(fault.peace > 0 for fault in faults)


def test_a_kill_has_its_victim_and_a_random_one_has_some() -> None:
    for fault in islice(plan_faults(5, [Kind.WORKER, Kind.API, Kind.RANDOM, Kind.REDIS_CUT]), 80):
        if fault.kind is Kind.RANDOM:
            assert fault.victims
            assert set(fault.victims) <= set(VICTIMS.values())
            assert len(set(fault.victims)) == len(fault.victims)
        else:
            assert fault.victims == ((VICTIMS[fault.kind],) if fault.kind in VICTIMS else ())


def test_a_round_of_everything_is_longer_than_all_that_lasts_in_it() -> None:
    assert seconds_of_round(list(Kind)) > sum(LASTS.values())
    assert seconds_of_round([Kind.WORKER]) > 0


def test_the_sandbox_knows_every_rule_of_stripes_faults() -> None:
    for kind, rules in RULES.items():
        assert kind in LASTS
        for rule in rules:
            assert SandboxFault(**rule.document()).kind == rule.kind  # type: ignore[arg-type]


def test_only_stripes_faults_strike_stripe() -> None:
    for fault in islice(plan_faults(1, list(Kind)), len(Kind)):
        assert fault.strikes_stripe == fault.kind.startswith(("stripe-", "webhooks-"))
