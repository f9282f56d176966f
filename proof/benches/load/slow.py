"""Clients that send slowly: a request in pieces, a few bytes at a time."""

import time
from typing import Final

from proof.benches.load.line import Line
from proof.benches.load.plan import Plan, Result

#: Each client sends a piece so often, and the whole in so many.
_EVERY: Final = 0.1
_PIECES: Final = 15


def dawdle(plan: Plan) -> Result:
    """Send on all connections, slowly, for the plan's time; every request is brought to its end."""
    result, clock = Result(), time.perf_counter
    lines = [Line(plan.port) for _ in range(plan.connections)]
    begun, number = clock(), plan.first
    while clock() - begun < plan.seconds:
        requests = [plan.source(number + n) for n in range(len(lines))]
        number += len(lines)
        size = -(-len(requests[0]) // _PIECES)
        for piece in range(_PIECES):
            for line, request in zip(lines, requests, strict=True):
                line.send(request[piece * size : (piece + 1) * size])
            time.sleep(_EVERY)
        for line in lines:
            status = line.answer()
            while status is None:
                status = line.answer()
            result.answers[status] += 1
            if status == 0:
                line.again()
    result.sent, result.seconds = number - plan.first, clock() - begun
    for line in lines:
        line.socket.close()
    return result
