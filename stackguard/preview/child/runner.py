"""Runs a Pulumi program in its own interpreter: the child's side of the preview.

Started by path with a file descriptor and the folder of the engine's socket. Depends on nothing but the `pulumi` of the program's own
environment, and works on every Python that `pulumi` works on. It does the same as Pulumi's language host
(sdk/python/cmd/pulumi-language-python-exec of https://github.com/pulumi/pulumi).

The parent writes one JSON line to the descriptor once it serves, and keeps it open for as long as it lives.
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
import runpy
import shutil
import signal
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
OLDEST_PULUMI = (3, 25)  # older ones do not wait for late registrations
HERE = Path(__file__).absolute().parent
PACKAGE = "_host"
ABANDONED: list[Callable[[], None]] = []
"""Functions to run if the parent is gone, before the program is ended."""
GRACE = 5.0
"""Seconds in which `watch` undoes what the program wrote, if the parent is gone."""
THREADS = 64  # each waits for one answer; transforms make calls while their own registration waits


def main() -> None:
    """Wait for the engine, run the program, and exit with its result."""
    if sys.path and Path(sys.path[0]).resolve() == HERE.resolve():
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
    # Before a thread runs: coverage.py drops modules that are imported while it reads `sys.path` again.
    package = load()
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    watcher = threading.Thread(target=watch, args=(int(sys.argv[1]), sys.argv[2], lines), daemon=True)
    watcher.start()
    line = lines.get()
    if not line:
        watcher.join()  # the parent is gone, and `watch` is about to end this process
    leave(run(pulumi, json.loads(line), package, watcher.ident))


def load() -> Any:
    """The package that this file is part of, which is not among the program's modules."""
    spec: Any = importlib.util.spec_from_file_location(PACKAGE, HERE / "__init__.py")
    package = sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    for name in ("sdk_hooks", "secret_outputs", "file_writes"):
        importlib.import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    return package


def leave(code: int) -> None:
    """Exit as the interpreter does, but without freeing 300 MB of modules object by object."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # the program may have closed it
            stream.flush()
    os._exit(code)


def watch(descriptor: int, folder: str, lines: queue.SimpleQueue[str]) -> None:
    """Pass on the parent's line; when the parent dies, undo what is to be undone, and end this process's group."""
    with os.fdopen(descriptor) as pipe:
        line = pipe.readline()
        lines.put(line)
        pipe.read()
    for undo in ABANDONED:
        undo()
    shutil.rmtree(folder, ignore_errors=True)  # the parent's own, which it could not remove
    os.killpg(0, signal.SIGKILL)


def run(pulumi: Any, context: dict[str, Any], package: Any, watcher: int | None) -> int:
    """Run the program in a stack against the engine, and confirm its end; return the exit code."""
    configure(pulumi, context)
    package.sdk_hooks.install()
    package.secret_outputs.install()
    send = package.placeholders.calls.send
    if context["asks_to_write"]:
        writes = package.file_writes.Writes(lambda: send("write"), sys.argv[2], context["caches"], watcher)
        sys.addaudithook(writes.hook)
        ABANDONED.append(writes.undo)
    # Imported modules stay, and a program creates little garbage: collecting it takes a third of a big program's time.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    # A failing program leaves futures that nothing awaits; the failure is reported once, below.
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

    def start() -> None:  # returns nothing: what is returned would be awaited
        try:
            package.operations.rewriter.run(program)
        except SystemExit as error:
            exits.append(error)
            raise

    def confirm() -> None:
        loop.run_until_complete(package.apply_callbacks.send_waiting())
        send("ended", nonce=context["nonce"])

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(start))
        confirm()
    except SystemExit as error:
        # The program's module may exit so. Elsewhere, as in a function given to `apply`, an exit skips the rest.
        if error in exits and (error.code is None or error.code == 0):
            confirm()
        raise
    except pulumi.RunError as error:
        report(pulumi, str(error))
        return 1
    except BaseException as error:  # noqa: BLE001 (whatever the program raises, also `KeyboardInterrupt`)
        report(pulumi, "Program failed with an unhandled exception:\n" + user_traceback(error, program))
        return EXIT_REPORTED
    finally:
        executor.shutdown(wait=True)
        with contextlib.suppress(OSError):  # the program may have closed its descriptors
            loop.close()
    return 0


def report(pulumi: Any, text: str) -> None:
    """Send an error to the engine's log, or print it if the program has closed the connection."""
    text = text.encode(errors="backslashreplace").decode()  # lone surrogates cannot be sent
    try:
        pulumi.log.error(text)
    except Exception:  # noqa: BLE001 (whatever of the SDK fails first)
        with contextlib.suppress(AttributeError, OSError, ValueError):
            sys.stderr.write(f"{text}\n")


def configure(pulumi: Any, context: dict[str, Any]) -> None:
    """Connect the SDK to the engine, and turn off what is not needed here."""
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in streams:  # the parent reads UTF-8, whatever the locale
        with contextlib.suppress(AttributeError, ValueError, OSError):
            if stream.encoding.lower() != "utf-8":
                stream.reconfigure(encoding="utf-8", errors=stream.errors)
    runtime = pulumi.runtime
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
    # Debug messages are not used here, and the SDK sends each, several a resource, as a call of its own.
    pulumi.log.debug = ignore
    stack: Any = sys.modules.get("pulumi.runtime.stack")
    if hasattr(stack, "asyncio"):
        stack.asyncio = types.SimpleNamespace(**{**vars(asyncio), "wait": wait_for_all})


def wait_for_all(awaited: Any, **options: Any) -> Any:
    """Wait for all outputs at once, or for the first that fails, in the SDK.

    Its own loop waits for any one of them, again and again: with thousands, this takes most of the time.
    """
    return asyncio.wait(awaited, **{**options, "return_when": asyncio.FIRST_EXCEPTION})


def ignore(*_args: object, **_kwargs: object) -> None:
    """Do nothing."""


ignore.__name__, ignore.__qualname__, ignore.__module__ = "debug", "debug", "pulumi.log"


def user_traceback(error: BaseException, program: Path) -> str:
    """The traceback from the program's own first frame on, or from the first frame that is not Python's or the SDK's."""
    module = program if program.is_file() else program / "__main__.py"
    error_report = traceback.TracebackException(type(error), error, error.__traceback__)
    hide_frames(error_report)
    stack = error_report.stack
    own = next((index for index, frame in enumerate(stack) if Path(frame.filename).absolute() == module), None)
    if own is None:
        least = 0 if isinstance(error, SyntaxError) else 1  # a syntax error has its own place in its text
        own = next((index for index, frame in enumerate(stack) if not starts_programs(frame)), len(stack) - least)
    hide_frames(error_report, len(stack) - own)
    return "".join(error_report.format())


def starts_programs(frame: traceback.FrameSummary) -> bool:
    """Whether a frame is of what leads to a program: of `asyncio`, `runpy` or `pulumi.runtime`."""
    path = Path(frame.filename)
    runs = path.parts[-3:-1] == ("pulumi", "runtime") or path.parent == Path(asyncio.__file__).parent
    return runs or frame.filename in ("<frozen runpy>", runpy.__file__)


def hide_frames(report: Any, last: int | None = None) -> None:
    """Leave out this package's frames, and all but the `last`, in an error and those that led to it."""
    while report is not None:
        frames = [frame for frame in report.stack if HERE not in Path(frame.filename).absolute().parents]
        shown = frames if last is None else frames[max(0, len(frames) - last) :]
        report.stack = traceback.StackSummary.from_list(shown)
        report = report.__cause__ or report.__context__


if __name__ == "__main__":
    supervisor = runpy.run_path(str(HERE / "supervisor.py"))
    supervisor["supervise"](int(sys.argv[1]), sys.argv[2], grace=GRACE)
    main()
