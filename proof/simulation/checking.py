"""What must hold when all is over: our own invariants, Stripe's books beside ours, and what everybody was told."""

from collections import Counter
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from domain.bells import SEND_NOTICES
from proof.simulation import questions
from proof.simulation.house import House
from proof.simulation.watching import Broken, Watch

#: Seconds within which money is recorded that Stripe has told us of: lateness, workers that die, and what they leave.
_HEARD: Final = 1200.0


def check(house: House, watch: Watch) -> list[Broken]:
    """Everything that does not hold; nothing is well."""
    return [
        *watch.problems,
        *(Broken(one, _lot_in(house, one)) for one in house.app.check_invariants()),
        *(Broken(sentence, lot) for lot, sentence in house.app.database.rows(questions.UNSETTLED)),
        *(Broken(sentence, lot) for lot, sentence in house.app.database.rows(questions.UNSEEN)),
        *(Broken(one, one.split()[1].rstrip(":")) for one in (*house.listeners.problems, *house.calls.problems)),
        *_money(house),
        *_ledger(house),
        *_objects(house),
        *_failures(house),
        *_history(house),
        *_paper(house),
    ]


def _money(house: House) -> Iterator[Broken]:
    """Both books know the same money."""
    books = house.core.books()
    ours = {row[0]: row[1:] for row in house.app.database.rows(questions.TAKEN)}
    fees = _fees(house)
    kept: Counter[UUID] = Counter()
    for charge in books["charges"]:
        intent, lot = charge["payment_intent"], charge["metadata"].get("auction_id", "")
        if intent not in ours:
            yield Broken(f"Stripe took {charge['amount_captured']} by {intent}, and we do not know of it.", lot)
            continue
        _, session, amount, currency, refunded, disposition, fee, heard_at = ours.pop(intent)
        if (charge["amount_captured"], charge["currency"].upper()) != (amount, currency):
            yield Broken(f"Stripe took {charge['amount_captured']} by {intent}, and we recorded {amount}.", lot)
        if charge["amount_refunded"] != refunded:
            yield Broken(f"Stripe gave {charge['amount_refunded']} of {intent} back; we recorded {refunded}.", lot)
        if fee != fees.get(intent):
            yield Broken(f"Stripe kept {fees.get(intent)} of {intent}, and we booked {fee}.", lot)
        waited = heard_at.timestamp() - charge["created"]
        by_card = house.core.world.store.get("charge", charge["id"])["payment_method_details"]["type"] == "card"
        if waited > _HEARD and by_card and lot not in house.calls.unheard:
            yield Broken(f"{intent} was recorded {waited:.0f} seconds after it was paid, and no webhook was lost.", lot)
        kept[session] += disposition == "kept"
        if kept[session] > 1:
            yield Broken(f"Payment {session} keeps {kept[session]} charges.", lot)
    for intent, row in ours.items():
        yield Broken(f"We recorded {intent}, and Stripe does not know of it.", row[0])


def _ledger(house: House) -> Iterator[Broken]:
    """What Stripe has of ours, our ledger says to the cent, whatever moved it."""
    theirs: Counter[str] = Counter()
    for row in house.core.world.store.table("balance_transaction").oldest():
        theirs[row["currency"].upper()] += row["net"]
    ours = Counter(dict(house.app.database.rows(questions.AT_STRIPE)))
    for currency in sorted(theirs.keys() | ours.keys()):
        if theirs[currency] != ours[currency]:
            yield Broken(f"Stripe has {theirs[currency]} {currency}, and our ledger says {ours[currency]}.", "")


def _failures(house: House) -> Iterator[Broken]:
    """An unknown outcome is never a failure: what counts as refused, Stripe has refused."""
    for lot, key, name in house.app.database.rows(questions.FAILED):
        if not any(one.startswith(key) for one in house.calls.refused):
            yield Broken(f"{name} counts as refused, and Stripe never said so.", lot)


def _fees(house: House) -> dict[str, int]:
    charges = {row["id"]: row["payment_intent"] for row in house.core.world.store.table("charge").oldest()}
    booked = house.core.world.store.table("balance_transaction").oldest()
    return {charges[row["source"]]: row["fee"] for row in booked if row["source"] in charges and row["amount"] > 0}


def _objects(house: House) -> Iterator[Broken]:
    """Each attempt opened one object at Stripe; nothing that could be paid is left open after the end."""
    store = house.core.world.store
    seen: Counter[tuple[str, str]] = Counter()
    pages = store.table("checkout.session").oldest()
    intents = [row for row in store.table("payment_intent").oldest() if not store.note(row["id"]).get("checkout")]
    for row in (*pages, *intents):
        mine = row["metadata"]["payment_session_id"], row["metadata"]["attempt"]
        seen[mine] += 1
        if seen[mine] == 2:  # noqa: PLR2004 - told once
            yield Broken(
                f"Attempt {mine[1]} of payment {mine[0]} opened twice at Stripe.", row["metadata"]["auction_id"]
            )
        if row["status"] in ("open", "requires_payment_method", "requires_action"):
            yield Broken(f"{row['id']} can still be paid.", row["metadata"]["auction_id"])
    asked: Counter[str] = Counter()
    for row in store.table("refund").oldest():
        refund = (row["metadata"] or {}).get("refund_id")
        asked[str(refund)] += 1
        if refund is not None and asked[refund] == 2:  # noqa: PLR2004 - others are made by hand
            yield Broken(f"Refund {refund} was sent twice.", house.calls.lots.get(row["id"], ""))


def _history(house: House) -> Iterator[Broken]:
    """Each completed payment is one order, and the services downstream have heard of it once."""
    told = {name: Counter(kinds) for name, kinds in house.listeners.told.items()}
    for lot, count in house.app.database.rows(questions.COMPLETED):
        for kind in ("auction.sold", "order.requested"):
            heard = told.get(lot, Counter())[kind]
            if heard != count:
                yield Broken(f"{lot} has {count} completed payments, and {kind} was heard {heard} times.", lot)


def _paper(house: House) -> Iterator[Broken]:
    """What was issued is stored as it was printed, and each letter came once, unless nobody could know."""
    for lot, number, place, printed in house.app.database.rows(questions.ISSUED):
        if house.cabinet.hash_of(place) != bytes(printed):
            yield Broken(f"Receipt {number} is not stored as it was printed.", lot)
    for lot, letter, kind in house.app.database.rows(questions.SENT):
        taken, doubtful = house.mail.taken[letter], house.mail.doubtful[letter]
        if not 1 <= taken <= 1 + doubtful and SEND_NOTICES not in house.bells.shaken:
            yield Broken(f"Letter {letter} ({kind}) was taken {taken} times, {doubtful} of them in doubt.", lot)


def _lot_in(house: House, sentence: str) -> str:
    """The lot of the payment that a sentence names."""
    for word in sentence.replace(".", " ").replace(",", " ").split():
        try:
            wanted = UUID(word)
        except ValueError:
            continue
        rows = house.app.database.rows(questions.LOT_OF, {"id": wanted})
        if rows:
            return str(rows[0][0])
    return ""
