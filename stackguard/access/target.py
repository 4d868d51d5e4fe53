"""The target of `stackguard access`: one policy document, or a stack."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from policypack.evaluation.settings import files
from stackguard import sources
from stackguard.errors import CannotJudge, NotAStackError
from stackguard.sources import LoadedStack, RunOptions, exported
from stackguard.sources.input_stream import WRITE_IT
from stackguard.sources.settings import settings_for
from stackguard.sources.shape import DOCUMENT

LONGEST_DOCUMENT = 1 << 20
"""Bytes. AWS accepts no policy document of more than 20,480 characters, so a longer file is a stack."""


def read(target: str, options: RunOptions, central: Path | None = None) -> str | LoadedStack:
    """The text of a policy document, or the resources of a stack.

    Args:
        target: a program's folder, a file, or `-`.
        options: how to run a program.
        central: the central settings file.

    Raises:
        CannotJudge: it cannot be read, is malformed, or its program failed.
        SettingsError: the settings, which are only for a program, do not fit their schema.
    """
    return sources.read(target, _with_account(target, options, central), _document_or_stack)


def check_central(central: Path | None, targets: Sequence[str] = ()) -> None:
    """Read the central file where no program does, of which nothing counts there: one that is lost locks nothing.

    Args:
        central: the central settings file.
        targets: as on the command line.

    Raises:
        SettingsError: it is missing, malformed, or does not fit the schema.
    """
    if central is not None and not any(os.path.isdir(target) for target in targets):  # noqa: PTH112 (takes any text)
        files.load(central, central=True)


def load(target: str, options: RunOptions, central: Path | None = None) -> LoadedStack:
    """The resources of a stack. Arguments and errors are as of `read`."""
    return sources.load(target, _with_account(target, options, central))


def _with_account(target: str, options: RunOptions, central: Path | None) -> RunOptions:
    """The options; for a program with the account of its settings."""
    if not Path(target).is_dir():
        return options
    return options.under(settings_for(target, options.stack, central=central))


def _document_or_stack(blocks: Iterator[bytes], source: str, options: RunOptions) -> str | LoadedStack:
    """JSON with a `Statement` is a document; anything else is read as a stack, whose reader reports errors."""
    first: list[bytes] = []
    length = 0
    for block in blocks:
        first.append(block)
        length += len(block)
        if length > LONGEST_DOCUMENT:
            return _stack(chain(first, blocks), source, options)
    text = b"".join(first)
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and "Statement" in value:
        return text.decode()
    try:
        return exported(iter(first), source, options)
    except CannotJudge as error:
        either = error.message.replace(WRITE_IT, f"{WRITE_IT}, or give a policy document, which has a `Statement`")
        raise type(error)(either, error.detail) from None


def _stack(blocks: Iterable[bytes], source: str, options: RunOptions) -> LoadedStack:
    try:
        return exported(iter(blocks), source, options)
    except NotAStackError as error:
        if DOCUMENT not in str(error):
            raise
        raise CannotJudge(
            f"{source} looks like {DOCUMENT} but is larger than {LONGEST_DOCUMENT >> 20} MiB, and AWS refuses one of more "
            "than 20,480 characters; split it"
        ) from None
