"""The six figures on top, each with what would be bad, and with as long a time before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from console.desk import figures
from console.desk.overview.drawing import change, percent, seconds
from domain.money import Money
from domain.overview import LAG_LIMIT, SUCCESS_LIMIT, Endings, Lag, Takings
from services.view_overview import Overview, Standing

#: Where cents are left to the chart.
_LARGE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure."""

    name: str
    value: str
    unit: str = ""
    #: Limits and comparisons, a line each.
    extra: tuple[str, ...] = ()
    address: str | None = None
    bad: bool = False


def tiles(view: Overview) -> Iterator[Tile]:
    """All six; one that could not be read says so."""
    away = ("cannot be read now",)
    yield Tile("Collected", "–", extra=away) if view.counted.takings is None else _collected(view.counted.takings, view)
    if view.counted.endings is None:
        yield Tile("Success", "–", extra=away)
        yield Tile("Time to pay, median", "–", extra=away)
    else:
        yield _success(view.counted.endings, view)
        yield _to_pay(view.counted.endings, view)
    yield Tile("Open windows", "–", extra=away) if view.standing is None else _windows(view.standing)
    yield Tile("Webhook lag, p99", "–", extra=away) if view.counted.lag is None else _lag(view.counted.lag)
    yield Tile("Unexplained money", "–", extra=away) if view.standing is None else _unexplained(view.standing, view)


def _collected(found: Sequence[Takings], view: Overview) -> Tile:
    if not found:
        return Tile("Collected", "0", extra=(f"nothing in the last {view.span.words}",))
    first, others = found[0], found[1:]
    also = ", ".join(f"{figures.digits(one.minor, one.currency)} {one.currency}" for one in others)
    compared = change(first.minor, first.before_minor, view.span)
    extra = (f"+ {also}" if also else "", compared or "")
    major = Money(first.currency, first.minor).major
    said = figures.digits(first.minor, first.currency) if major < _LARGE else f"{major:,.0f}"
    return Tile("Collected", said, first.currency, tuple(filter(None, extra)))


def _success(endings: Endings, view: Overview) -> Tile:
    lately = endings.lately
    compared = (
        None if endings.success_before is None else f"{percent(endings.success_before)} the {view.span.words} before"
    )
    last = "nothing ended in the last 15 min" if lately is None else f"{percent(lately)} in the last 15 min"
    bad = lately is not None and lately < SUCCESS_LIMIT
    said = f"{last}{', below the limit of' if bad else '; alert below'} {percent(SUCCESS_LIMIT, 0)}"
    value = percent(endings.success).removesuffix(" %")
    return Tile(
        "Success", value, "%" if endings.success is not None else "", tuple(filter(None, (said, compared))), bad=bad
    )


def _to_pay(endings: Endings, view: Overview) -> Tile:
    half, most = endings.to_pay.within(0.5), endings.to_pay.within(0.95)
    if half is None or most is None:
        return Tile("Time to pay, median", "–", extra=(f"nobody paid in the last {view.span.words}",))
    number, _, unit = figures.span(half).partition(" ")
    before = endings.to_pay_before.within(0.5)
    compared = f"median {figures.span(before)} the {view.span.words} before" if before else ""
    return Tile(
        "Time to pay, median", number, unit, tuple(filter(None, (f"95 of 100 within {figures.span(most)}", compared)))
    )


def _windows(standing: Standing) -> Tile:
    soon, over = sum(standing.windows[1:3]), standing.windows[0]
    extra = [f"{soon:,} {'ends' if soon == 1 else 'end'} within the hour"]
    if over:
        extra.append(f"{over:,} over, being closed")
    return Tile("Open windows", f"{sum(standing.windows):,}", "", tuple(extra), "/console/payments?left=under:60m")


def _lag(lag: Lag) -> Tile:
    number, _, unit = seconds(lag.p99).partition(" ")
    limit = figures.span(LAG_LIMIT).removesuffix(" 0 s")
    bad = lag.p99 is not None and timedelta(seconds=lag.p99) > LAG_LIMIT
    extra = (f"median {seconds(lag.median)}", f"{'above the limit of' if bad else 'alert above'} {limit}")
    return Tile("Webhook lag, p99", number, unit, extra if lag.events else ("no webhook came",), bad=bad)


def _unexplained(standing: Standing, view: Overview) -> Tile:
    wrong = {currency: minor for currency, minor in standing.unexplained.items() if minor}
    compared = standing.compared_at
    checked = f"compared {figures.clock(compared, view.at)} with Stripe" if compared else "not compared with Stripe yet"
    if not wrong:
        return Tile("Unexplained money", "0.00" if compared else "–", "", (checked,))
    said = [f"{figures.digits(minor, currency)} {currency}" for currency, minor in wrong.items()]
    number, _, unit = said[0].partition(" ")
    return Tile("Unexplained money", number, unit, (*said[1:], "must be 0", checked), bad=True)
