"""Examples do what their pages say: the producers in Node, and the policy of a house that there is not."""

import json
import shutil
import subprocess
from datetime import timedelta
from typing import Any

import pytest

from domain import policies
from domain.errors import OfferRefused
from domain.messages import read_payment_required
from domain.money import Money
from gateways.queue.received import receive
from tests.docs.reading import DOCS, Page
from tests.gateways.queue.guide import block

PAYMENT = {"auction_id": "lot-1", "buyer_id": "buyer-1", "maker_id": "maker-1", "amount": "275.50", "currency": "USD"}


def run(script: str) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_the_node_producer_sends_the_two_commands() -> None:
    client = """
    const sent = [], chain = { hSet: (...w) => (sent.push(w), chain), rPush: (...w) => (sent.push(w), chain),
                               exec: async () => sent };
    """
    call = (
        f"requirePayment({{ multi: () => chain }}, {json.dumps(PAYMENT)}).then(() => console.log(JSON.stringify(sent)))"
    )
    (key, field, body), pushed = run(f"{client}{block('node')}{call}")
    assert (key, pushed) == ("dramatiq:payment_required.msgs", ["dramatiq:payment_required", field])
    received = receive(body.encode(), "payment_required", field, {"payment_required"})
    assert received.envelope.problem is None
    assert read_payment_required(received.envelope.kwargs).amount.minor == 27550


def test_the_node_client_of_the_api_asks_and_tells_what_it_was_told() -> None:
    fetch = """
    const asked = [];
    globalThis.fetch = async (url, options) => (asked.push([url, options]),
      { ok: asked.length === 1, json: async () => asked.length === 1
        ? { paymentSession: { id: "7" } } : { code: "conflicting_request", detail: "No." } });
    """
    call = """
    (async () => {
      const session = await createCheckout("https://pay.example", "t", { amount: 275.5 });
      const error = await createCheckout("https://pay.example", "t", {}).catch((e) => e.message);
      console.log(JSON.stringify([session, error, asked[0]]));
    })();
    """
    session, error, (url, options) = run(f"{fetch}{block('fetch')}{call}")
    assert (session, error) == ({"id": "7"}, "conflicting_request: No.")
    assert (url, options["method"]) == ("https://pay.example/payments/checkout/create", "POST")
    assert options["headers"]["Authorization"] == "Bearer t"


def test_the_policy_of_the_guide_is_one() -> None:
    path = DOCS / "how-to" / "add-a-policy.md"
    given: dict[str, Any] = vars(policies) | {"timedelta": timedelta}
    exec(compile(next(Page(path, path.read_text()).blocks("python")), str(path), "exec"), given)  # noqa: S102 - our own
    policy = given["salon"](window=timedelta(days=2), max_extension=timedelta(days=1))
    policy.admit(Money("EUR", 27550))
    with pytest.raises(OfferRefused):
        policy.admit(Money("USD", 27550))
