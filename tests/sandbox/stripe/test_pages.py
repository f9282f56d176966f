"""What a buyer's browser sees."""

from collections.abc import Iterator

import httpx
import pytest
import stripe

from sandbox.stripe.server import RunningSandbox, running_sandbox
from sandbox.stripe.settings import Settings
from tests.sandbox.stripe.conftest import checkout


@pytest.fixture
def browser(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as opened:
        yield opened


def test_the_mailbox_is_found_at_the_sandbox(browser: httpx.Client) -> None:
    assert browser.get("/mailbox").status_code == 404
    with running_sandbox(settings=Settings(mailbox_url="http://127.0.0.1:8007")) as sandbox:
        for method, path in (("GET", "/mailbox"), ("GET", "/mailbox.json?after=1"), ("POST", "/mailbox/clear")):
            answer = httpx.request(method, f"{sandbox.url}{path}", trust_env=False)
            assert (answer.status_code, answer.headers["location"]) == (307, f"http://127.0.0.1:8007{path}")


def opened_page(client: stripe.StripeClient, **changes: object) -> tuple[str, str]:
    session = client.v1.checkout.sessions.create(checkout(**changes))
    assert session.url is not None
    return session.id, session.url


def test_the_page_escapes_what_the_merchant_wrote_and_links_back(
    client: stripe.StripeClient, browser: httpx.Client
) -> None:
    params = checkout(customer_email="a@x.example")
    params["line_items"][0]["price_data"]["product_data"]["name"] = "<b>Lamp</b>"
    params["line_items"][0]["quantity"] = 2
    session = client.v1.checkout.sessions.create(params)
    page = browser.get(f"/c/pay/{session.id}").text
    assert "&lt;b&gt;Lamp&lt;/b&gt;" in page
    assert "\N{MULTIPLICATION SIGN} 2" in page
    assert 'href="https://shop.example/cancel"' in page
    assert 'value="a@x.example" readonly' in page
    assert "<script" not in page


def test_a_page_offers_only_what_the_session_allows(client: stripe.StripeClient, browser: httpx.Client) -> None:
    _, both = opened_page(client)
    _, card = opened_page(client, excluded_payment_method_types=["us_bank_account"])
    assert "Bank debit" in browser.get(both).text
    assert "Bank debit" not in browser.get(card).text


def test_the_three_d_secure_step_is_a_page_that_can_be_failed_and_passed(
    client: stripe.StripeClient, browser: httpx.Client
) -> None:
    session_id, url = opened_page(client)
    sent = browser.post(url, data={"card": "4000002500003155"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/c/pay/{session_id}")
    assert "Your bank asks" in browser.get(url).text
    failed = browser.post(f"{url}/authenticate", data={"answer": "fail"})
    assert failed.status_code == 402
    assert "unable to authenticate" in failed.text
    browser.post(url, data={"card": "4000002500003155"})
    passed = browser.post(f"{url}/authenticate", data={"answer": "complete"})
    assert passed.headers["location"].startswith("https://shop.example/thanks?session=cs_test_")
    late = browser.post(f"{url}/authenticate", data={"answer": "complete"})
    assert "complete" in late.text


def test_an_expired_page_says_so_and_takes_nothing(
    client: stripe.StripeClient, browser: httpx.Client, sandbox: RunningSandbox
) -> None:
    _, url = opened_page(client)
    sandbox.advance(90_000)
    assert "has expired" in browser.get(url).text
    assert "has expired" in browser.post(url, data={"card": "4242424242424242"}).text
    assert sandbox.books()["charges"] == []


def test_an_expired_checkout_can_be_recovered_where_the_merchant_allowed_it(
    client: stripe.StripeClient, browser: httpx.Client, sandbox: RunningSandbox
) -> None:
    session_id, _ = opened_page(client, after_expiration={"recovery": {"enabled": True}}, metadata={"a": "b"})
    assert browser.get(f"/r/{session_id}").status_code == 404
    expired = client.v1.checkout.sessions.expire(session_id)
    assert expired.after_expiration is not None
    assert expired.after_expiration.recovery is not None
    link = expired.after_expiration.recovery.url
    assert link is not None
    sent = browser.get(link)
    fresh = client.v1.checkout.sessions.retrieve(sent.headers["location"].rpartition("/")[2])
    assert (fresh.recovered_from, fresh.status, fresh.amount_total) == (session_id, "open", 2500)
    assert fresh.metadata is not None
    assert fresh.metadata.to_dict() == {"a": "b"}
    assert sandbox.pay(fresh.id) == "paid"
    sandbox.advance(31 * 86_400)
    assert browser.get(link).status_code == 404
    assert browser.get("/r/cs_x").status_code == 404
    assert browser.get("/healthz").text == "ok"


def test_a_number_that_is_no_card_is_answered_on_the_page(client: stripe.StripeClient, browser: httpx.Client) -> None:
    _, url = opened_page(client)
    answer = browser.post(url, data={"card": "1234"})
    assert answer.status_code == 402
    assert "card number is invalid" in answer.text


def test_an_intents_step_sends_the_buyer_back_to_the_merchant(
    client: stripe.StripeClient, browser: httpx.Client
) -> None:
    back = "https://shop.example/pay?x=1"
    for answer, status in (("fail", "failed"), ("complete", "succeeded")):
        made = client.v1.payment_intents.create(
            {"amount": 900, "currency": "usd", "confirm": True, "payment_method": "pm_card_authenticationRequired",
             "return_url": back}
        )  # fmt: skip
        assert made.next_action is not None
        assert made.next_action.redirect_to_url is not None
        url = made.next_action.redirect_to_url.url
        assert url is not None
        assert "Your bank asks" in browser.get(url).text
        sent = browser.post(url, data={"answer": answer})
        expected = f"{back}&payment_intent={made.id}&payment_intent_client_secret={made.client_secret}"
        assert sent.headers["location"] == f"{expected}&redirect_status={status}"
        assert "waits for no proof" in browser.get(url).text
        assert browser.post(url, data={"answer": answer}).status_code == 404
        assert browser.get(url.replace("client_secret=", "client_secret=x")).status_code == 404


def test_an_intent_without_a_way_back_ends_on_a_page(
    client: stripe.StripeClient, browser: httpx.Client, sandbox: RunningSandbox
) -> None:
    made = client.v1.payment_intents.create({"amount": 900, "currency": "usd"})
    assert sandbox.pay(made.id, "3ds") == "requires_action"
    step = f"/sandbox/3ds/{made.id}?client_secret={made.client_secret}"
    assert "The payment is paid" in browser.post(step, data={"answer": "complete"}).text


def test_receipts_and_recent_checkouts_can_be_looked_at(
    client: stripe.StripeClient, browser: httpx.Client, sandbox: RunningSandbox
) -> None:
    assert "None yet" in browser.get("/").text
    session_id, _ = opened_page(client)
    sandbox.pay(session_id)
    landing = browser.get("/").text
    assert "A brass lamp" in landing
    assert "complete" in landing
    charge = client.v1.charges.list().data[0]
    assert charge.receipt_url is not None
    assert "$25.00 USD" in browser.get(charge.receipt_url).text
    for path in ("/c/pay/cs_x", "/sandbox/receipts/ch_x", "/sandbox/3ds/pi_x"):
        assert browser.get(path).status_code == 404
