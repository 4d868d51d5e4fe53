"""What changed tags newly allow, where conditions read them.

The tags of a role or a user are what its requests send, unless its trust policy lets sessions have tags of their own:
conditions and variables on a tag that changed are then decided on both sides before documents are compared. The tags of
a resource decide conditions of identities on it. Tags that are unknown decide nothing.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.access.solver.bounds import Bound
from policypack.access.solver.conditions import met
from policypack.access.solver.diff import TOO_MANY, Access, gains, within
from policypack.access.solver.partition import TooManyCellsError, Work
from policypack.access.solver.substitution import substituted, variables_of
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import witness_of
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.gains import Gain, Holding, Key, described, place_in
from policypack.core.policy import Resource, Stack
from policypack.iam.document import VERSIONS, Effect, PolicyDocument, Statement
from policypack.iam.globs import matches
from policypack.resources.providers import provider_of, same_account
from policypack.resources.tokens import ROLE, USER

PRINCIPAL_TAG = "aws:principaltag/"
RESOURCE_TAG = ":resourcetag/"
"""The middle of the keys for a tag of the resource, such as `aws:ResourceTag/team` and `ssm:resourceTag/team`."""

BESIDE: Mapping[str, tuple[str, ...]] = {"ec2": ("ssm", "ec2-instance-connect"), "execute-api": ("apigateway",)}
"""By service in ARNs, other services whose actions are on such resources."""

Tags = Mapping[str, tuple[str, ...]]
"""By key in lower case, the value of a tag, as `met` takes it; no value if it is absent."""
Holdings = Mapping[Key, Holding]
Side = tuple[Stack, Places, Holdings]


def with_principal_tags(new: Side, old: Side) -> tuple[Holdings, Holdings]:
    """The holdings of both stacks with the changed tags of roles and users decided in their documents."""
    after, before = dict(new[2]), dict(old[2])
    for key, holding in new[2].items():
        earlier = old[2].get(key)
        if earlier is None or not holding.attached or holding.holder.type not in (ROLE, USER):
            continue
        if not any(_reads(document, PRINCIPAL_TAG) for side in (holding, earlier) for document in _documents(side)):
            continue
        trusts = [side[2].get(("trust", *key[1:])) for side in (new, old)]
        if holding.holder.type == ROLE and not all(trust and _keeps_tags(trust) for trust in trusts):
            continue
        changed, tags = _changed((new[0], holding.holder), (old[0], earlier.holder))
        if changed:
            after[key] = _bound(holding, changed, lambda name: name.startswith(PRINCIPAL_TAG))
            before[key] = _bound(earlier, tags, lambda name: name.startswith(PRINCIPAL_TAG))
    return after, before


def resource_tag_gains(new: Side, old: Side, by_documents: Sequence[Gain]) -> Iterator[Gain]:
    """What identities of both stacks may newly do to a resource because of its own tags."""
    reported = {(gain.holder.urn, gain.by.urn, gain.path) for gain in by_documents}
    identities = [
        (holding, old[2][key])
        for key, holding in new[2].items()
        if holding.attached
        and key in old[2]
        and any(_reads(document, RESOURCE_TAG) for document in _documents(holding))
    ]
    for resource in new[0].resources if identities else ():
        before = (new[1].same or {}).get(resource.urn)
        arns = {str(side.outputs.get("arn") or "") for side in (resource, before) if side} - {"", "None"}
        if before is None or len(arns) != 1 or resource.type in (ROLE, USER):
            continue
        now, then = _changed((new[0], resource), (old[0], before))
        for holding, earlier in identities if now else ():
            if same_account(new[0], holding.holder, resource) is not False:
                sides = (_bound(holding, now, _of_resource), _bound(earlier, then, _of_resource))
                for gain in _on_resource(*sides, resource, next(iter(arns))):
                    if (gain.holder.urn, gain.by.urn, gain.path) not in reported:
                        yield gain


def _on_resource(now: Holding, before: Holding, resource: Resource, arn: str) -> Iterator[Gain]:
    service = arn.split(":")[2] if arn.count(":") > 2 else "*"
    actions = tuple(f"{name}:*" for name in (service, *BESIDE.get(service, ())))
    on = Access.of([Statement("", Effect.ALLOW, actions=actions, resources=(arn, f"{arn}/*", f"{arn}:*"))])
    try:
        after, earlier = within(now.access(Bound.LEAST), on), before.access(Bound.MOST)
        for request, allow in gains(after, earlier, attached=True, work=Work(), home=now.home):
            witness = msgspec.structs.replace(witness_of(request), outsider=described(now.holder))
            why = f"the tags of `{resource.name}` now meet the condition"
            verdict = Verdict.UNDECIDED if now.limits or before.unseen else Verdict.NEW_ACCESS
            yield Gain(now.holder, *place_in(now, allow, Bound.LEAST), Answer(verdict, why, allow.path, witness))
    except TooManyCellsError:
        yield Gain(now.holder, resource, "tags", Answer(Verdict.UNDECIDED, TOO_MANY))


def _of_resource(name: str) -> bool:
    return RESOURCE_TAG in name


def _documents(holding: Holding) -> Iterator[PolicyDocument]:
    yield from (attached.document for attached in holding.carried)
    yield from holding.boundary or ()


def _reads(document: PolicyDocument, key: str) -> bool:
    return any(
        key in name
        for statement in document.statements
        for name in (*(condition.name for condition in statement.conditions), *variables_of(statement))
    )


def _keeps_tags(trust: Holding) -> bool:
    """Whether the trust policy surely lets no session have tags of its own."""
    return not trust.unseen and not any(
        document.unknowns
        or any(
            statement.allows
            and (
                statement.actions is None
                or any(matches(action, "sts:TagSession", ignore_case=True) for action in statement.actions)
            )
            for statement in document.statements
        )
        for document in _documents(trust)
    )


def _changed(new: tuple[Stack, Resource], old: tuple[Stack, Resource]) -> tuple[Tags, Tags]:
    """The tags of a resource that are known in both stacks and differ, in each of them."""
    sides = [_tags(*side) for side in (new, old)]
    if sides[0] is None or sides[1] is None or sides[0] == sides[1]:
        return {}, {}
    texts = [{name.lower(): value for name, value in side.items()} for side in sides if side is not None]
    names = [
        name
        for name in dict.fromkeys([*texts[0], *texts[1]])
        if texts[0].get(name) != texts[1].get(name) and all(isinstance(side.get(name, ""), str) for side in texts)
    ]
    now, before = ({name: (side[name],) if name in side else () for name in names} for side in texts)
    return now, before


def _tags(stack: Stack, resource: Resource) -> Mapping[str, Any] | None:
    """A resource's tags with those of its provider; None if they are unknown."""
    provider = provider_of(stack, resource)
    defaults: Any = provider.inputs.get("defaultTags") if provider else None
    if isinstance(defaults, str):
        try:
            defaults = json.loads(defaults)
        except ValueError:
            return None
    default = defaults.get("tags") if isinstance(defaults, Mapping) else defaults
    own = resource.inputs.get("tags")
    if not all(tags is None or isinstance(tags, Mapping) for tags in (default, own)):
        return None
    return {**(default or {}), **(own or {})}


def _bound(holding: Holding, tags: Tags, concerns: Callable[[str], bool]) -> Holding:
    """The holding with the conditions and variables on some tags decided."""

    def read(document: PolicyDocument) -> PolicyDocument:
        statements = (_decided(statement, document, tags, concerns) for statement in document.statements)
        kept = tuple(statement for statement in statements if statement is not None)
        return msgspec.structs.replace(document, statements=kept)

    carried = tuple(msgspec.structs.replace(attached, document=read(attached.document)) for attached in holding.carried)
    boundary = None if holding.boundary is None else tuple(map(read, holding.boundary))
    return msgspec.structs.replace(holding, carried=carried, boundary=boundary)


def _decided(
    statement: Statement, document: PolicyDocument, tags: Tags, concerns: Callable[[str], bool]
) -> Statement | None:
    """A statement without the conditions that the tags meet; None if they do not meet one of them."""
    if "Condition" in statement.unknown:
        return statement
    if document.version == VERSIONS[0] and not statement.unknown:
        values = {
            name: next(iter(tags[tag]), None)
            for name in variables_of(statement)
            if concerns(name) and (tag := name.partition("/")[2]) in tags
        }
        bound = substituted(statement, values, partly=True) if values else statement
        if bound is None:
            return None
        statement = bound
    kept = []
    for condition in statement.conditions:
        tag = condition.name.partition("/")[2]
        if not concerns(condition.name) or tag not in tags or any("${" in value for value in condition.values):
            kept.append(condition)
        elif not met(condition, tags[tag]):
            return None
    return msgspec.structs.replace(statement, conditions=tuple(kept))
