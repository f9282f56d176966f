"""`/v1/disputes`, `/v1/reviews`, `/v1/radar/early_fraud_warnings`."""

from sandbox.stripe.acts import aftermath
from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.checkout_sessions import merged
from sandbox.stripe.endpoints.lists import page
from sandbox.stripe.errors import refused
from sandbox.stripe.events import emit
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def update_dispute(world: World, call: Call) -> Obj:
    """Hand in evidence; with `submit` (the default) the bank begins to look at it."""
    dispute, params = named(world, "dispute", call.id, "dispute"), call.params
    if dispute["status"] not in {"needs_response", "warning_needs_response"}:
        raise refused("This dispute is already closed or under review.", param="dispute")
    before: Obj = {}
    if "metadata" in params:
        before["metadata"] = dispute["metadata"]
        dispute["metadata"] = merged(dispute["metadata"], params["metadata"])
    if evidence := params.get("evidence"):
        before["evidence"] = dict(dispute["evidence"])
        dispute["evidence"].update({name: value or None for name, value in evidence.items()})
        details = dispute["evidence_details"]
        details["has_evidence"] = True
        if params.get("submit", True):
            before["status"] = dispute["status"]
            details.update(submission_count=details["submission_count"] + 1, submission_method="manual")
            dispute["status"] = "under_review"
    world.store.save(dispute)
    emit(world, "charge.dispute.updated", dispute, before=before)
    return dispute


def close_dispute(world: World, call: Call) -> Obj:
    """Accept a dispute as lost."""
    dispute = named(world, "dispute", call.id, "dispute")
    if dispute["status"] in {"won", "lost"}:
        raise refused("This dispute is already closed.", param="dispute")
    return aftermath.close_dispute(world, dispute, won=False)


def list_reviews(world: World, call: Call) -> Obj:
    """Open reviews."""
    return page(world, "review", call, lambda row: row["open"])


def approve_review(world: World, call: Call) -> Obj:
    """Close a review: the payment is good."""
    review = named(world, "review", call.id, "review")
    if not review["open"]:
        raise refused("This review is already closed.", param="review")
    aftermath.close_review(world, named(world, "charge", review["charge"]), "approved")
    return review
