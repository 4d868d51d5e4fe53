"""The action's script, with a stand-in for Python that installs a stand-in for stackguard."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cli.running import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEP = ACTION["runs"]["steps"][-1]
PYTHON = """#!/bin/bash
mkdir -p "$3/bin"
printf '#!/bin/bash\\nexit %s\\n' "${INSTALLS:-0}" > "$3/bin/pip"
cat > "$3/bin/stackguard" <<'END'
#!/bin/bash
printf '%s\\n' "$@" > "$RUNNER_TEMP/arguments"
while [ $# -gt 0 ]; do
    if [ "$1" = --output ] && [ "$CODE" != 2 ]; then echo "report" > "$2"; fi
    shift
done
exit "$CODE"
END
chmod +x "$3/bin/"*
"""


class Ran:
    def __init__(self, folder: Path, code: int = 0, **inputs: str) -> None:
        (folder / "bin").mkdir()
        (folder / "bin" / "python").write_text(PYTHON)
        (folder / "bin" / "python").chmod(0o755)
        values = {name: value.get("default", "") for name, value in ACTION["inputs"].items()} | inputs
        expressions = {f"${{{{ inputs.{name} }}}}": value for name, value in values.items()}
        environment = {
            name: expressions.get(expression, values["source"] or "/action") for name, expression in STEP["env"].items()
        }
        environment |= {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(folder / "temp"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "CODE": str(code),
            "INSTALLS": inputs.get("installs", "0"),
        }
        (folder / "temp").mkdir()
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", STEP["run"]]
        self.code = subprocess.run(command, env=environment, cwd=folder, check=False).returncode
        lines = (folder / "output").read_text().splitlines()
        self.outputs = dict(line.split("=", 1) for line in lines)
        arguments = folder / "temp" / "arguments"
        self.arguments = arguments.read_text().splitlines() if arguments.exists() else []
        self.summary = (folder / "summary").read_text() if (folder / "summary").exists() else ""


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_and_the_reports_are_outputs(tmp_path: Path, code: int) -> None:
    ran = Ran(tmp_path, code)
    assert ran.code == code
    assert ran.outputs.pop("exit-code") == str(code)
    assert set(ran.outputs) == (set() if code == 2 else {"json", "sarif", "markdown"})
    assert set(ran.outputs) | {"exit-code"} <= set(ACTION["outputs"])
    assert all(Path(file).read_text() == "report\n" for file in ran.outputs.values())
    assert ran.summary == ("" if code == 2 else "report\n")


def test_inputs_are_arguments_and_never_code(tmp_path: Path) -> None:
    evil = "infra/*; touch hacked $(touch hacked) 'one project'"
    ran = Ran(tmp_path, targets=evil, args="--mock 'my mock.yaml'", settings="s.yaml", **{"fail-on": "high"})
    assert ran.arguments[-6:] == ["infra/*;", "touch", "hacked", "$(touch", "hacked)", "one project"]
    assert "--all-stacks" in ran.arguments
    assert ran.arguments[:5] == ["check", "--fail-on", "high", "--mock", "my mock.yaml"]
    assert not (tmp_path / "hacked").exists()


def test_one_stack(tmp_path: Path) -> None:
    assert "--all-stacks" not in Ran(tmp_path, **{"all-stacks": "false", "args": "--stack dev"}).arguments


def test_what_cannot_be_installed_cannot_judge(tmp_path: Path) -> None:
    ran = Ran(tmp_path, installs="1")
    assert (ran.code, ran.outputs) == (2, {"exit-code": "2"})
