"""What a program's Python is asked about the packages of its repository."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stackguard.preview.project.earlier import Earlier, with_packages


def test_the_question_runs_no_module_of_the_programs_folder(tmp_path: Path) -> None:
    """It is asked outside of the supervised run, in which alone the code of a program may run."""
    root, tree, ran = tmp_path / "repository", tmp_path / "tree", tmp_path / "ran"
    for folder, content in ((root, "AGE = 2"), (tree, "AGE = 1")):
        (folder / "shared/acme").mkdir(parents=True)
        (folder / "shared/acme/__init__.py").write_text(content)
    (root / "program").mkdir()
    (root / "program/json.py").write_text(f"open({str(ran)!r}, 'w').close()\nraise SystemExit(1)\n")
    environment = {**os.environ, "PYTHONPATH": str(root / "shared")}
    earlier = Earlier(root / "program", root, tree, tmp_path / "links")
    asked = with_packages(earlier, Path(sys.executable), environment)
    assert not ran.exists()
    assert asked["PYTHONPATH"].split(os.pathsep) == [str(tmp_path / "links"), str(root / "shared")]
    assert (tmp_path / "links/acme/__init__.py").read_text() == "AGE = 1"
