"""A Checkout Session's life: opened, tried, completed, expired."""

from sandbox.stripe.acts import payments
from sandbox.stripe.events import emit
from sandbox.stripe.objects.payment_intent import payment_intent
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import NOBODY, World

#: A recovered cart may be opened for thirty days.
RECOVERY_TIME = 30 * 86_400


def opened(world: World, session: Obj, items: list[Obj], intent_data: Obj) -> None:
    """Keep a new session, and expire it when its time comes."""
    timer = world.after(session["expires_at"] - world.time(), "expire", session["id"])
    world.store.save({**world.store.note(session["id"]), "items": items, "intent": intent_data, "timer": timer})
    world.store.save(session)


def intent_of(world: World, session: Obj) -> Obj:
    """The session's payment intent; made now if this is the first time that the buyer confirms."""
    if (known := world.store.find("payment_intent", session["payment_intent"])) is not None:
        return known
    data = world.store.note(session["id"])["intent"]
    inherited = {
        "customer": session["customer"],
        "payment_method_options": session["payment_method_options"],
        "allowed_payment_method_types": session["allowed_payment_method_types"],
        "excluded_payment_method_types": session["excluded_payment_method_types"],
    }
    made = payment_intent(world, session["amount_total"], session["currency"], {**inherited, **data})
    made["payment_method_configuration_details"] = session["payment_method_configuration_details"]
    world.store.save({**world.store.note(made["id"]), "checkout": session["id"]})
    world.store.save(made)
    session["payment_intent"] = made["id"]
    world.store.save(session)
    emit(world, "payment_intent.created", made)
    return made


def session_of(world: World, intent: Obj) -> Obj | None:
    """The session that made an intent, if one did."""
    return world.store.find("checkout.session", world.store.note(intent["id"]).get("checkout"))


def try_to_pay(world: World, session: Obj, pm: Obj) -> Obj:
    """The buyer presses the button. Returns the intent; a decline leaves the session open."""
    intent = intent_of(world, session)
    details = session["customer_details"] or blank("checkout.session.customer_details")
    details.update(
        address=pm["billing_details"]["address"],
        email=session["customer_email"] or pm["billing_details"]["email"],
        name=pm["billing_details"]["name"],
        tax_exempt="none",
        tax_ids=[],
    )
    session["customer_details"] = details
    world.store.save(session)
    payments.confirm(world, intent, pm)
    follow(world, intent)
    return intent


def follow(world: World, intent: Obj) -> None:
    """Bring the session, if the intent has one, to where its intent is."""
    session = session_of(world, intent)
    if session is None:
        return
    if session["status"] == "open" and intent["status"] in {"succeeded", "processing", "requires_capture"}:
        paid = intent["status"] == "succeeded"
        _close(world, session, "complete")
        session["payment_status"] = "paid" if paid else "unpaid"
        world.store.save(session)
        emit(world, "checkout.session.completed", session, cause=NOBODY)
    elif session["status"] == "complete" and session["payment_status"] == "unpaid":
        _settled(world, session, intent)


def _settled(world: World, session: Obj, intent: Obj) -> None:
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        world.store.save(session)
        emit(world, "checkout.session.async_payment_succeeded", session, cause=NOBODY)
    elif intent["status"] == "requires_payment_method":
        emit(world, "checkout.session.async_payment_failed", session, cause=NOBODY)


def captured(world: World, intent: Obj) -> None:
    """Money that was held has been taken: the session is paid, and Stripe makes no event of it."""
    session = session_of(world, intent)
    if session is not None:
        session["payment_status"] = "paid"
        world.store.save(session)


def expire(world: World, session: Obj) -> None:
    """Close an open session for good; an unfinished payment intent goes with it."""
    _close(world, session, "expired")
    recovery = (session["after_expiration"] or {}).get("recovery")
    if recovery and recovery["enabled"]:
        recovery["expires_at"] = world.now + RECOVERY_TIME
        recovery["url"] = f"{world.settings.public_url}/r/{session['id']}"
    world.store.save(session)
    intent = world.store.find("payment_intent", session["payment_intent"])
    if intent is not None and intent["status"] in {
        "requires_payment_method",
        "requires_action",
        "requires_confirmation",
    }:
        cancel_intent(world, intent, "expired")
    emit(world, "checkout.session.expired", session)


def recover(world: World, session: Obj) -> Obj | None:
    """The buyer comes back by the recovery link of an expired session: a new one for the same things, or None."""
    recovery = (session["after_expiration"] or {}).get("recovery") or {}
    if not recovery.get("url") or recovery["expires_at"] <= world.now:
        return None
    note = world.store.note(session["id"])
    made = {
        **session,
        "id": world.new_id("cs"),
        "after_expiration": None,
        "created": world.now,
        "expires_at": world.now + 86_400,
        "payment_intent": None,
        "recovered_from": session["id"],
        "status": "open",
    }
    made["url"] = f"{world.settings.public_url}/c/pay/{made['id']}"
    opened(world, made, note["items"], note["intent"])
    return made


def cancel_intent(world: World, intent: Obj, reason: str | None) -> None:
    """Cancel an intent; the caller has checked that it may be."""
    intent.update(
        status="canceled",
        canceled_at=world.now,
        cancellation_reason=reason,
        next_action=None,
        amount_capturable=0,
    )
    world.store.save(intent)
    emit(world, "payment_intent.canceled", intent)


def _close(world: World, session: Obj, status: str) -> None:
    world.disarm(world.store.note(session["id"])["timer"])
    session.update(status=status, url=None, client_secret=None)
