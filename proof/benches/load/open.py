"""Requests at a rate, whatever comes back: what users are, who do not wait for each other.

Requests are due at random moments (exponential gaps). One that finds no free connection waits, and its time runs: a
server that stalls is charged with all that would have come meanwhile. That is what a closed loop leaves out.
"""

import random
import select
import time
from collections import deque
from typing import Final

from proof.benches.load.line import Line
from proof.benches.load.plan import Plan, Result

_PATIENCE: Final = 15.0


def pace(plan: Plan) -> Result:
    """Send at the plan's rate for its time."""
    result, clock, dice = Result(), time.perf_counter, random.Random(plan.seed)  # noqa: S311 - moments, no secrets
    lines = {line.socket.fileno(): line for line in (Line(plan.port) for _ in range(plan.connections))}
    free, busy, waiting = deque(lines.values()), set[int](), deque[float]()
    begun, cpu = clock(), time.process_time()
    until, number = begun + plan.seconds, plan.first
    due = begun + dice.expovariate(plan.rate)
    heard = begun
    while True:
        now = clock()
        while due <= now and due < until:
            waiting.append(due)
            due += dice.expovariate(plan.rate)
        while waiting and free:
            line = free.popleft()
            line.since = waiting.popleft()
            line.send(plan.source(number))
            busy.add(line.socket.fileno())
            number += 1
        if due >= until and not busy and not waiting:
            break
        if now - heard > _PATIENCE:
            result.answers[0] += len(busy) + len(waiting)
            break
        # Not poll, whose shortest wait is a whole millisecond.
        ready, _, _ = select.select(busy, (), (), max(due - clock(), 0.0) if due < until else 1.0)
        for fd in ready:
            line = lines[fd]
            status = line.answer()
            if status is None:
                continue
            heard = clock()
            result.latencies.append(heard - line.since)
            result.answers[status] += 1
            busy.discard(fd)
            if status == 0:
                line.again()
                lines[line.socket.fileno()] = line
            free.append(line)
    result.sent, result.seconds, result.cpu = number - plan.first, heard - begun, time.process_time() - cpu
    for line in lines.values():
        line.socket.close()
    return result
