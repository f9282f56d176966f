"""Deliveries of events: which are due, signed as Stripe signs, and what became of them. The caller does the sending."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from sandbox.stripe.wire import Obj, encode
from sandbox.stripe.world import World

#: A rolled secret stays valid beside the new one for a day.
ROLL_OVERLAP: Final = 86_400
OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try at handing an event to an endpoint. POST `body` with `headers` to `url`, then report the answer."""

    id: str
    event_id: str
    event_type: str
    url: str
    headers: dict[str, str]
    body: bytes
    attempt: int


def signature(secrets: list[str], timestamp: int, body: bytes) -> str:
    """The `Stripe-Signature` header: one `v1` for each active secret."""
    signed = b"%d." % timestamp + body
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={mark}" for mark in marks)])


def take_due(world: World, limit: int) -> list[Delivery]:
    """Up to `limit` deliveries whose time has come. Each counts as under way until it is reported."""
    taken: list[Delivery] = []
    if limit < 1:
        return taken
    for delivery in world.due_mail(world.time()):
        endpoint = world.store.find("webhook_endpoint", delivery["endpoint"])
        event = world.store.get("event", delivery["event"])
        if endpoint is None:
            delivery["status"] = "dropped"
            world.store.save(delivery)
            continue
        delivery["attempts"] += 1
        world.under_way.add(delivery["id"])
        world.store.save(delivery)
        if world.faults.strike("webhook_lost", event["type"]):
            report(world, delivery["id"], None)
            continue
        taken.append(_prepare(world, delivery, event, endpoint))
        if len(taken) >= limit:
            break
    return taken


def _prepare(world: World, delivery: Obj, event: Obj, endpoint: Obj) -> Delivery:
    body = encode(event)
    # Signed by the clock as it was given: the receiver has not moved its own, and refuses signatures of the future.
    signed_at = int(world.clock().timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(active_secrets(world, endpoint["id"]), signed_at, body),
    }
    return Delivery(delivery["id"], event["id"], event["type"], endpoint["url"], headers, body, delivery["attempts"])


def report(world: World, delivery_id: str, status: int | None) -> None:
    """Tell what an endpoint answered (None: nothing). Anything but 2xx is a failure, and tried again for a while."""
    delivery = world.store.find("sandbox.delivery", delivery_id)
    if delivery is None or delivery_id not in world.under_way:
        return
    world.under_way.discard(delivery_id)
    delivery["answer"] = status
    tries = delivery["attempts"]
    if status is not None and status in OK:
        delivery["status"] = "succeeded"
        _count_down(world, delivery)
    elif tries > len(world.settings.webhook_retries):
        delivery["status"] = "failed"
    else:
        delivery["due"] = world.time() + world.settings.webhook_retries[tries - 1]
        world.post(delivery)
    world.store.save(delivery)


def address(world: World, event_id: str, endpoint_id: str, due: float, *, dropped: bool = False) -> None:
    """Queue one delivery of an event to an endpoint."""
    delivery = {
        "id": world.new_id("dlv"),
        "object": "sandbox.delivery",
        "event": event_id,
        "endpoint": endpoint_id,
        "attempts": 0,
        "status": "dropped" if dropped else "pending",
        "due": due,
        "answer": None,
    }
    world.store.save(delivery)
    if not dropped:
        world.post(delivery)


def resend(world: World, event_id: str) -> int:
    """Send an event once more, now, to every endpoint that it was meant for; returns to how many."""
    known = world.store.where("sandbox.delivery", "event", event_id)
    endpoints = dict.fromkeys(one["endpoint"] for one in known)
    for endpoint_id in endpoints:
        address(world, event_id, endpoint_id, world.time())
    return len(endpoints)


def _count_down(world: World, delivery: Obj) -> None:
    """One endpoint fewer is waiting; what it hears again changes nothing."""
    known = world.store.where("sandbox.delivery", "event", delivery["event"])
    if sum(1 for one in known if one["endpoint"] == delivery["endpoint"] and one["status"] == "succeeded") == 1:
        # Not written down: `World.restore` counts again.
        world.store.get("event", delivery["event"])["pending_webhooks"] -= 1


def active_secrets(world: World, endpoint_id: str) -> list[str]:
    """The secrets that sign now, newest first."""
    secrets = world.store.note(endpoint_id).get("secrets", [])
    return [one["secret"] for one in secrets if one["until"] is None or one["until"] > world.time()]


def give_secret(world: World, endpoint_id: str, secret: str | None = None, *, overlap: float = 0) -> str:
    """Give an endpoint a new secret; the former ones go on signing for `overlap` seconds."""
    chosen = secret or world.new_id("whsec")
    note = world.store.note(endpoint_id)
    until = world.time() + overlap
    kept = [{**one, "until": min(one["until"] or until, until)} for one in note.get("secrets", []) if overlap > 0]
    note["secrets"] = [{"secret": chosen, "until": None}, *kept]
    world.store.save(note)
    return chosen
