"""A status worked out once for all who ask, and told to each as far as they may know it."""

import orjson
import pytest

from console.api import views
from console.exact_json import write
from console.live.snapshot import Snapshot
from domain.payment import Payment
from domain.telling import Audience
from tests.domain.payments import NOW, a_payment, after, paid, terms, told


@pytest.mark.parametrize(
    "payment",
    [a_payment(), told(a_payment(), [paid(after(1))]), a_payment(reason="stolen_card"), a_payment(reason="terminated")],
)
def test_one_snapshot_tells_each_what_they_would_be_told_alone(payment: Payment) -> None:
    policy = terms().policies["standard"]
    kept = Snapshot.of(payment, policy, NOW).kept()
    again = Snapshot.read(payment.session.id, kept)
    assert again is not None
    for to in Audience:
        alone = write(views.state(payment, policy, NOW, to).document())
        assert orjson.loads(again.for_api(NOW, to)) == orjson.loads(alone)
