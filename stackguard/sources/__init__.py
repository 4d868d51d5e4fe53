"""Where resources come from: a program, a stack export, a `pulumi preview --json`, standard input.

Every source ends in the same `Loaded`, or in `CannotJudge` with one line that says what, where and how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from policypack.core.policy import Resource, Unseen
from policypack.evaluation.masking import Mask
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.notes import Note
from stackguard.preview import NOBODY, Observer
from stackguard.sources import input_stream as reading

STANDARD_INPUT = "-"
REGION = "aws:region"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stack's resources in registration order, and what else the target says."""

    resources: tuple[Resource, ...]
    target: str
    """As a person would name it: the path as given, or `standard input`."""
    region: str | None = None
    """The stack's own `aws:region`, where the target tells it."""
    folder: Path | None = None
    """What the files of positions are relative to, where the target is a program."""
    notes: tuple[Note, ...] = ()
    """What is to be known of how it was read."""
    stand_in: bool = False
    """Whether some ARNs hold the stand-in account, because nothing states the program's own."""
    unseen: tuple[Unseen, ...] = ()
    """What a program's preview does not see of it."""
    mask: Mask = field(default_factory=Mask)
    """The secrets of a program, which no report may show."""


@dataclass(frozen=True, slots=True)
class HowToRun:
    """What only a program needs: an export is what it is."""

    stack: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    resolve: bool = True
    timeout: float = 300.0
    """Seconds, for a pipe or standard input too."""
    mock: tuple[Path, ...] = ()
    """Files with answers that only the cloud could give."""
    account: str | None = None
    """The operator's `accountId`, which goes before what a program states itself."""

    def under(self, settings: Settings) -> HowToRun:
        """The same, with what the settings say about a program."""
        return replace(self, account=settings.account_id)


def load(target: str, how: HowToRun, observer: Observer = NOBODY) -> Loaded:
    """Read a target, which is a program's folder, a file, or `-`.

    Args:
        target: what a person gave.
        how: for a program.
        observer: follows the preview of a program; a file is nothing to follow.

    Raises:
        CannotJudge: the target is missing, malformed, or its program failed.
    """
    if target == STANDARD_INPUT:
        return exported(reading.standard_input("standard input", how.timeout), "standard input", how)
    path = Path(target)
    if _is_folder(path):
        from stackguard.sources.program import run

        return run(path, how, observer)
    source = f"`{target}`"
    with reading.file(path, source, how.timeout) as blocks:
        if path.suffix in {".py", ".yaml", ".yml"}:
            raise CannotJudge(
                f"{source} is part of a program; give the program's folder: `stackguard check {path.parent}`"
            )
        return exported(blocks, source, how)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # reading it says what is wrong
        return False


def exported(blocks: Iterator[bytes], source: str, how: HowToRun) -> Loaded:
    """Read the text of a file that is there already.

    Args:
        blocks: the text, as `reading` gives it.
        source: what to call it in an error: the path in backticks, or `standard input`.
        how: of a program; only its config counts here.

    Raises:
        CannotJudge: it is no export and no preview, or malformed.
    """
    from stackguard.sources.export import parse

    if how.stack is not None:
        raise CannotJudge(
            f"`--stack` chooses the stack of a program, but {source} already is of one stack; leave it out"
        )
    loaded = parse(blocks, source)
    if REGION not in how.config:
        return loaded
    return replace(loaded, region=how.config[REGION])
