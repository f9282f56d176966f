"""Finds a system that `gavelpay run` keeps running, and prepares a sale for it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cli.drill.asking import Asked
from cli.drill.target import Target
from cli.run.data_dir import is_held
from cli.run.errors import CannotRun
from cli.run.sale import Sale, read_books
from cli.run.stack import READY_SECONDS
from cli.run.stopping import LOOK, Stopping
from runtime.settings import Role, Settings, load
from sandbox.auction_house import AuctionHouse, Habit, Lot, plan_lots

#: Windows up to this long end while one waits. Longer ones an operator ends.
SHORT: Final = timedelta(minutes=5)
#: Buyers who wait for a share of the window do not, where it is long.
_AT_ONCE: Final = frozenset({Habit.PAYS_LATER, Habit.PAYS_LATE})
_PROC: Final = Path("/proc")


@contextmanager
def attached(asked: Asked, rate: float, stopping: Stopping) -> Iterator[tuple[Target, Sale] | None]:
    """The system that runs in this data directory, with a sale for it; None if none does.

    Raises:
        CannotRun: it runs and cannot be drilled, for it uses Stripe itself, or is not ours to look at.
        StopAsked: somebody asked to stop while it was starting.
    """
    directory = asked.data_dir.absolute()
    stopping.until(lambda: (directory / "run.json").exists() or not is_held(directory), int(READY_SECONDS / LOOK))
    target = find(directory / "run.json")
    if target is None:
        yield None
        return
    name = f"drill-{datetime.now(UTC):%y%m%d%H%M%S}"
    lots = plan_lots(asked.payments, seed=asked.seed, rate=rate, sale=name)
    # Its webhooks go to the house that it was started with, so that this one needs no secrets, and looks instead.
    house = AuctionHouse(lots if ends_soon(target.settings) else [_soon(lot) for lot in lots], {}, seed=asked.seed)
    house.start()
    try:
        yield target, Sale(lots, house, listens=False)
    finally:
        house.stop()


def find(run_file: Path) -> Target | None:
    """The system that this file describes; None if it does not run.

    Raises:
        CannotRun: it cannot be drilled.
    """
    told = _read(run_file)
    if told is None or not _runs(told["pids"]["supervisor"]):
        return None
    urls = told["urls"]
    if urls["sandbox"] is None or read_books(urls["sandbox"]) is None:
        raise CannotRun(
            f"The system in {run_file.parent} uses Stripe itself, or its sandbox does not answer: a drill would charge "
            "cards, and cannot make Stripe fail. Choose another --data-dir for a system of the drill's own."
        )
    env = environment_of([*told["pids"]["worker"], *told["pids"]["api"]])

    def check() -> None:
        if not _runs(told["pids"]["supervisor"]):
            raise CannotRun(f"The system in {run_file.parent} has ended.")

    return Target(
        run_file=run_file,
        urls=urls,
        service_token=told["service_token"],
        admin_token=told["admin_token"],
        env=env,
        settings=load(env, Role.RUN),
        database_url=urls["database"],
        redis_url=urls["redis"],
        check=check,
    )


def ends_soon(settings: Settings) -> bool:
    """Whether windows end while one waits."""
    return max(settings.standard.window, settings.instant.window) <= SHORT


def environment_of(pids: list[int]) -> dict[str, str]:
    """What the processes of a system were started with: whoever may read this may act for them.

    Raises:
        CannotRun: nobody may, or nobody runs.
    """
    for pid in pids:
        try:
            whole = (_PROC / str(pid) / "environ").read_bytes()
        except OSError:
            continue
        pairs = (pair.partition("=") for pair in whole.decode(errors="surrogateescape").split("\0"))
        return {name: value for name, _, value in pairs if name}
    raise CannotRun("The processes of the running system cannot be read: run the drill as the user who runs it.")


def _read(run_file: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(run_file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CannotRun(f"{run_file} cannot be read: {error}.") from error
    return told


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _soon(lot: Lot) -> Lot:
    return replace(lot, habit=Habit.PAYS_AT_ONCE) if lot.habit in _AT_ONCE else lot
