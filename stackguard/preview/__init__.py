"""Runs a Pulumi program offline and gathers what it registers.

No CLI, plugins, network or credentials: this process serves what a program talks to, and the program runs unchanged in
its own interpreter. Importing this module imports neither Pulumi nor gRPC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from policypack.masking import Mask

if TYPE_CHECKING:
    from policypack.policy import Resource
    from stackguard.notes import Note
    from stackguard.preview.project import Project

__all__ = ["Observer", "Preview", "run"]

NO_CONFIG: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a program would make of a new stack.

    `config` maps fully qualified keys to values, secret ones included; `secret_config` names those. `resources` are in
    the order in which the program constructs them, the stack itself, components and providers included. `outputs` are
    the stack's exports. `printed` is all that the program printed and logged. `notes` say what nobody answered, and what
    of the mock files was not used. Neither `printed` nor `notes` hold a secret; `config`, `resources` and `outputs` do,
    and `mask` takes what is known to be secret out of any text.
    """

    project: str
    stack: str
    organization: str
    config: Mapping[str, str]
    secret_config: frozenset[str]
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    printed: str
    notes: tuple[Note, ...] = ()
    mask: Mask = field(default_factory=Mask)


class Observer(Protocol):
    """Follows a preview while the program runs. Every call comes from the preview's event loop."""

    async def follow(self, project: Project) -> None:
        """What is done beside the program: starts with it and goes on until `ended`. What it raises stops the program."""

    async def remediated(self, resource: Resource) -> Resource:
        """The resource to go on with: itself, or with the inputs that policy packs make of its own. It has no outputs yet."""

    def registered(self, resource: Resource) -> None:
        """A resource is final, but for what a component, or the stack, says of itself at its end."""

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """The program ended well; these are its resources, in the order in which it constructs them."""


class Nobody:
    """An observer that does nothing."""

    async def follow(self, project: Project) -> None:
        """Nothing."""

    async def remediated(self, resource: Resource) -> Resource:
        """Nothing is changed."""
        return resource

    def registered(self, resource: Resource) -> None:
        """Nothing."""

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """Nothing."""


NOBODY = Nobody()


def run(
    folder: Path,
    *,
    stack: str | None = None,
    config: Mapping[str, str] = NO_CONFIG,
    resolve: bool = True,
    timeout: float = 300.0,
    observer: Observer = NOBODY,
    mock: Sequence[Path] = (),
) -> Preview:
    """Preview the program in `folder`.

    Args:
        folder: where its `Pulumi.yaml` is.
        stack: its stack; may be left out where there is no choice.
        config: values over those of the files, by key.
        resolve: whether what AWS would compute (names, ids, ARNs) is filled in; if not it is unknown.
        timeout: seconds after which a program is stopped.
        observer: follows the preview.
        mock: files with answers that only the cloud could give; those of the first file first.

    Raises:
        CannotJudge: there is no such program or stack, its files are malformed, or it failed or hung.

    """
    from stackguard.preview.mock import load as read_mock
    from stackguard.preview.process import started
    from stackguard.preview.project import load

    project = load(folder, stack, config)
    answers = read_mock(mock)
    with started(project) as program:
        # The program imports its SDK while this process imports its own.
        from stackguard.preview.serve import preview

        return preview(program, project, resolve=resolve, timeout=timeout, observer=observer, mock=answers)
