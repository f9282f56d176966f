"""What a drill came to: one row for each kind of fault, and whether every figure is as it must be."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from proof.drill.kinds import PATIENCE, PROMISED, TAKEOVER, Kind
from proof.drill.plan import Fault


@dataclass(frozen=True, slots=True)
class Struck:
    """One fault that was done.

    Attributes:
        fault: which.
        under_way: the auctions whose payments were under way then.
        recovery: seconds from its end until work flowed again; None: not within `PATIENCE`.
        takeover: seconds from a kill until all that dead workers held was done or in other hands.
    """

    fault: Fault
    under_way: AbstractSet[str]
    recovery: float | None
    takeover: float | None = None


@dataclass(frozen=True, slots=True)
class Losses:
    """What must be empty. The first three hold auctions; a loss that has none is the empty word."""

    lost: AbstractSet[str]
    charged_twice: AbstractSet[str]
    receipts: AbstractSet[str]
    #: Everything that is wrong, in sentences.
    sentences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `payments` were under way at one of these faults; the losses are of these."""

    kind: str
    faults: int
    payments: int
    lost: int
    charged_twice: int
    receipts: int
    worst: float | None
    promised: float | None
    worst_takeover: float | None = None

    @property
    def in_time(self) -> bool:
        """Whether it recovered each time, and as soon as promised."""
        return self.worst is not None and self.worst <= (self.promised or PATIENCE)

    @property
    def taken_over_in_time(self) -> bool:
        """Whether what dead workers held was in other hands as soon as promised."""
        return self.worst_takeover is None or self.worst_takeover <= TAKEOVER

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "fault": self.kind,
            "times": self.faults,
            "paymentsUnderWay": self.payments,
            "lost": self.lost,
            "chargedTwice": self.charged_twice,
            "receiptsMissingOrRepeated": self.receipts,
            "worstRecoverySeconds": _rounded(self.worst),
            "worstTakeoverSeconds": _rounded(self.worst_takeover),
            "promisedSeconds": self.promised,
        }


def rows(struck: Sequence[Struck], losses: Losses, sold: AbstractSet[str]) -> list[Row]:
    """One row for each kind that was done, in the order of `Kind`; the last one is for all of them.

    Args:
        struck: the faults.
        losses: what the drill lost.
        sold: the auctions of the sale.
    """
    kinds = [kind for kind in Kind if any(one.fault.kind is kind for one in struck)]
    found = [_row(kind, [one for one in struck if one.fault.kind is kind], losses) for kind in kinds]
    worst = _worst(struck)
    everything = Row(
        "all",
        len(struck),
        len(sold),
        len(losses.lost),
        len(losses.charged_twice),
        len(losses.receipts),
        worst,
        None,
        _takeover(struck),
    )
    return [*found, everything]


def complaints(table: Iterable[Row], losses: Losses) -> Iterator[str]:
    """What is not as it must be, in sentences; none is well."""
    yield from losses.sentences
    for row in table:
        figures = {
            "Lost": row.lost,
            "Charged twice": row.charged_twice,
            "Receipts missing or repeated": row.receipts,
        }
        for words, count in figures.items():
            if count and row.kind == "all":
                yield f"{words}: {count}, and it must be 0."
        if not row.in_time and row.kind != "all":
            took = f"took {row.worst:.1f} s" if row.worst is not None else f"had not ended after {PATIENCE:.0f} s"
            yield f"Recovery after {row.kind} {took}; at most {row.promised or PATIENCE:.0f} s are promised."
        if row.kind == Kind.WORKER and row.worst_takeover is None:
            yield f"Takeover after {row.kind} was not measured: each time nothing was in hand."
        if not row.taken_over_in_time and row.kind != "all":
            yield f"Takeover after {row.kind} took {row.worst_takeover:.1f} s; at most {TAKEOVER:.0f} s are promised."


def _row(kind: Kind, struck: Sequence[Struck], losses: Losses) -> Row:
    under_way = frozenset[str]().union(*(one.under_way for one in struck))
    return Row(
        kind,
        len(struck),
        len(under_way),
        len(under_way & losses.lost),
        len(under_way & losses.charged_twice),
        len(under_way & losses.receipts),
        _worst(struck),
        PROMISED.get(kind),
        _takeover(struck),
    )


def _worst(struck: Sequence[Struck]) -> float | None:
    """None if one never recovered."""
    times = [one.recovery for one in struck if one.recovery is not None]
    return max(times, default=0.0) if len(times) == len(struck) else None


def _takeover(struck: Sequence[Struck]) -> float | None:
    """A takeover is a part of the recovery; None where nothing was to be taken over."""
    return max((one.takeover for one in struck if one.takeover is not None), default=None)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
