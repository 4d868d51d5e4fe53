"""The product's host, with what tests need besides: see the package's docstring. Run by path."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import coverage

HOST = Path(__file__).parents[2] / "stackguard" / "preview" / "child" / "host.py"
SERVICES = ("cloudwatch", "dynamodb", "ec2", "iam", "kms", "lambda_", "lb", "s3", "sns", "sqs")
"""The modules of pulumi_aws that most programs use."""


def forked() -> None:
    """Apply the variables that a test may change, and measure coverage."""
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        coverage.process_startup()


if __name__ == "__main__":
    exec(*runpy.run_path(str(HOST))["main"](int(sys.argv[1]), SERVICES, ["pulumi_policy"], forked))
