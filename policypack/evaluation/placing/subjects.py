"""What a resource sets something of: the role of an attachment, the topic of a policy, the group of a rule.

Such a resource is no thing by itself, so the identity of that other thing is part of each place in it. The properties that
name it are those of the tables of conflicts. A type without tags belongs to another as a whole: then they are also those
that the type's own name has, such as `instanceName` of `InstancePublicPorts`, and all names and ids if it connects two
things or has nothing but a policy document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from policypack.core.policy import STACK_REFERENCE, Reference, Resource, Unknown
from policypack.core.values import has_unknown, nested, origin_at
from policypack.evaluation.placing.statement_place import contains_secret
from policypack.iam.tables import argument_names, canonical, document_properties
from policypack.resources.attachments import CARRIERS
from policypack.resources.conflict_tables import MANAGED, NAMED, SUBJECTS
from policypack.resources.property_kinds.table import kind_of
from policypack.resources.references import values_in, written

if TYPE_CHECKING:
    from policypack.evaluation.placing.shared_names import Names

CONNECTS = re.compile(r".*(Attachment|Association|Permissions?|Grant|Rule|Authorization|Membership|Member)")
"""The names of types without tags that connect two things."""
NAMES = re.compile(
    r".*(Id|Arn|Name|Url|Identifier)s?|identity|domain|bucket|repository|namespace|users?|roles?|groups?"
)
OWN = frozenset({"name", "policyName", "statementId", "region"})
NAMING = re.compile(r"name|iam-name|group|bucket|key|url|zone|domain|id:.*|arn.*")
"""The kinds of values that name something."""
SUFFIX = re.compile(r"(?:Id|Arn|Name|Url|Identifier)s?$")


def subject(resource: Resource, names: Names, source: Callable[[str], str]) -> str:
    """The identity of what a resource sets something of; empty if it is a thing by itself.

    Args:
        resource: any.
        names: of its stack.
        source: returns a digest of how the program states a property, for what is unknown.
    """
    named = ((name, written(resource, name)) for name in subject_properties(resource.type))
    return "".join(
        f" {name}:{identity(resource, name, value, names, source)}"
        for name, value in named
        if value not in (None, "", [])
    )


def identity(
    resource: Resource, name: str, value: object, names: Names, source: Callable[[str], str] = lambda _name: ""
) -> str:
    """What a property refers to: resources of the stack, else the text, else where an unknown value comes from."""
    if contains_secret(resource, name):
        return "(secret)"
    texts = {_text(item, names) for item in values_in(value) if not has_unknown(item)}
    if has_unknown(value):
        origins = resource.property_dependencies.get(name, ())
        texts |= {names.referred(urn) for urn in origins}
        if not origins or any(f"::{STACK_REFERENCE}::" in urn for urn in origins):
            unknown = [item for item in nested(value) if isinstance(item, Unknown)]
            texts |= {names.same_everywhere(f"{item.why} {item.origin}") for item in unknown}
            texts |= {source(name), names.same_everywhere(origin_at(resource.inputs, name))} - {""}
    return ",".join(sorted(texts))


def _text(value: object, names: Names) -> str:
    if isinstance(value, Reference):
        return names.referred(value.urn)
    return names.identified(value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr))


@cache
def subject_properties(token: str) -> tuple[str, ...]:
    """The properties of a type that name what its resources set something of."""
    known = canonical(token)
    properties = {*NAMED.get(known, ()), *CARRIERS.get(token, ("", {}))[1]}
    for managed in MANAGED.get(known, ()):
        properties |= {name for part in managed.parts if (name := part.partition("?")[0]) in SUBJECTS}
    arguments = argument_names(token) or frozenset()
    if not properties and "tags" not in arguments:
        documents = document_properties().get(token, {})
        own = known.rpartition(":")[2]
        connects = documents or CONNECTS.fullmatch(own)
        properties |= {
            name
            for name in arguments - documents.keys() - OWN
            if (connects and NAMES.fullmatch(name))
            or (
                NAMING.fullmatch(kind_of(token, name).partition("|")[0])
                and (name in SUBJECTS or SUFFIX.sub("", name).lower() in own.lower())
            )
        }
    return tuple(sorted(properties))
