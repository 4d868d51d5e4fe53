"""Runs a Pulumi program offline and returns the resources that it registers.

No CLI, plugins, network or credentials: this process serves Pulumi's engine to the program, which runs unchanged in its
own interpreter. Importing this module imports neither Pulumi nor gRPC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policypack.evaluation.redaction import Mask

if TYPE_CHECKING:
    import threading

    from policypack.core.policy import Resource, Unseen
    from stackguard.notes import Note
    from stackguard.preview.project.earlier import Earlier
    from stackguard.preview.project.project import Project

__all__ = ["Observer", "Preview", "of", "run"]

NO_CONFIG: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a program registers for a new stack.

    `config` maps fully qualified keys to values, secret ones included; `secret_config` names those. `resources` are in
    the order in which the program constructs them, including the stack itself, components and providers. `outputs` are
    the stack's. `printed` is all that the program printed and logged. `notes` report calls without an answer, and
    unused entries of the mock files. Neither `printed` nor `notes` contain a secret; `config`, `resources` and `outputs` do,
    and `mask` removes known secrets from any text. `unseen` are places where further resources may be constructed.
    `made_up` are names, ids and ARNs with a part drawn at random, which differ in the cloud. `stand_in` is whether the
    account of a provider is unknown, so that its ARNs have the account of `stackguard.stand_in`.
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


class Observer:
    """Follows a preview while the program runs; this one does nothing. Every call comes from the preview's event loop."""

    async def follow(self, project: Project) -> None:
        """Run beside the program, from its start until after `ended`. An exception from it stops the program."""

    async def remediated(self, resource: Resource) -> Resource:
        """The resource with the inputs that policy packs change, or itself. It has no outputs yet."""
        return resource

    def registered(self, resource: Resource) -> None:
        """A resource is final, except for its account, and for the outputs of a component or of the stack."""

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """The program has succeeded; these are its resources, in the order in which it constructs them.

        A resource that is another object than the registered one has changed since.
        """


NOBODY = Observer()


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
    earlier: Earlier | None = None,
) -> Preview:
    """Preview the program in `folder`.

    Args:
        folder: where its `Pulumi.yaml` is.
        stack: its stack; optional if there is only one.
        config: values that override those of the files, by key.
        resolve: whether values that AWS computes (names, ids, ARNs) are filled in; otherwise they are unknown.
        timeout: seconds after which a program is stopped.
        observer: follows the preview.
        mock: files with answers that only the cloud has; those of the first file take precedence.
        account: the account of every provider; None determines each one (docs/decisions/0025).
        earlier: what the program needs of today's, if the folder is of another commit.

    Raises:
        CannotJudge: there is no such program or stack, its files are malformed, or it failed or hung.
    """
    from stackguard.preview.project.project import load

    project = load(folder, stack, config, earlier=earlier)
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
    """Preview the program of a project that is already loaded.

    The other arguments are those of `run`. Until `may_write` is set, the program waits before it writes a file or starts
    a process; None allows it.

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
