"""The window sweep with all that it does, against plain SQL that writes one row; and a sweep that finds nothing.

Between the two stands plain SQL that writes the very rows of a sweep: what PostgreSQL takes of it, and what we do.
"""

import time
from functools import partial
from statistics import median
from typing import Any, Final

import psycopg

from actors.windows import expire_windows
from proof.benches.area import Area, Effort, Goal, at_most
from proof.benches.baselines import plain_sweep, same_rows
from proof.benches.ground import Ground
from proof.benches.pipeline.completing import wait_until
from proof.benches.pipeline.street import DOWNSTREAM, house
from proof.benches.processor import cpu_seconds
from proof.benches.rounds import Comparison, Sample, interleave
from proof.benches.statistic import short
from proof.benches.sweep.town import Town, build
from workers.process import DEFAULT_THREADS

#: Windows that end together in a round, for each second that it should last; and of how many.
_DUE, _LEAST_DUE, _MOST_DUE, _ROWS = 5_000, 500, 100_000, 10
#: As many processes as the machine of the goal has cores, with the threads that workers have by default. In each, so
#: many sweep as may do so together.
_PROCESSES: Final = 2
_EMPTY_SWEEPS: Final = 200
_PATIENCE: Final = 600.0
#: How much longer than plain SQL a sweep may take, and how long one that finds nothing.
_TIMES, _EMPTY_MS = 4.0, 1.0
#: The same against plain SQL that writes the same rows (ADR 29).
_TIMES_SAME_ROWS: Final = 3.0

_AT_WORK: Final = """
    SELECT count(*) FROM pg_stat_activity
     WHERE application_name = 'gavelpay worker' AND datname = current_database() AND wait_event_type = 'Lock'
"""
#: The oldest go first: whoever looks from the other end need not pass by all that is over.
_LEFT: Final = """
    SELECT id FROM payment_sessions WHERE status IN ('pending', 'failed') AND window_expires_at <= now()
     ORDER BY window_expires_at DESC LIMIT 1
"""
_LOOK: Final = 0.01


def measure(ground: Ground, effort: Effort) -> Area:
    """Windows that end together, a tenth of all; with `million` 100,000 of 1,000,000 and of 5,000,000."""
    due = min(max(int(effort.seconds * _DUE), _LEAST_DUE), _MOST_DUE)
    sizes = {"sweep": (due * _ROWS, due)}
    if effort.million:
        sizes = {"sweep": (1_000_000, _MOST_DUE), "of 5,000,000": (5_000_000, _MOST_DUE)}
    comparisons: dict[str, Comparison] = {}
    goals: list[Goal] = []
    details: dict[str, Any] = {}
    for name, (rows, due) in sizes.items():
        ground.tell(f"preparing {due} windows of {rows} that are to end")
        town = build(ground, rows, due)
        plain = ground.database()
        with psycopg.connect(plain, autocommit=True) as connection:
            plain_sweep.prepare(connection, rows, due)
            ways = {
                "gavelpay": partial(_ours, town),
                "same rows": partial(_same_rows, town),
                "plain SQL": partial(_plain, ground, connection, due),
            }
            comparison = comparisons[name] = interleave("windows", ways, effort.rounds, ground.tell)
        empty = _empty(town)
        goals += [
            at_most(f"{name}, times the same rows in plain SQL", _times(comparison, "same rows"), _TIMES_SAME_ROWS),
            at_most(f"{name}, times plain SQL", _times(comparison, "plain SQL"), _TIMES),
            # By the processor's time: a busy machine does not make a sweep larger.
            at_most(f"{name} that finds nothing, of the processor", empty["cpu_ms"], _EMPTY_MS, "ms"),
        ]
        details[f"{name}_of"] = f"{due} of {rows}"
        details[f"{name}_that_finds_nothing"] = empty
        ground.drop(plain)
        ground.drop(town.database)
    main = comparisons.pop("sweep")
    return Area("sweep", main, goals, more=comparisons, details=details)


def _times(comparison: Comparison, baseline: str) -> float:
    return 1 / (comparison.ratio(baseline).median or 1e-9)


def _ours(town: Town) -> Sample:
    ground, redis = town.ground, town.ground.redis()
    town.have_due()
    env = ground.environment(town.database, redis, **DOWNSTREAM)
    workers = ("worker", "--queues", "windows", "--processes", str(_PROCESSES))
    with psycopg.connect(town.database) as gate, psycopg.connect(town.database, autocommit=True) as looking:
        # Workers begin to sweep as soon as they see that something is due: they wait here until all are at work.
        gate.execute("LOCK TABLE payment_sessions IN EXCLUSIVE MODE")
        with ground.house(*workers, env=env, option="--metrics-port") as worker:
            wait_until(
                ground, town.database, _AT_WORK, _PROCESSES * expire_windows.limit(DEFAULT_THREADS, is_alone=True)
            )
            with ground.cpu(worker=worker.pid) as cpu:
                begun = time.perf_counter()
                gate.commit()
                while looking.execute(_LEFT).fetchone() and time.perf_counter() - begun < _PATIENCE:
                    time.sleep(_LOOK)
                seconds = time.perf_counter() - begun
    return Sample(town.due, seconds, cpu, wrong=town.wrong())


def _same_rows(town: Town) -> Sample:
    town.have_due()
    with psycopg.connect(town.database, autocommit=True) as connection, town.ground.cpu() as cpu:
        begun, used = time.perf_counter(), time.process_time()
        swept = same_rows.sweep(connection)
        seconds, used = time.perf_counter() - begun, time.process_time() - used
    return Sample(swept, seconds, {"process": used, **cpu}, wrong=town.uneven())


def _plain(ground: Ground, connection: psycopg.Connection[Any], due: int) -> Sample:
    plain_sweep.reset(connection)
    with ground.cpu() as cpu:
        begun, used = time.perf_counter(), time.process_time()
        swept = plain_sweep.sweep(connection)
        seconds, used = time.perf_counter() - begun, time.process_time() - used
    told = plain_sweep.told(connection)
    wrong = [] if swept == told == due else [f"of {due} rows {swept} were swept and {told} told"]
    return Sample(swept, seconds, {"process": used, **cpu}, wrong=wrong)


def _empty(town: Town) -> dict[str, float]:
    """What a sweep costs that finds nothing, after all those that found much."""
    wall = []
    with house(town.ground, town.database) as app:
        app.expire_windows()
        used = _processor(town.ground)
        for _ in range(_EMPTY_SWEEPS):
            begun = time.perf_counter()
            app.expire_windows()
            wall.append(time.perf_counter() - begun)
        used = (_processor(town.ground) - used) / _EMPTY_SWEEPS
    return {"ms": short(median(wall) * 1000), "cpu_ms": short(used * 1000)}


def _processor(ground: Ground) -> float:
    """Processor seconds of this process and of PostgreSQL."""
    return time.process_time() + (cpu_seconds(ground.postgres.pid or 0) or 0.0)
