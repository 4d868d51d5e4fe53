"""Runs a Pulumi program offline and gathers what it registers.

No CLI, plugins, network or credentials: this process serves what a program talks to, and the program runs unchanged in
its own interpreter. Importing this module imports neither Pulumi nor gRPC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policypack.policy import Resource

__all__ = ["Preview", "run"]

NO_CONFIG: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a program would make of a new stack.

    `config` maps fully qualified keys to values, secret ones included; `secret_config` names those. `resources` are in
    the order in which the program constructs them, the stack itself, components and providers included. `outputs` are
    the stack's exports. `printed` is all that the program printed and logged.
    """

    project: str
    stack: str
    organization: str
    config: Mapping[str, str]
    secret_config: frozenset[str]
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    printed: str


def run(
    folder: Path,
    *,
    stack: str | None = None,
    config: Mapping[str, str] = NO_CONFIG,
    resolve: bool = True,
    timeout: float = 300.0,
    meanwhile: Callable[[], None] = lambda: None,
) -> Preview:
    """Preview the program in `folder`.

    Args:
        folder: where its `Pulumi.yaml` is.
        stack: its stack; may be left out where there is no choice.
        config: values over those of the files, by key.
        resolve: whether what AWS would compute (names, ids, ARNs) is filled in; if not it is unknown.
        timeout: seconds after which a program is stopped.
        meanwhile: done in a thread while the program imports what it needs and this process would only wait; what it
            raises stops the program.

    Raises:
        CannotJudge: there is no such program or stack, its files are malformed, or it failed or hung.

    """
    from stackguard.preview.process import started
    from stackguard.preview.project import load

    project = load(folder, stack, config)
    with started(project) as program:
        # The program imports its SDK while this process imports its own.
        from stackguard.preview.serve import preview

        return preview(program, project, resolve=resolve, timeout=timeout, meanwhile=meanwhile)
