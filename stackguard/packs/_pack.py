"""Runs a policy pack in its own interpreter: the child's side.

Started by path, in the program's folder, with a file descriptor, the pack's folder, a module and the module's
arguments. Depends on nothing but the `pulumi` of the pack's own environment. As under Pulumi's language host, the pack
is a child of a process that stays in the program's folder. The gate holds the descriptor open for as long as it lives.
"""

from __future__ import annotations

import functools
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

EXIT_NO_PULUMI = 33


def main() -> None:
    """Run the pack in a child, and end as it ends."""
    descriptor, folder, module, *arguments = sys.argv[1:]
    child = os.fork()
    if child:
        threading.Thread(target=watch, args=(int(descriptor),), daemon=True).start()
        leave(os.waitpid(child, 0)[1])
    os.close(int(descriptor))
    os.chdir(folder)
    run(folder, module, arguments)


def run(folder: str, module: str, arguments: list[str]) -> None:
    """Run the module as `python -m` does in that folder."""
    sys.path[0] = folder
    sys.argv = [module, *arguments]
    try:
        import pulumi  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "pulumi":
            raise
        sys.exit(EXIT_NO_PULUMI)
    logging.getLogger("grpc").addHandler(logging.StreamHandler())  # where a policy crashes is told there alone
    end_by_leaving()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_by_leaving() -> None:
    """Have a policy that leaves, as by `sys.exit`, end the pack: a thread of gRPC's would drop that and never answer."""
    import grpc

    class Leaving(grpc.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs alone
        def intercept_service(self, continuation: Any, details: Any) -> Any:
            handler = continuation(details)
            if handler is None or handler.unary_unary is None:
                return handler
            return grpc.unary_unary_rpc_method_handler(
                leaving(handler.unary_unary), handler.request_deserializer, handler.response_serializer
            )

    grpc.server = functools.partial(grpc.server, interceptors=[Leaving()])


def leaving(answer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function, which ends the process where it leaves."""

    def call(request: Any, context: Any) -> Any:
        try:
            return answer(request, context)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever else it is, nobody above would hear of it)
            traceback.print_exc()
            os._exit(error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1)

    return call


def watch(descriptor: int) -> None:
    """When the gate dies, end this process and all that it started."""
    with os.fdopen(descriptor) as pipe:
        pipe.read()
    os.killpg(0, signal.SIGKILL)


def leave(status: int) -> None:
    """End with the status of a child that ended."""
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) % 256)


if __name__ == "__main__":
    main()
