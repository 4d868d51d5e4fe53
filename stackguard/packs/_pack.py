"""Runs a policy pack in its own interpreter: the child's side.

Started by path with a file descriptor, a module and the module's arguments. Depends on nothing but the `pulumi` of the
pack's own environment. The parent holds the descriptor open for as long as it lives.
"""

from __future__ import annotations

import logging
import os
import runpy
import signal
import sys
import threading

EXIT_NO_PULUMI = 33


def main() -> None:
    """Run the module as `python -m` does."""
    descriptor, module, *arguments = sys.argv[1:]
    threading.Thread(target=watch, args=(int(descriptor),), daemon=True).start()
    sys.path[0] = os.getcwd()  # noqa: PTH109 (no module more than is needed)
    sys.argv = [module, *arguments]
    try:
        import pulumi  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "pulumi":
            raise
        sys.exit(EXIT_NO_PULUMI)
    logging.getLogger("grpc").addHandler(logging.StreamHandler())  # where a policy crashes is told there alone
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def watch(descriptor: int) -> None:
    """When the parent dies, end this process and all that it started."""
    with os.fdopen(descriptor) as pipe:
        pipe.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
