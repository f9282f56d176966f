r"""A stand-in for Stripe at API version 2026-10-28.endive: stateful, strict, reached by the real SDK over HTTP.

It takes what Stripe takes, refuses what Stripe refuses in the same words, and makes objects with every field of the
SDK's classes. It imports nothing of the house, and not the SDK: accepted parameters and fields are data under
`schema/`, taken from the SDK's source by `tests/sandbox/stripe/sdk_schema.py` and compared with it by a test.

Run it as a process
-------------------
::

    python -m sandbox.stripe --port 12111 --webhook-url http://127.0.0.1:8001/payments/webhooks/stripe \
        --webhook-secret whsec_… --data-file .gavelpay/stripe.jsonl

`--help` lists the rest. It prints its address when it can be reached, and stops on SIGTERM with exit code 0. With a
data file, everything survives a restart and a `kill -9`: objects, keys, timers, deliveries under way, the moved
clock. Pages: `/` recent checkouts, `/c/pay/cs_…` the hosted checkout, `/sandbox/3ds/pi_…` the step of a payment
intent.

Use it in a test
----------------
::

    from sandbox.stripe.server import running_sandbox

    with running_sandbox(webhook_url=url, webhook_secret="whsec_test", seed=1) as sandbox:
        client = stripe.StripeClient(sandbox.secret_key, base_addresses={"api": sandbox.url}, max_network_retries=0)
        session = client.v1.checkout.sessions.create({...})
        sandbox.pay(session.id)                          # or with "declined", "3ds", "4000000000009995", "bank_debit"
        sandbox.advance(3600)                            # moves Stripe's clock, fires what is due
        sandbox.fault("lost_after", "checkout.sessions.create", count=1)
        sandbox.books()["totals"]["usd"]["kept"]         # what Stripe holds of the buyers' money, in minor units

`settings=Settings(capture_delay=0, webhook_retries=(0.05,) * 20, limits=RateLimits(total=25))` changes how it
behaves, `clock=` gives it another clock. The core of a running sandbox is shared with its server: to change something
that has no method, write `with sandbox.host.using() as core:`.

Drive it without a socket
-------------------------
::

    core = StripeCore(clock, random.Random(seed), Settings(), faults=[Fault("webhook_repeat", probability=0.1)])
    response = core.handle(Request.of("POST", "/v1/refunds", "charge=ch_…", {"authorization": "Bearer sk_test_…"}))
    core.pay(session_id, "visa")
    for delivery in core.take_deliveries():              # signed and due; POST `body` with `headers` to `url`
        core.report_delivery(delivery.id, 200)           # None: no answer; anything but 2xx is tried again
    core.next_due()                                      # when a timer or a webhook comes next

One thread, no clock but the one given, all chance from the seed: the same calls give the same bytes. `response.lost`
says that the caller must not hear anything. `core.begin` and `core.finish` are the halves of `handle`, for time in
between.

Control it over HTTP
--------------------
JSON under `/sandbox`, which lists all commands: `POST /sandbox/checkouts/{id}/pay {"card": "3ds"}` and
`/authenticate`, `/settle` (also for `payment_intents`), `POST /sandbox/clock {"advance": 60}`, `POST /sandbox/faults
{"kind": …}` (kinds in `faults.Fault`), `DELETE /sandbox/faults`, `POST /sandbox/limits {"total": 25, "per_endpoint":
25}`, `POST /sandbox/charges/{id}/dispute` and `/warn`, `POST /sandbox/disputes/{id}/close {"won": true}`, `POST
/sandbox/reviews/{id}/close`, `POST /sandbox/refunds/{id}/fail`, `POST /sandbox/events/{id}/resend`, `POST
/sandbox/webhook_endpoints/{id}/roll`, `GET /sandbox/deliveries`, `GET /sandbox/books`, `POST /sandbox/reset`.

Where things are
----------------
`wire` requests and responses · `api` the front desk (keys, limits, faults, idempotency) · `routes`, `endpoints/` the
operations · `acts/` what happens to money · `objects/` what Stripe's objects look like · `events`, `webhooks` who
hears of it · `timers` what happens by itself · `cards` the test cards · `faults` misbehavior · `books` what was taken
· `store`, `journal` memory · `host`, `app`, `courier`, `pages`, `control`, `server` the shell around it.

What it leaves out
------------------
Subscriptions, setup mode, saved cards, taxes, shipping, discounts, payouts, data of connected accounts
(`Stripe-Account`), live mode, and API versions other than its own are refused, not guessed. Stripe's fee is always
2.9 % + 30 minor units.
"""
