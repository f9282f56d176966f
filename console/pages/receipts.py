"""The receipt behind a buyer's link."""

from console.pages.paid import ShownReceipt
from domain.ids import SessionId
from runtime.app import App


def receipt_of(_app: App, _session_id: SessionId) -> ShownReceipt | None:
    """The receipt of a payment, as far as it is issued."""
    return None
