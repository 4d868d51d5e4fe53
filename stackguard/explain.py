"""A policy's card, as a person reads it in a terminal."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from policypack.policy import Asset, Policy, Reference, Resource, Unknown
from stackguard.reports import Screen
from stackguard.reports.text import STYLES

WIDTH = 100


def listing(policies: Sequence[Policy[Any]], screen: Screen) -> str:
    """Every policy: severity, id and title, a line each, in reading order."""
    console = _console(screen)
    longest = max((len(policy.id) for policy in policies), default=0)
    for policy in policies:
        line = Text.assemble(
            (f"{policy.severity:<8}  ", STYLES[policy.severity]),
            (policy.id.ljust(longest), "bold"),
            f"  {policy.title}",
            no_wrap=True,
            overflow="ignore",
        )
        console.print(line, soft_wrap=True)
    return _text(console)


def card(policy: Policy[Any], screen: Screen) -> str:
    """Everything that a policy's card says."""
    console = _console(screen)
    console.print(Text.assemble((policy.id, "bold"), "  ", (policy.severity, STYLES[policy.severity])))
    console.print(Text(policy.title))
    for paragraph in paragraphs(policy.why or ""):
        console.print()
        console.print(Text(paragraph))
    for heading, body in (
        ("Fix", policy.fix),
        ("Bad", examples(policy.bad)),
        ("Good", examples(policy.good)),
        ("References", "\n".join(policy.references)),
    ):
        console.print()
        console.print(Text(heading, style="bold"))
        console.print(Padding(Text(body), (0, 0, 0, 2)), soft_wrap=heading == "References")
    return _text(console)


def paragraphs(prose: str) -> list[str]:
    """The paragraphs of a docstring, each on one line; indented lines stay as they are."""
    blocks = textwrap.dedent(prose).strip().split("\n\n")
    return [block if "\n " in block else " ".join(block.split()) for block in blocks if block.strip()]


def examples(given: Resource | Sequence[Resource]) -> str:
    """Example resources in Pulumi's YAML, with policy documents written out."""
    resources = [given] if isinstance(given, Resource) else given
    written = {each.name: _example(each) for each in resources}
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=WIDTH).rstrip("\n")


def _example(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {"type": resource.type}
    if resource.inputs:
        found["properties"] = {name: _plain(value) for name, value in resource.inputs.items()}
    if resource.provider:
        found["options"] = {"provider": resource.provider.rpartition("::")[2]}
    return found


def _plain(value: Any) -> Any:
    """The value as YAML can say it."""
    match value:
        case Unknown():
            return f"({value.why})"
        case Reference():
            return f"${{{value.urn.rpartition('::')[2]}}}"
        case Asset():
            return (
                value.path
                or value.uri
                or value.text
                or {name: _plain(each) for name, each in (value.members or {}).items()}
            )
        case str() if value.lstrip().startswith(("{", "[")):
            return _document(value)
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _console(screen: Screen) -> Console:
    return Console(
        file=io.StringIO(),
        width=min(screen.width, WIDTH) if screen.terminal else WIDTH,
        force_terminal=True if screen.terminal else None,
        highlight=False,
        emoji=False,
        markup=False,
    )


def _text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
