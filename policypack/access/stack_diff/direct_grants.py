"""Grants without a policy document, read as documents, so that the access engine compares them like any other.

Most are the properties of one resource, by `grant_tables.direct.GRANTS`. Three need more: a KMS grant has constraints,
a share of Resource Access Manager is several resources, and a membership counts here if the user or the group is not
in the stack (else `attachments` finds what it gives).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from math import prod
from typing import Any

import msgspec

from policypack.access.policy_targets import TARGETS, target_of
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.created_values import created_value, with_created
from policypack.access.stack_diff.grant_tables.actions import CONSUMED, MEANINGS
from policypack.access.stack_diff.grant_tables.cache_users import with_cache_users
from policypack.access.stack_diff.grant_tables.collective_grantees import by_members
from policypack.access.stack_diff.grant_tables.direct import grants_by_type
from policypack.access.stack_diff.grant_tables.direct_grant import DirectGrant
from policypack.access.stack_diff.grant_tables.lake_filters import with_rows
from policypack.access.stack_diff.grant_tables.lake_tags import LAKE_PERMISSIONS, tagged_grants
from policypack.access.stack_diff.grant_tables.open_settings import by_settings
from policypack.access.stack_diff.sign_in_values import with_sign_in
from policypack.core.policy import UNKNOWN, Reference, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.document import Condition, Effect, PolicyDocument, Principal, Statement
from policypack.iam.document_readers import values_at
from policypack.iam.tables import DocumentKind
from policypack.resources.attachments import memberships
from policypack.resources.naming import physical_name
from policypack.resources.permission import SERVICE_SUFFIXES
from policypack.resources.references import resolve

KMS_GRANT = "aws:kms/grant:Grant"
SHARE = "aws:ram/resourceShare:ResourceShare"
SHARED_WITH = "aws:ram/principalAssociation:PrincipalAssociation"
SHARED = "aws:ram/resourceAssociation:ResourceAssociation"
ASSOCIATIONS = "aws:ram/resourceShareAssociationsExclusive:ResourceShareAssociationsExclusive"
MOST_TEXTS = 10_000
ACCOUNTS = re.compile(r"\d{12}(?: *, *\d{12})+")
"""Several accounts in one text, as a document of Systems Manager is shared with."""
_ELEMENTS = ("Principal", "Action", "Resource")
_FIELD = re.compile(r"\{([^{}|]+)(?:\|([^{}]*))?\}")

Text = str | Unknown


class GrantDocument(msgspec.Struct, frozen=True):
    """A grant as a document: the resource that makes it, the property with the grantee, and the kind of grant."""

    resource: Resource
    path: str
    document: PolicyDocument
    kind: str
    """Grants of different kinds are not compared."""
    changes_only: bool = False
    """Whether it counts only if the resource exists in the old stack."""
    anonymous: bool = False
    """Whether everyone includes callers without an AWS account."""
    target: Resource | None = None
    """What it opens, if that is another resource of the stack."""
    certain: bool = True
    guard: str = ""
    """The setting that ends the grant, or because of which AWS refuses it."""
    service: str = ""
    """As of a `DirectGrant`."""
    doubt: str = ""
    """The reason why it is undecided, as a clause after its path, unless a value is known only after the update."""
    ended: bool = False
    """Whether the setting ends it, so that it grants nothing."""
    held_only: bool = False
    """Whether it counts in an old stack alone: another form of what the stack grants, which a new one may show."""


def direct_grants(stack: Stack, places: Places) -> Iterator[GrantDocument]:
    """Every grant of a stack that is no policy document, also as it is for the members of its grantees."""
    for grant in _stated_grants(stack, places):
        yield grant
        for document, doubt in by_members(grant.document):
            certain = grant.certain and not doubt
            yield msgspec.structs.replace(grant, document=document, certain=certain, doubt=doubt, held_only=True)


def _stated_grants(stack: Stack, places: Places) -> Iterator[GrantDocument]:
    for token, grants in grants_by_type().items():
        for resource in stack.of(token):
            inputs = with_created(stack, places, resource)
            if token in by_settings() and not resource.external:
                inputs = with_sign_in(stack, places, resource, inputs)
                inputs = with_cache_users(stack, places, resource, inputs)
                inputs = with_rows(resource, (places.same or {}).get(resource.urn), inputs)
            for grant in () if resource.external else grants:
                yield from _granted(stack, resource, inputs, grant)
    for resource, path, inputs in tagged_grants(stack, places):
        for grant in grants_by_type()[LAKE_PERMISSIONS]:
            for document in _granted(stack, resource, inputs, msgspec.structs.replace(grant, kind=LAKE_PERMISSIONS)):
                yield msgspec.structs.replace(document, path=path)
    yield from _key_grants(stack)
    yield from _shares(stack, places)
    yield from _members(stack)


def _granted(
    stack: Stack, resource: Resource, inputs: Mapping[str, Any], grant: DirectGrant
) -> Iterator[GrantDocument]:
    """The documents of a grant; also as it would be if the stack did not show what it is for, which it may not."""
    target = target_of(stack, resource)
    beside = target.inputs if grant.kind else {}
    yield from _documents(resource, inputs, grant, (_named_target(resource, target), beside))
    if target is not resource:
        for held in _documents(resource, inputs, grant, ({}, {})):
            yield msgspec.structs.replace(held, held_only=True)


def _documents(
    resource: Resource,
    inputs: Mapping[str, Any],
    grant: DirectGrant,
    shown: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> Iterator[GrantDocument]:
    """The document of each entry of a grant; `shown` has what the stack shows of its target, for what it names and lacks."""
    path = _fields(grant.grantees) or grant.when[0]
    for entry in _entries(inputs, grant.entries):
        scopes = (shown[0], entry, inputs, shown[1])
        if not _applies(grant, scopes):
            continue
        grantees = [
            "*" if isinstance(text, str) and text.lower() == grant.everyone else text
            for text in _all(grant.grantees, scopes)
        ]
        actions, resources = _all(grant.actions, scopes), _all(grant.resources, scopes)
        if grantees and actions and resources:
            conditions = tuple(_conditions(grant, scopes))
            document = grant_document(resource.type, grantees, actions, resources, conditions)
            patterns = dict(zip(_ELEMENTS, (grant.grantees, grant.actions, grant.resources), strict=True))
            unknown = {name for name, _ in document.unknowns}
            limits = [value for _, _, value in grant.conditions if unknown == {"Condition"} and _open(value, scopes)]
            decisive = chain(*(patterns[name] for name in _ELEMENTS if name in unknown), limits)
            yield GrantDocument(
                resource,
                _fields(decisive) or path,
                document,
                grant.kind or resource.type,
                grant.changes_only,
                grant.anonymous or "*" in grant.grantees,
                service=grant.service,
                doubt=next((text.why for value in limits for text in _open(value, scopes) if text != UNKNOWN), ""),
            )


def _open(pattern: str, scopes: Sequence[Any]) -> list[Unknown]:
    """The unknown values among the texts that a pattern stands for."""
    return [text for text in _texts(pattern, scopes) if isinstance(text, Unknown)]


def _fields(patterns: Iterable[str]) -> str:
    """The properties that patterns stand for, as one text."""
    return ", ".join(name for pattern in patterns for name, _ in _FIELD.findall(pattern))


def _named_target(resource: Resource, target: Resource) -> Mapping[str, str]:
    """The property that refers to what a grant is for, with the physical name of that, however it is written."""
    name = physical_name(target) if target is not resource else None
    return {TARGETS[resource.type][0]: name} if name else {}


def _applies(grant: DirectGrant, scopes: Sequence[Any]) -> bool:
    """Whether the property that decides has such a value, or may have it, and none is there with which it is not granted.

    A property with an unknown value is not absent.
    """
    name, values = grant.when
    barred, by = grant.unless
    texts = _texts(f"{{{name}|}}", scopes) if name else []
    if barred and any(isinstance(text, str) and text.lower() in by for text in _texts(f"{{{barred}}}", scopes)):
        return False
    may = values != ("",)
    return not name or any(may if isinstance(text, Unknown) else text.lower() in values for text in texts)


def _conditions(grant: DirectGrant, scopes: Sequence[Any]) -> Iterator[Condition]:
    """The conditions that have values; one with an unknown value has a path, and its known values only.

    What the table compares in any case has lower case everywhere, and so has the example.
    """
    for written_as, key, value in grant.conditions:
        operator = written_as.removesuffix("IgnoreCase")
        texts = _texts(value, scopes)
        values = tuple(text for text in texts if isinstance(text, str))
        values = tuple(text.lower() for text in values) if operator != written_as else values
        names = [text for pattern in (operator, key) for text in _texts(pattern, scopes)]
        if texts and len(names) == 2:
            path = f".Condition.{names[0]}.{names[1]}" if len(values) < len(texts) else ""
            yield Condition(str(names[0]), str(names[1]), values, path=path)


def _entries(inputs: Mapping[str, Any], path: str) -> Iterator[Any]:
    """The items of the list at a path, also in JSON text; the inputs themselves without a path."""
    name = path.partition("[")[0]
    value = inputs.get(name)
    if isinstance(value, str) and value.startswith("["):
        try:
            inputs = {name: json.loads(value)}
        except (ValueError, RecursionError):
            return
    yield from (entry for _, entry in values_at(inputs, path))


def _all(patterns: Iterable[str], scopes: Sequence[Any]) -> list[Text]:
    return list(dict.fromkeys(text for pattern in patterns for text in _texts(pattern, scopes)))


def _texts(pattern: str, scopes: Sequence[Any]) -> list[Text]:
    """The texts that a pattern stands for; unknown if a part of it is."""
    fields = list(_FIELD.finditer(pattern))
    choices = [_first(field[1], scopes) or ([field[2]] if field[2] is not None else []) for field in fields]
    if prod(map(len, choices)) > MOST_TEXTS:
        return [Unknown(f"has more than {MOST_TEXTS} combinations of values")]
    parts = _FIELD.split(pattern)
    texts: list[Text] = []
    for values in product(*choices):
        if unknown := next((value for value in values if isinstance(value, Unknown)), None):
            texts.append(unknown)
        else:
            text = "".join(text + str(value) for text, value in zip(parts[::3], (*values, ""), strict=True))
            texts.append(_as_arn(text) if pattern.startswith("arn:") else text)
    return texts


def _as_arn(text: str) -> str:
    """The ARN with which a part of it replaces it all, and the path in one of API Gateway without a space."""
    arn = text[text.rindex("arn:") :]
    return arn.replace(" /", "/") if ":execute-api:" in arn else arn


def _first(paths: str, scopes: Sequence[Any]) -> list[Text]:
    """The values at the first of some paths that has any."""
    return next(filter(None, (_values(path, scopes) for path in paths.split("/"))), [])


def _values(path: str, scopes: Sequence[Any]) -> list[Text]:
    for scope in scopes:
        if values := [text for _, value in values_at(scope, path) for text in _scalars(value)]:
            return values
    return []


def _scalars(value: Any) -> Iterator[Text]:
    if isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_scalars, value))
    elif isinstance(value, Unknown):
        yield value
    elif isinstance(value, Reference):
        yield value.id
    elif isinstance(value, float):
        yield repr(value).removesuffix(".0")
    elif isinstance(value, str | int) and value != "":
        yield from str(value).replace(" ", "").split(",") if ACCOUNTS.fullmatch(str(value)) else [str(value)]


def grant_document(
    token: str,
    grantees: Iterable[Text],
    actions: Iterable[Text],
    resources: Iterable[Text],
    conditions: tuple[Condition, ...] = (),
) -> PolicyDocument:
    """The document with one statement that grants the same; an unknown text makes its element unknown.

    A condition that has a path has values that are unknown.
    """
    parts = dict(zip(_ELEMENTS, ([*grantees], [*actions], [*resources]), strict=True))
    unknown = frozenset(name for name, texts in parts.items() if any(isinstance(text, Unknown) for text in texts))
    known = {name: [text for text in texts if isinstance(text, str)] for name, texts in parts.items()}
    open_conditions = tuple(("Condition", condition.path) for condition in conditions if condition.path)
    statement = Statement(
        "",
        Effect.ALLOW,
        actions=tuple(meaning for action in known["Action"] for meaning in MEANINGS.get(action, (action,))),
        resources=tuple(known["Resource"]),
        principals=tuple(map(_principal, known["Principal"])),
        conditions=conditions,
        unknown=unknown | {name for name, _ in open_conditions},
    )
    unknowns = (*((name, "") for name in unknown), *open_conditions)
    return PolicyDocument(DocumentKind.RESOURCE, token, (statement,), unknowns=unknowns)


def _principal(value: str) -> Principal:
    return Principal("Service" if value.endswith(SERVICE_SUFFIXES) else "AWS", value)


def _key_grants(stack: Stack) -> Iterator[GrantDocument]:
    """KMS grants. Source: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#grant-constraints."""
    for resource in stack.of(KMS_GRANT):
        scopes = (resource.inputs,)
        conditions = tuple(_constraints(resource))
        for path, actions in (("granteePrincipal", "kms:{operations[*]}"), ("retiringPrincipal", "kms:RetireGrant")):
            if grantees := _texts(f"{{{path}}}", scopes):
                key = [text if isinstance(text, Unknown) else _key_id(text) for text in _texts("{keyId}", scopes)]
                document = grant_document(
                    KMS_GRANT,
                    grantees,
                    _texts(actions, scopes),
                    key,
                    conditions if path == "granteePrincipal" else (),
                )
                yield GrantDocument(resource, path, document, KMS_GRANT, service="kms")


def _key_id(text: str) -> str:
    """The id in the ARN of a key."""
    return text.rpartition(":key/")[2]


def _constraints(resource: Resource) -> Iterator[Condition]:
    for name in ("encryptionContextSubset", "encryptionContextEquals"):
        for _, context in values_at(resource.inputs, f"constraints[*].{name}"):
            pairs = sorted(context.items()) if isinstance(context, Mapping) else []
            for key, value in pairs:
                yield Condition("StringEquals", f"kms:EncryptionContext:{key}", (str(value),))
            if pairs and name.endswith("Equals"):
                keys = tuple(key for key, _ in pairs)
                yield Condition("StringEquals", "kms:EncryptionContextKeys", keys, "ForAllValues")


def _shares(stack: Stack, places: Places) -> Iterator[GrantDocument]:
    """What Resource Access Manager shares with each principal.

    Without resources in the stack it is the share itself, as what a share with resources also is. A share outside of the
    stack may be for its organization alone.
    Source: https://docs.aws.amazon.com/ram/latest/userguide/getting-started-sharing.html.
    """
    shared: dict[str, list[Text]] = {}
    for resource in stack.of(SHARED, ASSOCIATIONS):
        name = "resourceArn" if resource.type == SHARED else "resourceArns[*]"
        shared.setdefault(_share_of(stack, places, resource), []).extend(_texts(f"{{{name}}}", (resource.inputs,)))
    for resource in stack.of(SHARED_WITH, ASSOCIATIONS):
        path = "principal" if resource.type == SHARED_WITH else "principals"
        itself = _share_of(stack, places, resource)
        share = resolve(stack, resource, "resourceShareArn", SHARE).only
        grantees = _texts(f"{{{path}}}", (resource.inputs,))
        by_actions: dict[tuple[str, ...], list[Text]] = {}
        for text in shared.get(itself, ()):
            by_actions.setdefault(_of_consumers(text), []).append(text)
        alike = [(actions, texts, False) for actions, texts in by_actions.items()]
        alike.append((_of_consumers(itself), [itself], bool(by_actions)))
        inside = () if share and _external(share) else (_INSIDE,)
        limits = [(inside, False)] if share else [(inside, False), ((), True)]
        for (conditions, outside), (actions, texts, more) in product(limits, alike) if grantees else ():
            document = grant_document(SHARE, grantees, actions, texts, conditions)
            yield GrantDocument(resource, path, document, SHARE, held_only=outside or more)
    for share in stack.of(SHARE):
        if _external(share):
            document = grant_document(
                SHARE, ["*"], ["ram:AcceptResourceShareInvitation"], _texts("{name}", (share.inputs,))
            )
            yield GrantDocument(share, "allowExternalPrincipals", document, SHARE, changes_only=True)


def _of_consumers(shared: Text) -> tuple[str, ...]:
    """What those with whom an ARN is shared may do with it."""
    arn = Arn.parse(shared) if isinstance(shared, str) else None
    if arn is None:
        return ("ram:*",)
    kind = re.split("[/:]", arn.resource)[0]
    return CONSUMED.get(f"{arn.service}:{kind}") or (f"{arn.service}:*",)


_INSIDE = Condition("StringEquals", "aws:PrincipalOrgID", ("the share's organization",))


def _external(share: Resource) -> bool:
    """Whether accounts outside the organization may be given the share."""
    allowed = share.inputs.get("allowExternalPrincipals")
    return allowed is not None and str(allowed).lower() != "false"


def _share_of(stack: Stack, places: Places, resource: Resource) -> str:
    return str(created_value(stack, places, resource, "resourceShareArn"))


def _members(stack: Stack) -> Iterator[GrantDocument]:
    """Memberships; those of users and groups of the stack only as what it grants too."""
    for resource, users, groups, inside in memberships(stack):
        if names := _texts(f"{{{groups}}}", (resource.inputs,)):
            people = _texts(f"user {{{users}}}", (resource.inputs,))
            document = grant_document(resource.type, people, ["iam:member"], [f"group/{name}" for name in names])
            yield GrantDocument(resource, groups, document, "membership", held_only=inside)
