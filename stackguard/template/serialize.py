"""A template as the text of its file: JSON, or YAML with the line of each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from stackguard.template.table import LOADER
from stackguard.template.validation import Lint, written

SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
WIDTH = 1 << 16


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as one block, as people do."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]  # noqa: ARG005


def format_of(file: Path | None, asked: str | None) -> str:
    """`json` or `yaml`: as asked, else as the file's name ends, else JSON."""
    return asked or SUFFIXES.get(file.suffix.lower() if file else "", "json")


def text_of(document: Mapping[str, Any], format_: str) -> str:
    """The template's text, ending in a line break."""
    if format_ == "json":
        return written(document)
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, width=WIDTH, allow_unicode=True)


def placed(lint: Lint, text: str, format_: str) -> Lint:
    """The results at their lines in the text: cfn-lint was given JSON."""
    if format_ == "json":
        return lint
    root = yaml.compose(text, LOADER)
    results = [replace(each, line=_line(root, each.path)) for each in lint.results]
    return replace(lint, results=tuple(sorted(results, key=lambda each: (each.line, each.rule, each.message))))


def _line(node: Any, path: Sequence[str | int]) -> int:
    """The line of a place, or of the nearest around it that is there; counted from 1."""
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
