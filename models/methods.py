"""Payment methods in the database."""

from collections.abc import Iterable
from typing import Any, Final

from psycopg import Connection

from domain.payment_method import PaymentMethod
from models.records import METHODS
from models.sealing import FieldCipher

_SAME: Final = ("buyer_id", "type", "brand", "last4", "exp_month", "exp_year")
_UPSERT: Final = """
    ON CONFLICT (buyer_id, type, brand, last4, exp_month, exp_year) DO UPDATE SET
      stripe_payment_method_id = CASE WHEN excluded.last_used_at >= payment_methods.last_used_at
        THEN coalesce(excluded.stripe_payment_method_id, payment_methods.stripe_payment_method_id)
        ELSE payment_methods.stripe_payment_method_id END,
      first_used_at = least(payment_methods.first_used_at, excluded.first_used_at),
      last_used_at = greatest(payment_methods.last_used_at, excluded.last_used_at)
"""


def upsert(connection: Connection[Any], cipher: FieldCipher, used: Iterable[PaymentMethod]) -> None:
    """Remember how buyers have just paid, in one statement. The same card stays one row; in any order, one outcome."""
    newest: dict[tuple[Any, ...], PaymentMethod] = {}
    for method in sorted(used, key=lambda one: one.last_used_at):
        same = tuple(getattr(method, name) for name in _SAME)
        if same in newest:
            method.first_used_at = newest[same].first_used_at
        newest[same] = method
    if newest:
        # All workers write in one order, for each may wait for another's uncommitted row.
        ordered = [method for _, method in sorted(newest.items(), key=lambda item: repr(item[0]))]
        METHODS.insert_all(connection, ordered, cipher, _UPSERT)


def of_buyer(connection: Connection[Any], cipher: FieldCipher, buyer_id: str, limit: int) -> list[PaymentMethod]:
    """How a buyer has paid, the method used last first."""
    rows = connection.execute(
        f"SELECT {METHODS.selection} FROM payment_methods r WHERE r.buyer_id = %s"  # noqa: S608 - our own words
        " ORDER BY r.last_used_at DESC, r.id DESC LIMIT %s",
        (buyer_id, limit),
    )
    return [METHODS.load(row, cipher) for row in rows]
