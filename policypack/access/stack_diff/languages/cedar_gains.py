"""What the Cedar policies of a policy store newly permit, store by store.

A policy that is linked to a template outside the stack counts as a permit of its own: its two entities are compared.
Source: https://docs.aws.amazon.com/verifiedpermissions/latest/userguide/policies.html.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.created_values import created_value
from policypack.access.stack_diff.gains import Gain
from policypack.access.stack_diff.languages.cedar import (
    CedarError,
    CedarPolicy,
    Requirement,
    apart,
    covers,
    parse,
)
from policypack.access.stack_diff.languages.proof import Proof
from policypack.core.policy import Resource, Stack, Unknown
from policypack.core.witness import Witness
from policypack.iam.document_readers import value_at
from policypack.resources.references import resolve

POLICY = "aws:verifiedpermissions/policy:Policy"
STORE = "aws:verifiedpermissions/policyStore:PolicyStore"
TEMPLATE = "aws:verifiedpermissions/policyTemplate:PolicyTemplate"
STATEMENT = "definition.static.statement"
LINK = "definition.templateLinked"
OTHER = "is written otherwise than before, and whether it permits more depends on attributes and groups"
UNREAD = "is not read here, and is another text than before"

Side = tuple[Stack, Places]
Requirements = frozenset[Requirement]


class Stated(msgspec.Struct, frozen=True):
    """One policy as requirements, with the resource and the path that state it."""

    resource: Resource
    path: str
    policy: CedarPolicy


class Store(msgspec.Struct):
    """The policies of one store."""

    stated: list[Stated] = []
    unread: list[tuple[Resource, str, object]] = []
    """What is no text that can be read, with its path and value."""

    def alternatives(self, *, permits: bool) -> list[tuple[Stated, Requirements]]:
        """What is permitted, or what is forbidden."""
        return [
            (stated, requirements)
            for stated in self.stated
            if stated.policy.permits is permits
            for requirements in stated.policy.alternatives
        ]


def cedar_gains(new: Side, old: Side) -> Iterator[Gain]:
    """What Cedar policies newly permit, or no longer forbid."""
    before, after = _stores(old), _stores(new)
    kept = {other.urn for other in (new[1].same or {}).values()}
    for name in {**after, **before}:
        store, earlier = after.get(name, Store()), before.get(name, Store())
        yield from _unread(store, earlier)
        yield from _permitted(store, earlier)
        yield from _unforbidden(store, earlier)
        if not store.alternatives(permits=True):
            yield from _dropped(store, earlier, old[0], kept)


def _stores(side: Side) -> Mapping[str, Store]:
    """By a text for each store, its policies."""
    stack, places = side
    stores: defaultdict[str, Store] = defaultdict(Store)
    for resource in stack.of(POLICY):
        if resource.external:
            continue
        store = stores[str(created_value(stack, places, resource, "policyStoreId"))]
        path, text, entities = _text(side, resource)
        try:
            policies = parse(text, entities) if isinstance(text, str) else ()
        except CedarError:
            policies = ()
        store.stated.extend(Stated(resource, path, policy) for policy in policies)
        if not policies and text is not None:
            store.unread.append((resource, path, (text, entities)))
    return stores


def _text(side: Side, resource: Resource) -> tuple[str, object, Sequence[tuple[str, str]]]:
    """The path and the text of a policy, and the entities of the slots in it."""
    linked = value_at(resource.inputs, LINK)
    if not isinstance(linked, Mapping):
        return STATEMENT, value_at(resource.inputs, STATEMENT), ()
    entities = [
        (f"?{name}", _entity(value)) for name in ("principal", "resource") if (value := linked.get(name)) is not None
    ]
    if any(not entity for _, entity in entities):
        return LINK, Unknown("is known only after the update"), ()
    text = _template(side, resource, linked.get("policyTemplateId"))
    return LINK, text, tuple(entities)


def _entity(value: object) -> str:
    """The text of an entity; empty if it is not known."""
    kind, name = (value.get(key) if isinstance(value, Mapping) else None for key in ("entityType", "entityId"))
    return f"{kind}::{json.dumps(name)}" if isinstance(kind, str) and isinstance(name, str) else ""


def _template(side: Side, resource: Resource, name: object) -> object:
    """The text of the template that a policy is linked to, or a permit in its place if the stack does not show it."""
    stack = side[0]
    origins = resource.property_dependencies.get("definition", ())
    for template in stack.of(TEMPLATE):
        if template.outputs.get("policyTemplateId") == name or (isinstance(name, Unknown) and template.urn in origins):
            return template.inputs.get("statement")
    if isinstance(name, Unknown):
        return name
    return f'permit (principal == ?principal, action == template::"{name}", resource == ?resource);'


def _unread(store: Store, earlier: Store) -> Iterator[Gain]:
    known = [value for _, _, value in earlier.unread]
    for resource, path, value in store.unread:
        if value not in known or isinstance(value, Unknown):
            yield Gain(resource, resource, path, Answer(Verdict.UNDECIDED, f"`{path}` {UNREAD}"))


def _permitted(store: Store, earlier: Store) -> Iterator[Gain]:
    """Each policy that permits what none permitted before, and none forbids, once."""
    before = [requirements for _, requirements in earlier.alternatives(permits=True)]
    denied = [requirements for _, requirements in store.alternatives(permits=False)]
    least: dict[str, tuple[Proof, Stated, Requirements]] = {}
    for stated, requirements in store.alternatives(permits=True):
        forbidden = covers(denied, requirements) is Proof.YES
        proof = Proof.YES if forbidden else covers(before, requirements)
        known = least.get(stated.resource.urn)
        if proof is not Proof.YES and (known is None or proof < known[0]):
            least[stated.resource.urn] = (proof, stated, requirements)
    for proof, stated, requirements in least.values():
        why = f"the policy `{stated.resource.name}` permits this, and the old stack does not"
        yield _gain(stated, requirements, why if proof is Proof.NO else "")


def _unforbidden(store: Store, earlier: Store) -> Iterator[Gain]:
    """Each policy that no longer forbids what another one permits, as it did before."""
    denied = [requirements for _, requirements in store.alternatives(permits=False)]
    before = [requirements for _, requirements in earlier.alternatives(permits=True)]
    stays = [found for found in store.alternatives(permits=True) if covers(before, found[1]) is not Proof.NO]
    for stated, requirements in earlier.alternatives(permits=False):
        proof = covers(denied, requirements)
        permit = next((found for found in stays if not apart(found[1], requirements)), None)
        if proof is Proof.YES or not permit:
            continue
        why = f"the policy `{stated.resource.name}` no longer forbids this, which `{permit[0].resource.name}` permits"
        yield _gain(permit[0], requirements | permit[1], why if proof is Proof.NO else "")


def _dropped(store: Store, earlier: Store, old: Stack, kept: Collection[str]) -> Iterator[Gain]:
    """Each policy that no longer forbids what the stack does not show to be permitted, in a store that stays."""
    denied = [requirements for _, requirements in store.alternatives(permits=False)]
    for stated, requirements in earlier.alternatives(permits=False):
        place = resolve(old, stated.resource, "policyStoreId", STORE).only
        stays = place is None or place.external or place.urn in kept
        if stays and covers(denied, requirements) is not Proof.YES:
            why = f"the policy `{stated.resource.name}` no longer forbids this, and what permits it is not in the stack"
            yield Gain(stated.resource, stated.resource, stated.path, Answer(Verdict.UNDECIDED, why))


def _gain(stated: Stated, requirements: Requirements, why: str) -> Gain:
    """The gain with an example by the requirements; without a reason it is undecided."""
    if not why:
        answer = Answer(Verdict.UNDECIDED, f"`{stated.path}` {OTHER}")
    else:
        caller, action, resource = (_example(requirements, name) for name in ("principal", "action", "resource"))
        answer = Answer(Verdict.NEW_ACCESS, why, "", Witness(caller, None, action, resource))
    return Gain(stated.resource, stated.resource, stated.path, answer)


def _example(requirements: Requirements, variable: str) -> str:
    """The variable of a request in words, as the narrowest requirement has it."""
    about = sorted(
        (one for one in requirements if one.variable == variable), key=lambda one: "=i".index(one.operator[0])
    )
    if not about:
        return f"every {variable}"
    entity = min(about[0].entities)
    return entity if about[0].operator == "==" else f"every {variable} {about[0].operator} {entity}"
