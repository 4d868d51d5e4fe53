"""Runs a program of this repository with the real CLI against the stand-in, by the interpreter that runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import yaml

HERE = Path(__file__).parent
PACKAGES = ("aws", "kubernetes", "more", "random", "test", "tls")
"""The packages that the stand-in serves."""


def run_pulumi(
    scratch: Path, project: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run the CLI on a project folder, with a backend and a home of its own in `scratch`.

    `environment` has variables that override those of this process.
    """
    (scratch / "backend").mkdir(exist_ok=True)
    variables = {
        **os.environ,
        **environment,
        "PULUMI_BACKEND_URL": f"file://{scratch / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_HOME": str(scratch / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    command = ["pulumi", "-C", str(project), "--non-interactive", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=300)


def with_standin(program: Path, into: Path) -> Path:
    """A project folder, made in `into`, that runs `program` where it is: `pulumi -C FOLDER preview --stack dev`.

    Point `PULUMI_BACKEND_URL` at a `file://` folder and set `PULUMI_CONFIG_PASSPHRASE` too.
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
        "main": str((program / project.get("main", ".")).resolve()),
        "runtime": runtime,
        "plugins": {"providers": [{"name": package, "path": str(plugin.resolve())} for package in PACKAGES]},
    }
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    for config in program.glob("Pulumi.*.yaml"):
        shutil.copy(config, folder)
    return folder
