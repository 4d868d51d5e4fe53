"""What `stackguard access` is asked about: one policy document, or a stack."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec

from policypack.evaluation.settings import read as read_settings
from stackguard.sources import STANDARD_INPUT, HowToRun, Loaded, exported
from stackguard.sources import input_stream as reading
from stackguard.sources import load as load_source

LONGEST_DOCUMENT = 1 << 20
"""Bytes. No policy document of AWS's is longer than 20,480 characters, and a long file is a stack's."""


def read(target: str, how: HowToRun) -> str | Loaded:
    """The text of a policy document, or the resources of a stack.

    Args:
        target: a program's folder, a file, or `-`.
        how: for a program.

    Raises:
        CannotJudge: it cannot be read, is malformed, or its program failed.
        SettingsError: the settings, which are for a program, do not fit their schema.
    """
    if target == STANDARD_INPUT:
        return _told_apart(reading.standard_input("standard input", how.timeout), "standard input", how)
    path = Path(target)
    if path.is_dir() or path.suffix in {".py", ".yaml", ".yml"}:
        return load(target, how)
    source = f"`{target}`"
    with reading.file(path, source, how.timeout) as blocks:
        return _told_apart(blocks, source, how)


def load(target: str, how: HowToRun) -> Loaded:
    """The resources of a stack; `stackguard.yaml` in the working folder says the account of a program's.

    Raises:
        CannotJudge: it cannot be read, is malformed, or its program failed.
        SettingsError: the settings do not fit their schema.
    """
    is_program = Path(target).is_dir()
    return load_source(target, how.under(read_settings(None)) if is_program else how)


def _told_apart(blocks: Iterator[bytes], source: str, how: HowToRun) -> str | Loaded:
    """A document has `Statement` on top; what is long, or is not JSON, is for the reader of stacks to tell of."""
    first: list[bytes] = []
    length = 0
    for block in blocks:
        first.append(block)
        length += len(block)
        if length > LONGEST_DOCUMENT:
            return exported(chain(first, blocks), source, how)
    text = b"".join(first)
    return text.decode() if _is_document(text) else exported(iter(first), source, how)


def _is_document(text: bytes) -> bool:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "Statement" in found
