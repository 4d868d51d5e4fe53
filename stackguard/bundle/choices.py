"""What can be chosen, in a module that costs nothing to import."""

from __future__ import annotations

from typing import Literal, get_args

Runtime = Literal["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"]
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html."""

Architecture = Literal["x86_64", "arm64"]
Kind = Literal["tests", "stubs", "headers", "runtime"]
"""What can be stripped: see `stackguard.bundle.stripping`."""

RUNTIMES: tuple[str, ...] = get_args(Runtime)
ARCHITECTURES: tuple[str, ...] = get_args(Architecture)
KINDS: tuple[str, ...] = get_args(Kind)
