"""What the overview's charts show, worked out of what was counted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from console.desk import figures, navigation
from console.desk.overview import charts
from console.desk.overview.charts import Chart, Level
from domain.money import Money
from domain.overview import DEAD_LETTERS, LAG_LIMIT, SUCCESS_LIMIT, Backlog, Endings, Lag, Span, Takings
from models.lines import MOST
from services.view_overview import Overview

_TIME_TO_PAY: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 720))
_TIME_WORDS: Final = ("under 5 min", "5 to 15 min", "15 to 60 min", "1 to 3 h", "3 to 12 h", "over 12 h")
_LEFT_WORDS: Final = (
    "time is over",
    "under 10 min",
    "10 to 60 min",
    "1 to 6 h",
    "6 to 12 h",
    "12 to 24 h",
    "over 24 h",
)
_LEFT_ADDRESSES: Final = ("over", "under:10m", "10m:60m", "1h:6h", "6h:12h", "12h:24h", "from:24h")
_FLAT: Final = 1e-9
#: What waits for a queue, as people call it.
WORK: Final = {
    "checkouts": "checkouts",
    "events": "webhooks",
    "windows": "windows to close",
    "retries": "retries",
    "refunds": "refunds",
    "tell_auction": "events for the auction",
    "tell_order": "events for orders",
    "tell_queue": "events for the queue",
    "notices": "mails",
    "receipts": "receipts",
    "lookups": "look-ups at Stripe",
    "event_list": "Stripe’s list of events",
    "money": "comparing the books",
    DEAD_LETTERS: "dead letters",
}
#: So much waiting work fills a bar; less is an ordinary moment.
_MUCH: Final = 20
#: Shown also where nothing waits.
_ALWAYS: Final = frozenset({"checkouts", "events", "notices", "receipts", DEAD_LETTERS})


def money(takings: Takings, view: Overview) -> Chart:
    """Money of one currency by steps."""
    frame, step = view.frame, view.frame.step
    major = [float(Money(takings.currency, minor).major) for minor in takings.steps]
    ticks = charts.ticks_to(max(major))
    said = [figures.digits(minor, takings.currency) for minor in takings.steps]
    times = [charts.clock(at, step) for at in frame.starts]
    best = max(range(len(major)), key=lambda n: major[n])
    return Chart(
        name="money",
        ticks=[f"{tick:,.0f}" if ticks[0] >= len(ticks) else f"{tick:,.2f}" for tick in ticks],
        labels=charts.labels(frame),
        sentence=(
            f"Money collected per {charts.every(step)} in {takings.currency}, last {view.span.words}: "
            f"{figures.digits(takings.minor, takings.currency)} in all, most at {times[best]} with {said[best]}. "
            f"The last {charts.every(step)} is not over."
        ),
        columns=["From", takings.currency, "Payments"],
        rows=[[times[n], said[n], f"{takings.payments[n]:,}"] for n in range(len(said))],
        bars=charts.bars(
            major, ticks[0], lambda n: f"{times[n]}: {said[n]} {takings.currency}, {takings.payments[n]} payments"
        ),
    )


def success(endings: Endings, view: Overview) -> Chart:
    """Share of checkouts that ended paid, by steps."""
    step, shares = view.frame.step, endings.by_step
    known = [(one, n) for n, one in enumerate(shares) if one is not None]
    low = min([one for one, _ in known] or [1.0])
    bottom = next(floor for floor in (90, 80, 50, 0) if 100 * low >= floor)
    times = [charts.clock(at, step) for at in view.frame.starts]
    least = min(known, default=None)
    sentence = f"Share of checkouts that ended paid, per {charts.every(step)}, last {view.span.words}: " + (
        f"lowest at {times[least[1]]} with {percent(least[0])}." if least else "none has ended yet."
    )
    return Chart(
        name="success",
        ticks=[f"{tick} %" for tick in range(100, bottom - 1, (bottom - 100) // (5 if bottom % 20 else 4))],
        labels=charts.labels(view.frame),
        sentence=sentence,
        columns=["From", "Paid of those that ended", "Paid", "Ran out", "Canceled"],
        rows=[
            [times[n], percent(one), f"{endings.paid[n]:,}", f"{endings.expired[n]:,}", f"{endings.canceled[n]:,}"]
            for n, one in enumerate(shares)
        ],
        lines=[charts.line(shares, bottom / 100, 1.0, "line-a")],
        limit=100 - 100 * (100 * SUCCESS_LIMIT - bottom) / (100 - bottom),
    )


def lag(lags: Sequence[Lag], view: Overview) -> Chart:
    """From receipt to effect, by steps: median and 99th percentile."""
    step = view.frame.step
    worst = max([one.p99 or 0 for one in lags])
    ticks = charts.ticks_to(max(worst, 0.1))
    times = [charts.clock(at, step) for at in view.frame.starts]
    limit = LAG_LIMIT.total_seconds()
    return Chart(
        name="lag",
        ticks=[f"{tick:g} s" for tick in ticks],
        labels=charts.labels(view.frame),
        sentence=(
            f"Time from a webhook’s receipt to its effect, per {charts.every(step)}, last {view.span.words}: "
            f"99 of 100 within {seconds(worst)} at the worst time."
        ),
        columns=["From", "Median", "99 of 100 within", "Events measured"],
        rows=[[times[n], seconds(one.median), seconds(one.p99), f"{one.events:,}"] for n, one in enumerate(lags)],
        lines=[
            charts.line([one.median for one in lags], 0, ticks[0] + _FLAT, "line-b"),
            charts.line([one.p99 for one in lags], 0, ticks[0] + _FLAT, "line-a"),
        ],
        limit=100 - 100 * limit / ticks[0] if limit <= ticks[0] else None,
    )


def to_pay(endings: Endings) -> list[Level]:
    """How long it took to pay, in six classes."""
    return charts.levels(list(zip(_TIME_WORDS, endings.to_pay.split(_TIME_TO_PAY), strict=True)))


def windows(counts: Sequence[int]) -> list[Level]:
    """Open windows by the time that they have left; those that are over only where there are some."""
    skip = 0 if counts[0] else 1
    addresses = [f"/console/payments?left={left}" for left in _LEFT_ADDRESSES]
    named = list(zip(_LEFT_WORDS, counts, strict=True))
    return charts.levels(named[skip:], addresses[skip:], [True, True, True][skip:])


def work(backlogs: Sequence[Backlog]) -> list[Level]:
    """What waits, each with the way to where it is looked at."""
    shown = [one for one in backlogs if one.count or one.name in _ALWAYS]
    places = ["/console/dead-letters" if one.name == DEAD_LETTERS else f"/console/queues#{one.name}" for one in shown]
    return charts.levels(
        [(WORK.get(one.name, one.name), one.count) for one in shown],
        [place if navigation.has(place) else None for place in places],
        value=lambda count: f"{count:,}" if count < MOST else f"{MOST:,}+",
        whole=_MUCH,
    )


def percent(part: float | None, places: int = 1) -> str:
    """A share as people say it."""
    return "–" if part is None else f"{100 * part:.{places}f} %"


def seconds(length: float | None) -> str:
    """A short length of time."""
    if length is None:
        return "–"
    return f"{length:.2g} s" if length < 10 else figures.span(timedelta(seconds=length))  # noqa: PLR2004


def change(now: float | None, before: float | None, span: Span) -> str | None:
    """How much more or less than in as long a time before."""
    if not before or now is None:
        return None
    ratio = now / before - 1
    if abs(ratio) < 0.005:  # noqa: PLR2004 - less is shown as nothing
        return f"as in the {span.words} before"
    much = f"{abs(ratio):.0%}".replace("%", " %") if abs(ratio) < 10 else f"{now / before:.0f} times"  # noqa: PLR2004
    return f"{much} {'more' if ratio > 0 else 'less'} than in the {span.words} before"
