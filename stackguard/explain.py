"""A policy's card, as a person reads it in a terminal."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml
from rich.text import Text

from policypack.examples import Example
from policypack.policy import Asset, Policy, Reference, Resource, Unknown
from stackguard.reports import Screen
from stackguard.reports.screen import paint, wrapped
from stackguard.reports.text import STYLES

YAML_WIDTH = 100


def listing(policies: Sequence[Policy[Any]], screen: Screen) -> str:
    """Every policy: severity, id and title, a line each, in reading order."""
    longest = max((len(policy.id) for policy in policies), default=0)
    lines = (
        Text.assemble(
            (f"{policy.severity:<8}  ", STYLES[policy.severity]),
            (policy.id.ljust(longest), "bold"),
            f"  {policy.title}",
        )
        for policy in policies
    )
    return paint(lines, screen)


def card(policy: Policy[Any], screen: Screen) -> str:
    """Everything that a policy's card says."""
    return paint(_card(policy, screen), screen)


def _card(policy: Policy[Any], screen: Screen) -> Iterator[Text]:
    yield Text.assemble((policy.id, "bold"), "  ", (policy.severity, STYLES[policy.severity]))
    yield Text(policy.title)
    for paragraph in paragraphs(policy.why or ""):
        yield Text()
        yield from wrapped(paragraph, screen, 0)
    yield from _section("Fix", wrapped(policy.fix, screen, 2))
    yield from _section("Bad", _indented(examples(policy.bad[0])))
    yield from _section("Good", _indented(examples(policy.good[0])))
    yield from _section("References", _indented("\n".join(policy.references)))


def _section(heading: str, lines: Iterable[Text]) -> Iterator[Text]:
    yield Text()
    yield Text(heading, style="bold")
    yield from lines


def _indented(text: str) -> list[Text]:
    return [Text(f"  {line}") for line in text.splitlines()]


def paragraphs(prose: str) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [" ".join(block.split()) for block in inspect.cleandoc(prose).split("\n\n") if block.strip()]


def examples(example: Example) -> str:
    """Example resources in Pulumi's YAML, with policy documents written out; then what is not seen, by place."""
    written = {each.name: _example(each) for each in example.resources}
    written |= {
        f"{each.position.file}:{each.position.line}": {"unseen": each.why}
        for each in example.unseen
        if each.position is not None
    }
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=YAML_WIDTH).rstrip("\n")


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
