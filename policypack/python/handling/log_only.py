"""Programs that do nothing with the records but log them: logging is then the work, which no record may miss."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from policypack.python.callbacks import APPLIED, EACH, ONCE, STARTED, WAITED
from policypack.python.domain import ClassValue, External, FunctionValue, Instance
from policypack.python.handling.scan import Scan
from policypack.python.handling.unrun.consumption import LAZY
from policypack.python.records import CUTTING, TAKING, called_name

_ACTING = {"open", "exec", "eval", "input", "setattr", "delattr", "breakpoint", "__import__"}
_PURE = {f"builtins.{name}" for name in dir(builtins) if name not in _ACTING}
_MODULES = {
    *("itertools", "more_itertools", "functools", "operator", "collections", "contextlib", "dataclasses", "enum"),
    *("json", "re", "math", "decimal", "datetime", "time", "base64", "binascii", "hashlib", "string", "textwrap"),
    *("logging", "warnings", "traceback", "os.path", "os.getenv", "copy", "urllib.parse", "uuid", "random"),
    *("statistics", "zoneinfo", "html", "fnmatch", "pathlib.PurePath"),
}
"""Modules, and functions, whose calls make values of others, log, or wait, and do nothing else."""
_DRIVING = {*ONCE, *APPLIED, *EACH, *STARTED, *WAITED, "gather", "wait", "as_completed", "result", "start", "shutdown"}
"""Calls that run functions of the program, or wait for them; each of those is judged by itself."""
_PASSING = {*EACH, *LAZY, "reduce", "partial", "submit"}
"""Calls whose first argument is a function that runs, now or later."""
_STARTING = {
    *("ThreadPoolExecutor", "ProcessPoolExecutor", "Pool", "ThreadPool", "Semaphore", "BoundedSemaphore", "Lock"),
    *("get_event_loop", "new_event_loop", "get_running_loop", "set_event_loop", "join", "close"),
}
"""Calls by which threads, pools and event loops start and end."""


def only_logs(scans: Iterable[Scan]) -> bool:
    """Whether these functions, which are all that run, do nothing but log.

    What is done about a failure is no work on a record, nor is it to take one, or to count.
    """
    return not any(
        _works(scan, node) and not scan.inside(node, ast.ExceptHandler) for scan in scans for node in scan.nodes
    )


def _works(scan: Scan, node: ast.AST) -> bool:
    match node:
        case ast.AugAssign(value=value):
            return not isinstance(value, ast.Constant)
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return True
        case ast.Call(args=[function, *_]) if called_name(node) in _PASSING and not scan.is_own(function):
            return scan.passed_works(function)
        case ast.Call():
            harmless = called_name(node) in TAKING | CUTTING | _STARTING and not scan.is_aws(node)
            return not (harmless or _is_pure(scan, node) or _runs_own(scan, node)) and scan.does_itself(node)
    return False


def _is_pure(scan: Scan, call: ast.Call) -> bool:
    """Whether a call is of the standard library, and only makes a value."""
    names = [value.name.replace("()", "") for value in scan.values(call.func) if isinstance(value, External)]
    return any(name in _PURE or any(f"{name}.".startswith(f"{module}.") for module in _MODULES) for name in names)


def _runs_own(scan: Scan, call: ast.Call) -> bool:
    """Whether a call runs code of the program, itself or by a library."""
    own = FunctionValue | ClassValue | Instance

    def is_own(node: ast.AST) -> bool:
        return any(isinstance(value, own) for value in scan.values(node))

    if is_own(call.func):
        return True
    arguments = (*call.args, *(keyword.value for keyword in call.keywords))
    parts = [child for argument in arguments for child in ast.walk(argument)]
    return called_name(call) in _DRIVING and (not arguments or any(map(is_own, parts)))
