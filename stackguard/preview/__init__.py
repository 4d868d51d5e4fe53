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

from policypack.evaluation.masking import Mask

if TYPE_CHECKING:
    import threading

    from policypack.core.policy import Resource, Unseen
    from stackguard.notes import Note
    from stackguard.preview.project.project import Project

__all__ = ["Observer", "Preview", "of", "run"]

NO_CONFIG: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a program would make of a new stack.

    `config` maps fully qualified keys to values, secret ones included; `secret_config` names those. `resources` are in
    the order in which the program constructs them, the stack itself, components and providers included. `outputs` are
    the stack's exports. `printed` is all that the program printed and logged. `notes` say what nobody answered, and what
    of the mock files was not used. Neither `printed` nor `notes` hold a secret; `config`, `resources` and `outputs` do,
    and `mask` takes what is known to be secret out of any text. `unseen` says where resources may be constructed that
    are not among these. `made_up` are texts that will be others in the cloud: names, ids and ARNs with a part drawn at
    random. `stand_in` is whether some provider's account is not known, so that the stand-in of `stackguard.stand_in`
    stands in its ARNs.
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
    unseen: tuple[Unseen, ...] = ()
    made_up: frozenset[str] = frozenset()
    stand_in: bool = False
    mask: Mask = field(default_factory=Mask)


class Observer(Protocol):
    """Follows a preview while the program runs. Every call comes from the preview's event loop."""

    async def follow(self, project: Project) -> None:
        """What is done beside the program: starts with it and goes on until `ended`. What it raises stops the program."""

    async def remediated(self, resource: Resource) -> Resource:
        """The resource to go on with: itself, or with the inputs that policy packs make of its own. It has no outputs yet."""

    def registered(self, resource: Resource) -> None:
        """A resource is final, but for its account, and for what a component, or the stack, says of itself at its end."""

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """The program ended well; these are its resources, in the order in which it constructs them.

        One that is another object than was registered has changed since.
        """


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
    account: str | None = None,
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
        account: the account of every provider; None takes each from what states it (docs/decisions/0025).

    Raises:
        CannotJudge: there is no such program or stack, its files are malformed, or it failed or hung.

    """
    from stackguard.preview.project.project import load

    project = load(folder, stack, config)
    return of(project, resolve=resolve, timeout=timeout, observer=observer, mock=mock, account=account)


def of(
    project: Project,
    *,
    resolve: bool = True,
    timeout: float = 300.0,
    observer: Observer = NOBODY,
    mock: Sequence[Path] = (),
    account: str | None = None,
    may_write: threading.Event | None = None,
) -> Preview:
    """Preview the program of a project that is read already; the other arguments are those of `run`.

    Args:
        project: its files' content.
        resolve: as in `run`.
        timeout: as in `run`.
        observer: as in `run`.
        mock: as in `run`.
        account: as in `run`.
        may_write: until it is set, the program waits before it writes a file or starts a process; None lets it.

    Raises:
        CannotJudge: the program failed or hung, or a mock file is malformed.
    """
    from stackguard.preview.placeholders.mock import load as read_mock
    from stackguard.preview.server.process import started

    answers = read_mock(mock)
    with started(project) as program:
        # The program imports its SDK while this process imports its own.
        from stackguard.preview.server.serve import preview

        return preview(
            program,
            project,
            resolve=resolve,
            timeout=timeout,
            observer=observer,
            mock=answers,
            account=account,
            may_write=may_write,
        )
