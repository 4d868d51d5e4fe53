"""Shows the settings in effect: a request in, each setting of its stack with its source out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.evaluation.settings.model import NAMES
from policypack.evaluation.settings.resolving import Effective, require_known
from stackguard.gate.exemptions import in_effect
from stackguard.gate.request import CheckRequest
from stackguard.reports.formatting import printable
from stackguard.sources import load
from stackguard.sources.settings import program_stack

PLAIN = re.compile(r"[A-Za-z][\w:/.-]*")
"""Texts that need no quotes in YAML."""
WIDTH = 44
"""The column of the sources, where the values leave room."""


def shown(request: CheckRequest) -> str:
    """The settings of the stack that a request judges, as YAML with the source of each in a comment.

    A program does not run for this; an export is read for the name of its stack.

    Raises:
        CannotJudge: the stack cannot be chosen, or the export is malformed.
        SettingsError: a file is missing, or does not fit the schema.
    """
    from policypack.policies import POLICIES

    layers = request.layers
    require_known(layers.layers, POLICIES, complete=not request.packs)
    stack = program_stack(request.target, request.options.stack, required=True)
    region = request.options.config.get("aws:region")
    if not stack.stack:
        loaded = load(request.target, request.options)
        stack, region = loaded.name, loaded.region
    effective = layers.of(stack, region)
    waiver_file, baseline_file = in_effect(request.waivers, request.baseline, layers.folder)
    files = {"settings": layers.file, "central": layers.central, "waivers": waiver_file, "baseline": baseline_file}
    head = [f"# {stack.known}", *(f"# {kind}: {file or 'none'}" for kind, file in files.items())]
    notes = [f"# note: {note}" for note in (*effective.notes, *effective.lock_notes(POLICIES))]
    return "".join(f"{printable(line)}\n" for line in (*head, *_lines(effective), *notes))


def _lines(effective: Effective) -> Iterator[str]:
    values: Mapping[str, Any] = msgspec.to_builtins(effective.settings)
    for name in NAMES:
        yield from _entry(name, values[name], effective, "")
    limits = {name: value for name, value in values["limits"].items() if value not in (None, [], {})}
    if limits:
        yield "locked:"
    for name, value in limits.items():
        yield from _entry(name, value, effective, "locked.")


def _entry(name: str, value: Any, effective: Effective, prefix: str) -> Iterator[str]:
    """The lines of a setting; `prefix` is `locked.` for a limit."""
    indent = "  " if prefix else ""
    if isinstance(value, Mapping) and value:
        yield f"{indent}{name}:"
        for key, item in value.items():
            yield _line(f"{indent}  {_text(key)}: {_text(item)}", effective.origin(f"{prefix}{name}.{key}"))
        return
    yield _line(f"{indent}{name}: {_text(value)}", effective.origin(f"{prefix}{name}"))


def _line(text: str, source: str) -> str:
    return f"{text:<{WIDTH}}  # {source}"


def _text(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, str) and value and PLAIN.fullmatch(value):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return msgspec.json.encode(value).decode()
