"""How long a receipt takes to print: ours and stock xhtml2pdf by turns, and several processes at once.

`python -m proof.benches.receipts` prints the figures as JSON. All sample documents are printed in each round, each with
a number of its own, so nothing is printed twice.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import median, quantiles
from typing import Any, Final

from domain.documents import Document
from gateways.paper import stock
from gateways.paper.printer import Printer, skeleton
from proof.benches.documents import RECEIPT, SAMPLES

#: In other scripts a font is embedded, which both engines do alike; measured apart from what most houses print.
_EMBEDDED: Final = "receipt-scripts"
#: Seconds for processes to start and to finish, on the slowest machine.
_PATIENCE: Final = 120


def measure(rounds: int = 10) -> dict[str, Any]:
    """Milliseconds of a receipt, stock and ours by turns in one process, over two rounds at least.

    `wall_ms` and `cpu_ms` hold the median and the tenth and ninetieth percentile; `ratio` is stock's median over ours,
    by CPU, which a busy machine does not distort. `first_cpu_ms` is a page whose skeleton is new to the process.
    """
    rounds, printer, numbers = max(rounds, 2), Printer(), _numbers()
    plain = [document for name, document in SAMPLES.items() if name != _EMBEDDED]
    _stock(RECEIPT)
    first = [_timed(Printer().print, RECEIPT)[1] for _ in range(max(rounds // 2, 3))]
    for document in SAMPLES.values():
        printer.print(document)
    figures = _by_turns(printer, plain, rounds, numbers)
    embedded = _by_turns(printer, [SAMPLES[_EMBEDDED]], rounds, numbers)
    return figures | {"first_cpu_ms": round(median(first), 2), "with_embedded_font": embedded}


def scaling(receipts: int = 200, processes: tuple[int, ...] = (1, 2)) -> dict[str, float]:
    """Receipts a second by processes: xhtml2pdf draws one page at a time in each."""
    return {str(n): round(receipts / _together(receipts, n), 1) for n in processes}


def _by_turns(printer: Printer, documents: list[Document], rounds: int, numbers: Iterator[str]) -> dict[str, Any]:
    engines: dict[str, Callable[[Document], bytes]] = {"stock": _stock, "ours": printer.print}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    for _ in range(rounds):
        for document in documents:
            for name, each in engines.items():
                taken[name].append(_timed(each, replace(document, number=next(numbers))))
    figures: dict[str, Any] = {
        name: {
            "receipts": len(times),
            "wall_ms": _spread([wall for wall, _ in times]),
            "cpu_ms": _spread([cpu for _, cpu in times]),
        }
        for name, times in taken.items()
    }
    ratio = figures["stock"]["cpu_ms"]["median"] / figures["ours"]["cpu_ms"]["median"]
    return figures | {"ratio": round(ratio, 2)}


def _stock(document: Document) -> bytes:
    return stock.draw(skeleton(document))


def _timed(act: Callable[[Document], bytes], document: Document) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    act(document)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def _spread(times: list[float]) -> dict[str, float]:
    tenths = quantiles(times, n=10)
    return {"median": round(median(times), 2), "p10": round(tenths[0], 2), "p90": round(tenths[-1], 2)}


def _numbers() -> Iterator[str]:
    return (f"BENCH-2026-{number:06}" for number in count(1))


def _together(receipts: int, processes: int) -> float:
    """Seconds until all are printed, counted from when each process has printed one."""
    context = get_context("spawn")
    gate = context.Barrier(processes + 1)
    workers = [context.Process(target=_share, args=(receipts // processes, gate)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    gate.wait(_PATIENCE)
    began = time.perf_counter()
    gate.wait(_PATIENCE)
    taken = time.perf_counter() - began
    for worker in workers:
        worker.join(_PATIENCE)
    return taken


def _share(receipts: int, gate: Barrier) -> None:
    printer, numbers = Printer(), _numbers()
    printer.print(RECEIPT)
    gate.wait(_PATIENCE)
    for _ in range(receipts):
        printer.print(replace(RECEIPT, number=next(numbers)))
    gate.wait(_PATIENCE)


if __name__ == "__main__":
    print(json.dumps(measure() | {"receipts_a_second": scaling()}, indent=2))
