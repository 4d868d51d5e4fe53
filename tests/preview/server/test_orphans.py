"""What a program leaves that kills its supervisors: the command line ends it, and nothing of others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.preview.server.test_failures import needs_subreaper, write
from tests.processes import gone, own, tagged

pytestmark = pytest.mark.outside

SUPERVISORS = """
inner = os.getppid()
outer = int(open(f"/proc/{inner}/stat").read().rsplit(")", 1)[1].split()[1])
"""
DAEMON = "subprocess.Popen(['sleep', '{tag}'], env={{}}, start_new_session=True)"


@needs_subreaper
@pytest.mark.parametrize(("killed", "tag"), [("outer, inner", 71200), ("inner, outer", 71210)])
@pytest.mark.parametrize("daemon", ["first", "last"])
def test_no_daemon_outlives_both_supervisors(program: Path, killed: str, tag: int, daemon: str) -> None:
    tags = [own(tag + number) for number in range(2)]
    start, kill = DAEMON.format(tag=tags[0]), f"[os.kill(process, 9) for process in ({killed})]"
    steps = [SUPERVISORS, *([start, kill] if daemon == "first" else [kill, start]), "time.sleep(20)"]
    write(program, "\n".join(steps))
    other = subprocess.Popen(["sleep", tags[1]], start_new_session=True)
    command = [sys.executable, "-m", "stackguard", "check", str(program)]
    try:
        gate = subprocess.run(command, cwd=program, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        assert (gate.returncode, "was killed by signal 9" in gate.stderr) == (2, True)
        assert gone(tags[0])
        assert tagged(tags[1])  # it is no child of the gate
    finally:
        other.kill()
        other.wait()
