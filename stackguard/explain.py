"""A policy's card, as a person reads it in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policypack.core.policy import Policy
from policypack.frameworks.model import Framework, Requirement
from stackguard.card_sections import Code, Further, Part, Points, Prose, advisory, sections
from stackguard.reports import Screen
from stackguard.reports.formatting import many, printable
from stackguard.reports.screen import Text, paint, wrapped
from stackguard.reports.text import STYLES


def listing(policies: Sequence[Policy[Any]], screen: Screen) -> str:
    """Every policy: severity, id and title, a line each, in reading order."""
    longest = max((len(policy.id) for policy in policies), default=0)
    lines = (
        Text.assemble(
            (f"{policy.severity:<8}  ", STYLES[policy.severity]),
            (policy.id.ljust(longest), "bold"),
            f"  {policy.title}{' (advisory)' * advisory(policy)}",
        )
        for policy in policies
    )
    return paint(lines, screen)


def controls(framework: Framework, screen: Screen) -> str:
    """Every control of a framework: how much of it policies check, its id and title, and the policies, in its order."""
    return paint(_controls(framework, screen), screen)


def _controls(framework: Framework, screen: Screen) -> Iterator[Text]:
    counts = Counter(_coverage(framework, requirement) for requirement in framework.requirements)
    source = ", ".join(filter(None, (framework.date, framework.source)))
    yield Text(printable(framework.name), style="bold")
    if source:
        yield Text(printable(source))
    listed = ", ".join(f"{counts[coverage]} {coverage}" for coverage in ("covered", "partly", "none"))
    yield from wrapped(f"{many(len(framework.requirements), 'control')}: {listed}", screen, 0)
    yield Text()
    longest = max(len(requirement.id) for requirement in framework.requirements)
    for requirement in framework.requirements:
        service = f"{requirement.service}: " if requirement.service else ""
        yield Text.assemble(
            f"{_coverage(framework, requirement):<8} ",
            (printable(requirement.id).ljust(longest), "bold"),
            printable(f"  {service}{requirement.title}"),
        )
        for check in requirement.checks:
            remarks = ("a part" if check.partly else "", "reports more" if check.broader else "")
            more = ", ".join(filter(None, remarks))
            yield Text(f"{' ' * 9}{printable(check.policy)}{f' ({more})' if more else ''}")


def _coverage(framework: Framework, requirement: Requirement) -> str:
    if not requirement.checks:
        return "none"
    return "covered" if framework.whole(requirement) else "partly"


def card(policy: Policy[Any], screen: Screen) -> str:
    """A policy's card."""
    return paint(_card(policy, screen), screen)


def _card(policy: Policy[Any], screen: Screen) -> Iterator[Text]:
    yield Text.assemble((policy.id, "bold"), "  ", (policy.severity, STYLES[policy.severity]))
    for heading, parts in sections(policy):
        if parts:
            yield Text()
            yield Text(heading, style="bold")
        for before, part in zip((None, *parts), parts, strict=False):
            if before and not (isinstance(before, Further) and isinstance(part, Further)):
                yield Text()
            yield from _part(part, screen)


def _part(part: Part, screen: Screen) -> Iterable[Text]:
    match part:
        case Prose(text) | Further(text, _):
            return wrapped(text, screen, 2)
        case Code(text):
            return [Text(f"    {line}" if line else "") for line in text.splitlines()]
        case Points(lines):
            return [Text(f"  {line}") for line in lines]
