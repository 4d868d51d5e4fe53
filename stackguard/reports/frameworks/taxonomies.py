"""Frameworks in SARIF: a taxonomy for each, whose taxa are the requirements that the rules of a run check.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html (3.19.3, 3.53).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from policypack.frameworks.model import Framework, Requirement
from stackguard.reports.formatting import printable
from stackguard.reports.places import Object


def taxonomies(frameworks: Sequence[Framework], policies: Collection[str]) -> list[Object]:
    """The frameworks, with the requirements that these policies check."""
    return [_taxonomy(framework, policies) for framework in frameworks]


def references(frameworks: Sequence[Framework]) -> list[Object]:
    """The names by which a tool or a rule refers to taxonomies, in their order."""
    return [{"name": printable(framework.id), "index": index} for index, framework in enumerate(frameworks)]


def relationships(frameworks: Sequence[Framework], policies: Collection[str], policy: str) -> list[Object]:
    """The requirements that a policy checks, as those of its rule; `policies` are those of the run."""
    return [
        {
            "target": {"id": printable(requirement.id), "index": index, "toolComponent": component},
            "kinds": ["relevant"],
        }
        for framework, component in zip(frameworks, references(frameworks), strict=True)
        for index, requirement in enumerate(_checked(framework, policies))
        if any(check.policy == policy for check in requirement.checks)
    ]


def _checked(framework: Framework, policies: Collection[str]) -> Iterator[Requirement]:
    for requirement in framework.requirements:
        if any(check.policy in policies for check in requirement.checks):
            yield requirement


def _taxonomy(framework: Framework, policies: Collection[str]) -> Object:
    facts: dict[str, Any] = {
        "name": printable(framework.id),
        "fullName": printable(framework.name),
        "version": printable(framework.version),
        "informationUri": framework.source if framework.source.startswith("https://") else "",
        "releaseDateUtc": framework.date,
        "isComprehensive": False,
        "taxa": [
            {
                "id": printable(requirement.id),
                "shortDescription": {"text": printable(requirement.title)},
                **({"helpUri": requirement.url} if requirement.url.startswith("https://") else {}),
            }
            for requirement in _checked(framework, policies)
        ],
    }
    return {key: value for key, value in facts.items() if value != ""}
