"""Runs a Pulumi program in its own interpreter: the child's side of the preview.

Started by path with a file descriptor and the folder of the engine's socket. Depends on nothing but the `pulumi` of the program's own
environment, and works on every Python that `pulumi` works on. What it does is what Pulumi's language host does
(sdk/python/cmd/pulumi-language-python-exec of https://github.com/pulumi/pulumi).

The parent writes one JSON line to the descriptor once it serves, and holds it open for as long as it lives.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import importlib.util
import inspect
import json
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import traceback
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

EXIT_REPORTED = 32  # the failure was sent to the engine's log
EXIT_NO_PULUMI = 33
EXIT_OLD_PULUMI = 35
OLDEST_PULUMI = (3, 25)  # older ones do not wait for what a program registers late
TOKEN = os.environ.get("PULUMI_HOST_ID", "")
HERE = Path(__file__).absolute().parent
SIBLINGS = (
    *("placeholders", "several", "origins", "operations", "building", "counting", "rewriting", "loops", "catching"),
    *("constructors", "keeping", "applying", "sdk_hooks", "secrets"),
)
ABANDONED: list[Callable[[], None]] = []
"""What to do once nobody waits for the program any more, before it is ended."""
THREADS = 64  # each waits for one answer; transforms make calls while their own registration waits


def main() -> None:
    """Wait for the engine, run the program, and exit with what came of it."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    watcher = threading.Thread(target=watch, args=(int(sys.argv[1]), sys.argv[2], lines), daemon=True)
    watcher.start()
    try:
        modules = types.SimpleNamespace(**{name: sibling(f"_{name}") for name in SIBLINGS})
    except OSError:
        if not lines.empty() and not lines.get():
            watcher.join()  # the parent is gone: `watch` removes the folder that these are in, and ends this process
        raise
    if sys.path and Path(sys.path[0]).resolve() == Path(__file__).resolve().parent:
        del sys.path[0]  # this folder's modules are not the program's
    try:
        import pulumi
        import pulumi.runtime
    except ModuleNotFoundError as error:
        if error.name != "pulumi":
            raise
        sys.exit(EXIT_NO_PULUMI)
    if tuple(map(int, version("pulumi").split(".")[:2])) < OLDEST_PULUMI:
        sys.exit(EXIT_OLD_PULUMI)
    line = lines.get()
    if not line:
        watcher.join()  # the parent is gone, and `watch` is about to end this process
    modules.watcher = watcher.ident
    leave(run(pulumi, json.loads(line), modules))


def sibling(name: str) -> Any:
    """A module beside this one, which is no package to the program's interpreter, and not among its modules."""
    spec: Any = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def leave(code: int) -> None:
    """Exit as the interpreter does, but without taking 300 MB of modules apart object by object."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 (the program's own, in their order)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # the program may have closed it
            stream.flush()
    os._exit(code)


def watch(descriptor: int, folder: str, lines: queue.SimpleQueue[str]) -> None:
    """Hand on the parent's line; when the parent dies, end this process and all that it started."""
    ending = str(Path(__file__).resolve().with_name("_ending.py"))  # not by the link, which goes with the folder
    with os.fdopen(descriptor) as pipe:
        line = pipe.readline()
        lines.put(line)
        pipe.read()
    for undo in ABANDONED:
        undo()
    shutil.rmtree(folder, ignore_errors=True)  # the parent's own, which it could not remove
    with contextlib.suppress(OSError):
        # What left the group is ended by a process of its own: as long as this one lives it may start more.
        subprocess.Popen([sys.executable, "-IS", ending, TOKEN, folder], env={}, start_new_session=True)  # noqa: S603
    os.killpg(0, signal.SIGKILL)


def run(pulumi: Any, context: dict[str, Any], modules: Any) -> int:
    """Run the program in a stack against the engine, and confirm its end; return the exit code."""
    runtime, report = pulumi.runtime, pulumi.log.error
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    settings = {
        "monitor": context["address"],
        "engine": context["address"],
        "project": context["project"],
        "stack": context["stack"],
        "parallel": THREADS // 4,
        "dry_run": True,
        "organization": context["organization"],
        "root_directory": context["root"],
    }
    known = inspect.signature(runtime.Settings.__init__).parameters
    runtime.configure(runtime.Settings(**{key: value for key, value in settings.items() if key in known}))
    # Nobody reads debug messages here, and the SDK sends each, several a resource, as a call of its own.
    pulumi.log.debug = ignore
    following = modules.sdk_hooks.install(pulumi, modules)
    modules.secrets.install(following.parent, modules.placeholders.Placeholder)
    modules.rewriting.install(modules)
    if context["asks_to_write"]:
        undo = sibling("_writing").install(
            lambda: following.parent.send("write"), sys.argv[2], tuple(context["caches"]), modules.watcher
        )
        ABANDONED.append(undo)
    wait_in_one_go()
    # What is imported stays, and a program makes little garbage: looking for some costs a third of a big one's time.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    # A failing program leaves futures that nobody awaits; what failed is told once, below.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    entry = context["entry"]
    program = Path.cwd() / entry
    sys.argv = [entry]
    if program.is_file():
        sys.path.insert(0, str(program.parent))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(THREADS)
    loop.set_default_executor(executor)
    exits: list[SystemExit] = []
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: start(program, exits, modules)))
        confirm(loop, following, context["nonce"])
    except SystemExit as error:
        # The program's module may end itself so. Elsewhere, as in a function given to `apply`, it cuts the rest off.
        if error in exits and (error.code is None or error.code == 0):
            confirm(loop, following, context["nonce"])
        raise
    except pulumi.RunError as error:
        report(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 (whatever the program raises)
        report("Program failed with an unhandled exception:\n" + user_traceback(error, program))
        return EXIT_REPORTED
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def start(program: Path, exits: list[SystemExit], modules: Any) -> None:
    """Run the program's module, and return nothing: what is returned would be awaited. An exit of its own is noted."""
    try:
        modules.rewriting.run(program, modules)
    except SystemExit as error:
        exits.append(error)
        raise


def confirm(loop: asyncio.AbstractEventLoop, following: Any, nonce: str) -> None:
    """Tell the parent which functions never ran, and that the program came to its end."""
    loop.run_until_complete(following.send_waiting())
    following.parent.send("ended", nonce=nonce)


def wait_in_one_go() -> None:
    """Have the SDK wait for all outputs at once, or for the first that fails.

    Its own loop waits for any one of them, again and again: with thousands that takes longer than all the rest.
    """
    stack: Any = sys.modules.get("pulumi.runtime.stack")
    if not hasattr(stack, "asyncio"):
        return

    def wait(awaited: Any, **options: Any) -> Any:
        return asyncio.wait(awaited, **{**options, "return_when": asyncio.FIRST_EXCEPTION})

    stack.asyncio = types.SimpleNamespace(**{**vars(asyncio), "wait": wait})


def ignore(*_args: object, **_kwargs: object) -> None:
    """Do nothing."""


ignore.__name__, ignore.__qualname__, ignore.__module__ = "debug", "debug", "pulumi.log"


def user_traceback(error: BaseException, program: Path) -> str:
    """The traceback from the program's own first frame on, or all of it where the program has none in it."""
    module = program if program.is_file() else program / "__main__.py"
    told = traceback.TracebackException(type(error), error, error.__traceback__)
    hide_frames(told)
    own = next((index for index, frame in enumerate(told.stack) if Path(frame.filename).absolute() == module), None)
    hide_frames(told, None if own is None else len(told.stack) - own)
    return "".join(told.format())


def hide_frames(told: Any, last: int | None = None) -> None:
    """Leave out the frames of this folder's modules, and all but the `last`, in an error and those that led to it."""
    while told is not None:
        frames = [each for each in told.stack if Path(each.filename).absolute().parent != HERE]
        told.stack = traceback.StackSummary.from_list(frames if last is None else frames[-last:])
        told = told.__cause__ or told.__context__


if __name__ == "__main__":
    main()
