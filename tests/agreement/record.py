"""Records the engine's previews of the programs, as the files that the tests compare with.

Needs a `pulumi` CLI on the PATH, and the pack's `.venv`. For all programs, or for those that are named:

    python -m tests.agreement.record [NAME ...]
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.agreement.engine import engine_view
from tests.agreement.view import PROGRAMS, dump


def record(program: Path) -> str:
    """Write `recorded.json` into a program's folder; return a line with the result."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            view = engine_view(program, Path(scratch))
        except RuntimeError as error:
            return f"{program.name}: {error}"
    (program / "recorded.json").write_text(dump(view), encoding="utf-8")
    return f"{program.name}: {len(view['resources'])} resources, {len(view['outcomes'])} outcomes"


def main(names: list[str]) -> None:
    """Record the named programs, or all."""
    programs = [PROGRAMS / name for name in names] or sorted(path.parent for path in PROGRAMS.glob("*/Pulumi.yaml"))
    with ThreadPoolExecutor(2) as pool:
        for line in pool.map(record, programs):
            print(line, flush=True)  # noqa: T201 (a command's output)


if __name__ == "__main__":
    main(sys.argv[1:])
