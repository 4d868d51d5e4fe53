"""The start of an audit's processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.fleet import Fleet


def test_nothing_is_imported_from_the_current_folder(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "yaml.py").write_text("open('ran', 'w')\n", encoding="utf-8")
    Fleet(tmp_path / "fleet", 1).write(2)
    command = [str(Path(sys.executable).parent / "stackguard"), "audit", str(tmp_path / "fleet"), "--store", "store"]
    finished = subprocess.run(command, cwd=here, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert not (here / "ran").exists()
