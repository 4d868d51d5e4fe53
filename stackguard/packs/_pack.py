"""Runs a policy pack in its own interpreter.

The gate starts this file by its path, in the program's folder, with a file descriptor, the pack's folder, a module and
the module's arguments. It only imports `pulumi` of the pack's environment. As under Pulumi's language host, the pack is a
child of a process that stays in the program's folder. The gate keeps the descriptor open as long as it runs.
"""

from __future__ import annotations

import functools
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXIT_NO_PULUMI = 33
SUPERVISOR = Path(__file__).parents[1] / "preview" / "child" / "supervisor.py"


def main() -> None:
    """Run the pack in a child, and exit with its status."""
    descriptor, folder, module, *arguments = sys.argv[1:]
    runpy.run_path(str(SUPERVISOR))["supervise"](int(descriptor))
    os.close(int(descriptor))
    os.chdir(folder)
    run(folder, module, arguments)


def run(folder: str, module: str, arguments: list[str]) -> None:
    """Run the module as `python -m` in that folder."""
    sys.path[0] = folder
    sys.argv = [module, *arguments]
    try:
        import pulumi  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "pulumi":
            raise
        sys.exit(EXIT_NO_PULUMI)
    logging.getLogger("grpc").addHandler(logging.StreamHandler())  # logs the traceback of a policy that crashes
    exit_on_system_exit()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def exit_on_system_exit() -> None:
    """Let `sys.exit` in a policy end the pack: a thread of gRPC would ignore it and never answer."""
    import grpc

    class Exiting(grpc.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs alone
        def intercept_service(self, continuation: Any, details: Any) -> Any:
            handler = continuation(details)
            if handler is None or handler.unary_unary is None:
                return handler
            return grpc.unary_unary_rpc_method_handler(
                exiting(handler.unary_unary), handler.request_deserializer, handler.response_serializer
            )

    grpc.server = functools.partial(grpc.server, interceptors=[Exiting()])


def exiting(answer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function, which ends the process if it raises `SystemExit` or another exit."""

    def call(request: Any, context: Any) -> Any:
        try:
            return answer(request, context)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001 (gRPC would ignore it)
            traceback.print_exc()
            os._exit(error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1)

    return call


if __name__ == "__main__":
    main()
