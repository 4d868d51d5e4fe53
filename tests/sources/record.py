"""Records the requests of Pulumi's engine to a policy pack about the exports, as files that the tests replay.

Our answers are not recorded, so a new policy needs no new recording. Needs a `pulumi` CLI on the PATH, and
the pack's `.venv`. For all exports, or for those that are named:

    python -m tests.sources.record [NAME ...]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EXPORTS = Path(__file__).with_name("exports")
RECORDER = Path(__file__).with_name("recording_pack")
NAMES = sorted(path.stem for path in EXPORTS.glob("*.json"))

Requests = list[dict[str, Any]]


def export(name: str) -> Path:
    """The file of an export."""
    return EXPORTS / f"{name}.json"


def recorded(name: str) -> Requests:
    """The recorded requests about an export."""
    return parsed(export(name).with_suffix(".requests.jsonl").read_text(encoding="utf-8"))


def parsed(lines: str) -> Requests:
    """The requests, one a line."""
    return [json.loads(line) for line in lines.splitlines()]


def analyze(file: Path, pack: Path, **more: str) -> Iterable[dict[str, Any]]:
    """The events of `pulumi policy analyze --json`, without a passphrase that would decrypt secrets.

    Raises:
        RuntimeError: it could not analyse the file.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_CONFIG_PASSPHRASE")}
    command = ["pulumi", "policy", "analyze", "--file", str(file), "--policy-pack", str(pack), "--json"]
    finished = subprocess.run(
        command,
        env=kept | {"PULUMI_SKIP_UPDATE_CHECK": "true"} | more,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if finished.returncode and "mandatory policy violations were found" not in finished.stderr:
        raise RuntimeError(finished.stderr)
    return map(json.loads, finished.stdout.splitlines())


def requests(name: str) -> str:
    """The engine's current requests about an export, one a line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requests"
        file.touch()
        list(analyze(export(name), RECORDER, RECORD_FILE=str(file)))
        return file.read_text(encoding="utf-8")


def main(names: list[str]) -> None:
    """Record the named exports, or all."""
    for name in names or NAMES:
        lines = requests(name)
        export(name).with_suffix(".requests.jsonl").write_text(lines, encoding="utf-8")
        print(f"{name}: {len(lines.splitlines())} requests", flush=True)  # noqa: T201 (the output of the command)


if __name__ == "__main__":
    main(sys.argv[1:])
