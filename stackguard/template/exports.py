"""A stack's exports as a template's outputs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from policypack.core.policy import Resource, Unknown, covers
from policypack.core.values import has_unknown
from stackguard.reports.formatting import name_of
from stackguard.template.emit import Problem
from stackguard.template.naming import camel
from stackguard.template.references import Finder
from stackguard.template.values import rendered


def outputs(root: Resource, finder: Finder, urns: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """The outputs by logical id, and what cannot be one. Secrets are left out on purpose: an output is open to every reader.

    What is no text is exported as JSON, as `pulumi stack output` prints it.
    """
    found: dict[str, Any] = {}
    problems = []
    for name, value in root.outputs.items():
        if any(covers(name, path) for path in root.secrets):
            why = "is secret, and an output of CloudFormation is open to every reader of the stack"
            problems.append(Problem(root.urn, name, why, blocks=False))
        elif has_unknown(value):
            why = f"is an export that {value.why if isinstance(value, Unknown) else Unknown().why}"
            problems.append(Problem(root.urn, name, why))
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=lambda each: getattr(each, "urn", ""))
            built = finder.found(text, urns)
            if unforeseen := finder.unforeseen(built, urns):
                why = f"is an export of a value of {name_of(unforeseen)} that CloudFormation does not tell"
                problems.append(Problem(root.urn, name, why))
                continue
            key = camel(name)
            key = key if key and key not in found else f"{key}{len(found)}"
            found[key] = {
                "Description": f"The program's export `{name}`",
                "Value": rendered(built),
            }
    return found, problems
