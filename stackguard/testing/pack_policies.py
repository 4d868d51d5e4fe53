"""The policies of a pack as its program defines them."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    import pulumi_policy


def pack_policies(folder: Path | str) -> Mapping[str, pulumi_policy.Policy]:
    """The policies of a CrossGuard pack in Python by name.

    Its `__main__.py` runs in this process, and `PolicyPack` keeps its policies instead of serving them.

    Args:
        folder: the pack's, relative to the working folder.

    Raises:
        LookupError: there is no such program, or it makes no `PolicyPack`.
    """
    program = Path(folder) / "__main__.py"
    if not program.is_file():
        raise LookupError(f"there is no policy pack in `{folder}`: it has no `__main__.py`")
    kept: dict[str, pulumi_policy.Policy] = {}

    def keep(name: str, policies: Sequence[pulumi_policy.Policy], *_more: object, **_options: object) -> None:  # noqa: ARG001 (its names are the SDK's)
        kept.update((policy.name, policy) for policy in policies)

    with mock.patch("pulumi_policy.PolicyPack", keep), mock.patch.object(sys, "path", [str(program.parent), *sys.path]):
        runpy.run_path(str(program), run_name="__main__")
    if not kept:
        raise LookupError(f"the policy pack in `{folder}` makes no `PolicyPack` with policies")
    return kept
