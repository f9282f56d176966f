"""Where a buyer comes back to: links to the buyer's page that nobody can guess, and that need no storage."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from uuid import UUID

from domain.ids import SessionId

#: What the links' key is derived for.
PURPOSE: Final = b"buyers' pages"
_SIGNATURE: Final = 16


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Links to the buyer's page.

    Args:
        base_url: where buyers reach the `api` process, without a slash at the end.
        key: of these links alone, so that nothing else that we sign or hash is a link; see `PURPOSE`.
        return_url, cancel_url: the house's own pages, where it has them.
    """

    base_url: str
    key: bytes = field(repr=False)
    return_url: str | None = None
    cancel_url: str | None = None

    def page(self, session_id: SessionId) -> str:
        """The buyer's page of a payment."""
        return f"{self.base_url}/pay/{self.token(session_id)}"

    def paper(self, session_id: SessionId, number: str) -> str:
        """A receipt or credit note of a payment: a link that leads to a fresh one of the storage's."""
        return f"{self.page(session_id)}/receipt?number={quote(number)}"

    def after_payment(self, session_id: SessionId) -> str:
        """Where Stripe sends a buyer who has paid."""
        return self.return_url or f"{self.page(session_id)}?from=paid"

    def without_payment(self, session_id: SessionId) -> str:
        """Where Stripe sends a buyer who has turned back."""
        return self.cancel_url or f"{self.page(session_id)}?from=canceled"

    def token(self, session_id: SessionId) -> str:
        """What makes the link of one payment: its id, and a signature that only we can make."""
        return urlsafe_b64encode(session_id.bytes + self._signature(session_id)).decode().rstrip("=")

    def session_of(self, token: str) -> SessionId | None:
        """Whose link it is; None if we never made it."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            session_id = SessionId(UUID(bytes=raw[:16]))
        except ValueError:
            return None
        # The whole text is compared: one link has one spelling.
        return session_id if hmac.compare_digest(token.encode(), self.token(session_id).encode()) else None

    def _signature(self, session_id: SessionId) -> bytes:
        return hmac.digest(self.key, session_id.bytes, "sha256")[:_SIGNATURE]
