"""The bare cost of a program: the interpreter imports pulumi and pulumi_aws and registers everything, with mocks."""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime.stack import run_pulumi_func


class Echo(pulumi.runtime.Mocks):
    """Returns the inputs of every registration."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """An id, and the inputs as outputs."""
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[Any, Any]:  # noqa: ARG002
        """The same result for every function: the programs need no other."""
        return {"accountId": "111122223333", "partition": "aws", "name": "eu-west-1", "json": "{}"}


def main(folder: Path) -> None:
    """Run the program in `folder` to its end."""
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]
    config = yaml.safe_load((folder / "Pulumi.dev.yaml").read_text(encoding="utf-8"))["config"]
    pulumi.runtime.set_mocks(Echo(), project=project, stack="dev", preview=True)
    pulumi.runtime.set_all_config(
        {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    )
    os.chdir(folder)
    sys.path.insert(0, str(folder))

    program = run_pulumi_func(lambda: runpy.run_path(str(folder), run_name="__main__"))
    asyncio.get_event_loop().run_until_complete(program)  # the loop that the mocks are set up for


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
