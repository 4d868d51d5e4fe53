"""Records the engine's requests to a policy pack in a preview of each program, on a new stack.

Needs a `pulumi` CLI on the PATH, and the pack's `.venv`. For all programs, or for folders below `tests`, such as
`sound/fan_out` or `failures`:

    python -m tests.agreement.record_sessions [NAME ...]
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.agreement.engine import new_stack, pulumi
from tests.agreement.session import TESTS, comparable, dump, file_of, programs

RECORDER = Path(__file__).with_name("recorder")


def recorded(program: Path, scratch: Path) -> str:
    """The session of a program, recorded in an empty folder.

    Raises:
        RuntimeError: the preview failed.
    """
    folder = new_stack(program, scratch)
    file = scratch / "requests"
    pulumi(
        scratch,
        folder,
        *("preview", "--stack", "dev", "--policy-pack", str(RECORDER)),
        environment={"RECORDER_FILE": str(file)},
    )
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return dump(lines, program, scratch)


def record(name: str) -> str:
    """Write the session of a program into its file, unless it has the same; return a line with the result."""
    program = TESTS / name
    with tempfile.TemporaryDirectory() as scratch:
        try:
            text = recorded(program, Path(scratch))
        except RuntimeError as error:
            return f"{name}: {error}"
    file = file_of(program)
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and comparable(file.read_text(encoding="utf-8")) == comparable(text):
        return f"{name}: as before"
    file.write_text(text, encoding="utf-8")
    return f"{name}: {text.count(chr(10))} lines, {len(text.encode()):,} bytes"


def main(names: list[str]) -> None:
    """Record the named programs, or all."""
    chosen = [path for path in programs() if not names or any(f"{path}/".startswith(f"{name}/") for name in names)]
    with ThreadPoolExecutor(2) as pool:
        for line in pool.map(record, chosen):
            print(line, flush=True)  # noqa: T201 (a command's output)


if __name__ == "__main__":
    main(sys.argv[1:])
