"""The target of `stackguard access`: one policy document, or a stack."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec

from policypack.evaluation.settings import read as read_settings
from stackguard.sources import STANDARD_INPUT, LoadedStack, RunOptions, exported, input_stream
from stackguard.sources import load as load_source

LONGEST_DOCUMENT = 1 << 20
"""Bytes. AWS accepts no policy document of more than 20,480 characters, so a longer file is a stack."""


def read(target: str, options: RunOptions) -> str | LoadedStack:
    """The text of a policy document, or the resources of a stack.

    Args:
        target: a program's folder, a file, or `-`.
        options: how to run a program.

    Raises:
        CannotJudge: it cannot be read, is malformed, or its program failed.
        SettingsError: the settings, which are only for a program, do not fit their schema.
    """
    if target == STANDARD_INPUT:
        return _document_or_stack(
            input_stream.standard_input("standard input", options.timeout), "standard input", options
        )
    path = Path(target)
    if path.is_dir() or path.suffix in {".py", ".yaml", ".yml"}:
        return load(target, options)
    source = f"`{target}`"
    with input_stream.file(path, source, options.timeout) as blocks:
        return _document_or_stack(blocks, source, options)


def load(target: str, options: RunOptions) -> LoadedStack:
    """The resources of a stack; for a program, `stackguard.yaml` in the working folder can set the account.

    Raises:
        CannotJudge: it cannot be read, is malformed, or its program failed.
        SettingsError: the settings do not fit their schema.
    """
    is_program = Path(target).is_dir()
    return load_source(target, options.under(read_settings(None)) if is_program else options)


def _document_or_stack(blocks: Iterator[bytes], source: str, options: RunOptions) -> str | LoadedStack:
    """A document has `Statement` on top; what is long or not JSON goes to the reader of stacks, which reports errors."""
    first: list[bytes] = []
    length = 0
    for block in blocks:
        first.append(block)
        length += len(block)
        if length > LONGEST_DOCUMENT:
            return exported(chain(first, blocks), source, options)
    text = b"".join(first)
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = None
    is_document = isinstance(value, dict) and "Statement" in value
    return text.decode() if is_document else exported(iter(first), source, options)
