"""Lets the real CLI run a program of this repository against the stand-in, with the interpreter that runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent


def run_pulumi(scratch: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the CLI on a project folder, with a backend and a home of its own in `scratch`."""
    (scratch / "backend").mkdir(exist_ok=True)
    environment = os.environ | {
        "PULUMI_BACKEND_URL": f"file://{scratch / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_HOME": str(scratch / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    command = ["pulumi", "-C", str(project), "--non-interactive", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


def with_standin(program: Path, into: Path) -> Path:
    """A project folder, made in `into`, that runs `program` where it is: `pulumi -C FOLDER preview --stack dev`.

    Point `PULUMI_BACKEND_URL` at a `file://` folder and set `PULUMI_CONFIG_PASSPHRASE` beside it.
    """
    plugin = into / "plugin"
    plugin.mkdir(parents=True)
    shutil.copy(HERE / "__main__.py", plugin)
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    (plugin / "PulumiPlugin.yaml").write_text(yaml.safe_dump({"runtime": runtime}))

    folder = into / "project"
    folder.mkdir()
    project = yaml.safe_load((program / "Pulumi.yaml").read_text())
    project |= {
        "main": str(program.resolve()),
        "runtime": runtime,
        "plugins": {"providers": [{"name": "aws", "path": str(plugin.resolve())}]},
    }
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    for config in program.glob("Pulumi.*.yaml"):
        shutil.copy(config, folder)
    return folder
