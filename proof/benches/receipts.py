"""How long a receipt takes to print: ours and stock xhtml2pdf by turns, and several processes at once.

All sample documents are printed in each round, each with a number of its own, so nothing is printed twice.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Final

from domain.documents import Document
from gateways.paper import stock
from gateways.paper.printer import Printer, skeleton
from proof.benches.area import Area, Effort, at_most
from proof.benches.documents import RECEIPT, SAMPLES
from proof.benches.ground import Ground
from proof.benches.rounds import Sample, interleave
from proof.benches.statistic import short

#: In other scripts a font is embedded, which both engines do alike; measured apart from what most houses print.
_EMBEDDED: Final = "receipt-scripts"
#: Milliseconds that a receipt may take at the median where stock's takes 25, as it did on the machine of the goal.
_GOAL: Final = 12.0
_STOCK: Final = 25.0
#: Seconds of a round in which each sample document is printed once by the slower engine, about.
_SECONDS: Final = 0.2
_SKELETONS: Final = 3
#: Seconds for processes to start and to finish, on the slowest machine.
_PATIENCE: Final = 120


def measure(ground: Ground, effort: Effort) -> Area:
    """Milliseconds of a receipt, stock's and ours; of the first of its kind in a process; and how processes add up."""
    printer, numbers = Printer(), _numbers()
    plain = [document for name, document in SAMPLES.items() if name != _EMBEDDED]
    _stock(RECEIPT)
    first = [_timed(Printer().print, RECEIPT)[1] * 1000 for _ in range(_SKELETONS)]
    for document in SAMPLES.values():
        printer.print(document)
    engines: dict[str, Callable[[Document], bytes]] = {"gavelpay": printer.print, "stock xhtml2pdf": _stock}
    copies = max(round(effort.seconds / _SECONDS), 1)

    def by_turns(documents: list[Document]) -> dict[str, Callable[[], Sample]]:
        return {name: partial(_printed, each, documents, numbers) for name, each in engines.items()}

    comparison = interleave("receipts", by_turns(plain * copies), effort.rounds, ground.tell)
    embedded = interleave("receipts", by_turns([SAMPLES[_EMBEDDED]] * copies), effort.rounds, ground.tell)
    faster = comparison.cpu_ratio("stock xhtml2pdf") or 0.001
    return Area(
        "receipts",
        comparison,
        # By the processor's time, and by stock's: neither a busy machine nor a slow one makes a page longer.
        [at_most("a receipt, ms of the processor where stock's takes 25", _STOCK / faster, _GOAL, "ms")],
        more={"with an embedded font": embedded},
        details={
            "first_of_its_kind_cpu_ms": short(median(first)),
            "receipts_a_second_by_processes": scaling(receipts=max(copies * 12, 4)),
        },
    )


def scaling(receipts: int = 200, processes: tuple[int, ...] = (1, 2)) -> dict[str, float]:
    """Receipts a second by processes: xhtml2pdf draws one page at a time in each."""
    return {str(n): round(receipts / _together(receipts, n), 1) for n in processes}


def _printed(engine: Callable[[Document], bytes], documents: list[Document], numbers: Iterator[str]) -> Sample:
    printed: set[bytes] = set()

    def act(document: Document) -> None:
        printed.add(engine(document))

    times = [_timed(act, replace(document, number=next(numbers))) for document in documents]
    wall, cpu = [one for one, _ in times], sum(one for _, one in times)
    missing = len(documents) - len(printed)
    wrong = [f"{missing} receipts are the same as others"] if missing else []
    return Sample(len(documents), sum(wall), {"process": cpu}, wall, wrong)


def _stock(document: Document) -> bytes:
    return stock.draw(skeleton(document))


def _timed(act: Callable[[Document], object], document: Document) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    act(document)
    return time.perf_counter() - wall, time.process_time() - cpu


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
