"""The text of a template's file, JSON or YAML, and the line of each place in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from policypack.core.reading.yaml_reader import Document
from stackguard.reports.formatting import printable_json
from stackguard.template.table import LOADER

SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
WIDTH = 1 << 16


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]  # noqa: ARG005


def format_of(file: Path | None, chosen: str | None) -> str:
    """`json` or `yaml`: the chosen one, else the one of the file's suffix, else JSON."""
    return chosen or SUFFIXES.get(file.suffix.lower() if file else "", "json")


def text_of(document: Mapping[str, Any], format_: str) -> str:
    """The template's text in its own order, ending in a line break."""
    if format_ == "json":
        return printable_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, width=WIDTH, allow_unicode=True)


def line_of(text: str) -> Callable[[Sequence[str | int]], int]:
    """Returns the line in a YAML text of a path, or of the nearest place around it; counted from 1."""
    return Document(None, yaml.compose(text, LOADER)).line
