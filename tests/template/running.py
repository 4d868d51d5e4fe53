"""Runs the programs beside this file, each as the stack `dev` of a project of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(file.stem for file in PROGRAMS.glob("*.py"))
PASSWORD = "correct-horse-battery"


def project(folder: Path, name: str) -> Path:
    """A project's folder with the program in it, ready to be run."""
    folder.mkdir(exist_ok=True)
    shutil.copy(PROGRAMS / f"{name}.py", folder / "__main__.py")
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  aws:region: eu-west-1\n  {name}:password: {PASSWORD}\n")
    return folder
