"""`python -m proof.fuzz TARGET [libFuzzer's options and corpus directories]`."""

import sys
from importlib import import_module
from typing import Final

#: What is watched while it runs: the fuzzer keeps inputs that reach something new in these.
WATCHED: Final = ("domain", "gateways.queue.received", "gateways.stripe", "services.receive_events", "proof.fuzz")
TARGETS: Final = ("signature", "webhook", "message")


def main(arguments: list[str]) -> int:
    """Fuzz until told to stop, or until a promise is broken; libFuzzer decides the exit code."""
    if not arguments or arguments[0] not in TARGETS:
        sys.stderr.write(f"Name what is to be fuzzed: {', '.join(TARGETS)}.\n")
        return 2
    try:
        atheris = import_module("atheris")  # no dependency of ours
    except ImportError:
        sys.stderr.write("This needs atheris, in an environment of its own: pip install atheris.\n")
        return 2
    with atheris.instrument_imports(include=WATCHED):
        targets = import_module("proof.fuzz.targets").TARGETS
    atheris.Setup([sys.argv[0], *arguments[1:]], targets[arguments[0]])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
