"""A scheduler process whose rings are lines of a file."""

import os
import sys
from collections import Counter
from pathlib import Path

from scheduler import process
from scheduler.schedule import Job, Kind

JOBS = (Job("quick", Kind.SWEEP, "quick.do", 0.2, "to be seen"), Job("slow", Kind.CHECK, "slow.do", 3600, "not to be"))


def main(log: str, url: str, port: str) -> int:
    def ring(bells: Counter[str]) -> None:
        with Path(log).open("a") as file:
            file.write("".join(f"{os.getpid()} {bell} {count}\n" for bell, count in bells.items()))

    return process.run(ring, url, JOBS, metrics_port=int(port) if port else None)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
