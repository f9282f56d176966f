"""A supervisor of a master with a worker, a child that takes no notice of SIGTERM, and a plain one; to be killed."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from sandbox.supervisor import Child, Supervisor

SLEEPS = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEPS}"
WORKER = f"subprocess.Popen([sys.executable, '-c', {SLEEPS!r}])"
MASTER = f"import subprocess, sys; worker = {WORKER}; print('up', flush=True); worker.wait()"
logs = Path(sys.argv[1])


def says_something(name: str) -> bool:
    return bool((logs / name).read_text())


Supervisor().start(
    Child("plain", [sys.executable, "-c", SLEEPS]),
    *(
        Child(
            name,
            [sys.executable, "-c", code],
            log=logs / name,
            ready=lambda _, name=name: says_something(name),  # type: ignore[misc]
            stop_seconds=1,
        )
        for name, code in [("deaf", DEAF), ("master", MASTER)]
    ),
)
sys.stdout.write("ready\n")
sys.stdout.flush()
time.sleep(600)
