"""Security events over time, as bars."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from console.desk.overview import charts
from console.desk.overview.charts import Chart
from console.desk.risk import words
from domain.overview import Frame, Span


def drawn(counts: Mapping[tuple[datetime, str], int], kinds: Sequence[str], span: Span, frame: Frame) -> Chart:
    """All kinds together as bars, each by itself in the figures."""
    columns = [[counts.get((at, kind), 0) for kind in kinds] for at in frame.starts]
    sums = [sum(column) for column in columns]
    ticks = charts.ticks_to(max([*sums, 4]))
    times = [charts.clock(at, frame.step) for at in frame.starts]
    best = max(range(len(sums)), key=lambda n: sums[n])
    return Chart(
        name="security",
        ticks=[f"{tick:,.0f}" for tick in ticks],
        labels=charts.labels(frame),
        sentence=(
            f"Security events per {charts.every(frame.step)}, last {span.words}: {sum(sums):,} in all"
            + (f", most at {times[best]} with {sums[best]:,}." if sums[best] else ".")
        ),
        columns=["From", *(words.said(kind).title for kind in kinds)],
        rows=[[times[n], *(f"{count:,}" for count in column)] for n, column in enumerate(columns) if sums[n]],
        bars=charts.bars(sums, ticks[0], lambda n: f"{times[n]}: {sums[n]:,}"),
    )
