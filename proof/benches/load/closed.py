"""As many requests as connections and server bear: each connection sends its next one when it has its answer."""

import select
import time
from collections import deque
from typing import Final

from proof.benches.load.line import Line
from proof.benches.load.plan import Plan, Result, Source

#: Seconds without any answer after which what is open is given up.
_PATIENCE: Final = 15.0


def drive(plan: Plan) -> Result:
    """Keep all connections busy for the plan's time."""
    result, clock, source = Result(), time.perf_counter, prepared(plan)
    lines = {line.socket.fileno(): line for line in (Line(plan.port) for _ in range(plan.connections))}
    poller = select.poll()
    for fd in lines:
        poller.register(fd, select.POLLIN)
    begun, cpu = clock(), time.process_time()
    until, number = begun + plan.seconds, plan.first
    last = plan.first + plan.requests if plan.requests else 1 << 62
    open_ = 0
    for line in lines.values():
        if number < last:
            line.since = clock()
            line.send(source(number))
            number, open_ = number + 1, open_ + 1
    now = begun
    while open_ and (ready := poller.poll(_PATIENCE * 1000)):
        for fd, _ in ready:
            line = lines[fd]
            status = line.answer()
            if status is None:
                continue
            now = clock()
            result.latencies.append(now - line.since)
            result.answers[status] += 1
            if status == 0:
                lines[_renewed(line, fd, poller)] = line
            if now < until and number < last:
                request = source(number)
                number += 1
                line.since = clock()
                line.send(request)
            else:
                open_ -= 1
    result.answers[0] += open_
    result.sent, result.seconds, result.cpu = number - plan.first, now - begun, time.process_time() - cpu
    for line in lines.values():
        line.socket.close()
    return result


def prepared(plan: Plan) -> Source:
    """The plan's requests, the first of them made now."""
    made = deque(plan.source(plan.first + n) for n in range(plan.prepared))
    return lambda number: made.popleft() if made else plan.source(number)


def _renewed(line: Line, fd: int, poller: "select.poll") -> int:
    poller.unregister(fd)
    line.again()
    poller.register(line.socket.fileno(), select.POLLIN)
    return line.socket.fileno()
