"""Sources: a program, a stack export, a preview or standard input goes in, a `LoadedStack` comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from policypack.core.policy import Resource, Stack, Unseen
from policypack.core.stack_name import StackName, of_urn
from policypack.evaluation.redaction import Mask, Secrets, secret_texts, secrets_of
from policypack.evaluation.settings import Settings
from policypack.iam.arn import Arn
from stackguard.errors import CannotJudge
from stackguard.notes import Note
from stackguard.preview import NOBODY, Observer
from stackguard.sources import input_stream

if TYPE_CHECKING:
    from stackguard.preview.project.earlier import Earlier

T = TypeVar("T")
STANDARD_INPUT = "-"
REGION = "aws:region"


@dataclass(frozen=True, slots=True)
class LoadedStack:
    """A stack: its resources in registration order, and other facts of its target."""

    resources: tuple[Resource, ...]
    target: str
    """The name for messages: the path, or `standard input`."""
    region: str | None = None
    """The stack's `aws:region`, if the target states it."""
    folder: Path | None = None
    """For a program, the folder that the files of positions are relative to."""
    notes: tuple[Note, ...] = ()
    """Notes about how the target was read."""
    stand_in: bool = False
    """Whether some ARNs contain the stand-in account, because the program's own account is unknown."""
    unseen: tuple[Unseen, ...] = ()
    """The resources that a program's preview cannot see."""
    mask: Mask = field(default_factory=Mask)
    """The secrets of a program, or those that an export contains in plain text, which no report may show."""
    organization: str = ""
    """The stack's organization, if the target states it."""
    account: str | None = None
    """The operator's `accountId`."""

    @property
    def stack(self) -> Stack:
        """The stack for questions about access, with no other setting than its account."""
        return Stack(self.resources, Settings(stack_region=self.region, account_id=self.account))

    @property
    def name(self) -> StackName:
        """The stack's name, from the URN of its first resource."""
        urn = next((resource.urn for resource in self.resources), "")
        return of_urn(urn, self.organization)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts in the ARNs of its resources, the most frequent first."""
        arns = (Arn.parse(str(resource.outputs.get("arn"))) for resource in self.resources if not resource.external)
        counts = Counter(arn.account for arn in arns if arn and arn.account.isdigit())
        return tuple(account for account, _ in counts.most_common())

    @property
    def secrets(self) -> Secrets:
        """The texts that no report may show: in the secrets of the resources, and in those of the program."""
        return Secrets((*secrets_of(Stack(self.resources, Settings())), *self.mask.texts))


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a program; an export ignores most of it."""

    stack: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    resolve: bool = True
    timeout: float = 300.0
    """Seconds, also for a pipe or standard input."""
    mock: tuple[Path, ...] = ()
    """Files with values that only the cloud can give."""
    mock_names: tuple[str, ...] = ()
    """Further ones, of the settings: relative to the program, and left out where there is none."""
    account: str | None = None
    """The operator's `accountId`, which takes precedence over an account that the program states."""
    earlier: Earlier | None = None
    """What a program of another commit needs of today's; None is today's own."""

    def under(self, settings: Settings) -> RunOptions:
        """These options, with the account and the mock files of the settings."""
        return replace(self, account=settings.account_id, mock_names=settings.mock_files)


Parser = Callable[[Iterator[bytes], str, RunOptions], T]
"""Reads blocks of text; the second argument is their name for errors."""


def load(target: str, options: RunOptions, observer: Observer = NOBODY) -> LoadedStack:
    """Read a target, which is a program's folder, a file, or `-`.

    Args:
        target: as on the command line.
        options: how to run a program.
        observer: follows the preview of a program; it is not called for a file.

    Raises:
        CannotJudge: the target is missing or malformed, or its program failed.
    """
    return read(target, options, exported, observer)


def read(target: str, options: RunOptions, parse: Parser[T], observer: Observer = NOBODY) -> T | LoadedStack:
    """Read a target as `load` does, but a file or standard input with `parse`."""
    if target == STANDARD_INPUT:
        return parse(input_stream.standard_input("standard input", options.timeout), "standard input", options)
    path = Path(target)
    if _is_folder(path):
        from stackguard.sources.program import run

        return run(path, options, observer)
    source = f"`{target}`"
    with input_stream.file(path, source, options.timeout) as blocks:
        if path.suffix in {".py", ".yaml", ".yml"}:
            raise CannotJudge(
                f"{source} is part of a program; give the program's folder: `stackguard check {path.parent}`"
            )
        return parse(blocks, source, options)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # `input_stream.file` reports the reason
        return False


def exported(blocks: Iterator[bytes], source: str, options: RunOptions) -> LoadedStack:
    """Read a stack export or a preview.

    Args:
        blocks: the text, as of `input_stream`.
        source: its name for errors: the path in backticks, or `standard input`.
        options: of these, only `config` sets the region, and `stack` is an error.

    Raises:
        CannotJudge: it is neither an export nor a preview, or is malformed.
    """
    from stackguard.sources.export import parse

    if options.stack is not None:
        raise CannotJudge(
            f"`--stack` chooses the stack of a program, but {source} already is of one stack; leave it out"
        )
    loaded = parse(blocks, source)
    mask = _mask(loaded) if any(resource.secrets for resource in loaded.resources) else Mask()
    return replace(loaded, region=options.config.get(REGION, loaded.region), mask=mask)


def _mask(loaded: LoadedStack) -> Mask:
    """The secrets that an export has in plain text: a copy of one can be in another resource without the mark."""
    secrets = {text for resource in loaded.resources for text in secret_texts(resource)}
    names = {resource.name for resource in loaded.resources if resource.name in secrets}
    mask = Mask(frozenset({loaded.name.project, loaded.name.stack, *names}))
    mask.add(secrets)
    return mask
