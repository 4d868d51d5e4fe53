"""What grants without a policy document newly allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from policypack.access.exposure.outsiders import ANYONE, STRANGER
from policypack.access.exposure.sharing import EVENT_PERMISSION
from policypack.access.policy_targets import DEFAULTS, last_name
from policypack.access.solver.request import account_of
from policypack.access.solver.verdict import Verdict
from policypack.access.solver.witness import Home
from policypack.access.stack_diff.acl_grants import acl_documents
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.direct_grants import KMS_GRANT, SHARE, GrantDocument, direct_grants
from policypack.access.stack_diff.gains import Gain, Holding, Key, gained_by, home_of
from policypack.core.policy import Resource, Stack
from policypack.core.witness import Witness
from policypack.iam.document import PolicyDocument
from policypack.iam.globs import has_wildcard
from policypack.resources.attachments import AttachedDocument
from policypack.resources.references import resolve, written
from policypack.resources.tokens import EVENT_BUS, KEY

Grants = Sequence[GrantDocument]
BESIDE: Mapping[str, tuple[str, ...]] = {
    EVENT_PERMISSION: ("eventBusName", EVENT_BUS),
    KMS_GRANT: ("keyId", KEY, "aws:kms/externalKey:ExternalKey"),
}
"""By type of grants that are beside the document of a resource, the property that names it, and its types."""


def direct_gains(
    new: Stack, old: Stack, same: Mapping[str, Resource], documents: Mapping[Key, Holding]
) -> Iterator[Gain]:
    """What is newly granted, kind by kind; a grant that AWS refuses is compared with those that it refused before too.

    `documents` are the holders of the old stack: a key's or a bus's document may have allowed what a grant allows now.
    """
    before, places = _by_kind(old, Places()), Places(same)
    for kind, grants in _by_kind(new, places).items():
        held = before.get(kind, [])
        if kind in BESIDE:
            keys = {beside(new, places, grant.resource): grant for grant in grants}
            held = [*held, *(item for key, grant in keys.items() for item in _documented(documents.get(key), grant))]
        stays = _as_before(grants, held)
        effective = [
            grant
            for grant in grants
            if not (grant.ended or grant.guard or grant.held_only or grant.resource.urn in stays)
        ]
        refused = [grant for grant in grants if grant.guard and not grant.ended]
        yield from _gains(new, effective, [grant for grant in held if not (grant.ended or grant.guard)], held, same)
        yield from _gains(new, refused, [grant for grant in held if not grant.ended], held, same)


def _as_before(grants: Grants, before: Grants) -> frozenset[str]:
    """The URNs of what grants the same as before, while the stack newly shows what it is for.

    A share newly shows what is shared, which may not have been.
    """
    known = {grant.document.statements for grant in before if not (grant.held_only or grant.document.unknowns)}
    held = (grant for grant in grants if grant.held_only and grant.kind != SHARE)
    return frozenset(grant.resource.urn for grant in held if grant.document.statements in known)


def with_grants(documents: Mapping[Key, Holding], old: Stack) -> Mapping[Key, Holding]:
    """The holders of the old stack, with the grants beside the documents of keys and buses."""
    every = {**documents}
    for grant in direct_grants(old, Places()):
        if grant.kind in BESIDE:
            key = beside(old, Places(), grant.resource)
            carried = AttachedDocument(
                grant.resource, grant.path, _on(grant.document, ("*",)), grant.certain, direct=True
            )
            every[key] = (every.get(key) or Holding(grant.resource)).including((carried,))
    return every


def beside(stack: Stack, places: Places, resource: Resource) -> Key:
    """The key of the document beside a grant, which protects the same resource."""
    name, *types = BESIDE[resource.type]
    target = resolve(stack, resource, name, *types).only
    text = str(written(resource, name) or DEFAULTS.get(types[0], ""))
    return ("resource", *(places.of(target) if target else (types[0], last_name(text))))


def _documented(holding: Holding | None, grant: GrantDocument) -> Iterator[GrantDocument]:
    """What a document allows on the resource that it protects, as grants to compare with this one.

    A key's document leaves it to an account to allow its identities anything, and a grant does not.
    """
    for attached in holding.carried if holding else ():
        for statement in attached.document.statements:
            principals = tuple(
                principal
                for principal in statement.principals or ()
                if grant.kind != KMS_GRANT or account_of(principal.value) is None
            )
            if not statement.allows or not principals:
                continue
            narrowed = msgspec.structs.replace(statement, principals=principals)
            document = msgspec.structs.replace(attached.document, statements=(narrowed,))
            yield msgspec.structs.replace(grant, document=_on(document, _targets(grant)), certain=attached.certain)


def _on(document: PolicyDocument, resources: tuple[str, ...]) -> PolicyDocument:
    """The document with these resources in each statement."""
    return msgspec.structs.replace(
        document,
        statements=tuple(
            msgspec.structs.replace(statement, resources=resources, not_resources=None)
            for statement in document.statements
        ),
    )


def _by_kind(stack: Stack, places: Places) -> Mapping[str, list[GrantDocument]]:
    by_kind: defaultdict[str, list[GrantDocument]] = defaultdict(list)
    for grant in (*direct_grants(stack, places), *acl_documents(stack)):
        by_kind[grant.kind].append(grant)
    return by_kind


def _gains(stack: Stack, grants: Grants, before: Grants, every: Grants, same: Mapping[str, Resource]) -> Iterator[Gain]:
    places, places_before = Places(same), Places()
    known = {_meaning(grant, places_before) for grant in before if not grant.document.unknowns}
    rest = [
        grant
        for grant in grants
        if (grant.document.unknowns or _meaning(grant, places) not in known)
        and not (grant.changes_only and grant.resource.urn not in same)
    ]
    if not rest:
        return
    targets = {grant.resource.urn: grant.target for grant in rest if grant.target}
    for group, earlier in _on_same(rest, before):
        now = msgspec.structs.replace(_holding(group), home=home_of(stack, group[0].resource))
        for gain in gained_by(now, _holding(earlier, now.holder)):
            grant = next((grant for grant in group if grant.resource is gain.by and grant.path == gain.path), None)
            answer = msgspec.structs.replace(gain.answer, path="")
            if grant and gain.answer.verdict is Verdict.NEW_ACCESS:
                why, witness = _why(grant, every), _witness(grant, answer.witness, now.home)
                answer = msgspec.structs.replace(answer, why=why, witness=witness)
            elif grant and (doubt := _doubt(grant, earlier)) and gain.answer.verdict is Verdict.UNDECIDED:
                answer = msgspec.structs.replace(answer, why=f"`{grant.path}` {doubt}")
            yield Gain(targets.get(gain.by.urn, gain.by), gain.by, gain.path, answer)


def _doubt(grant: GrantDocument, earlier: Grants) -> str:
    """Why a grant is undecided: its own reason, or that of an earlier grant that may include it."""
    known = grant.certain and not grant.document.unknowns
    return grant.doubt or next((other.doubt for other in earlier if known and not other.certain), "")


def _on_same(grants: Grants, before: Grants) -> Iterator[tuple[Grants, Grants]]:
    """The grants on the same resources, with the earlier grants that may be on one of them."""
    by_text: defaultdict[str, list[int]] = defaultdict(list)
    for position, grant in enumerate(before):
        for text in _targets(grant) or ["*"]:
            by_text["*" if has_wildcard(text) else text].append(position)
    groups: defaultdict[tuple[str, ...], list[GrantDocument]] = defaultdict(list)
    for grant in grants:
        groups[_targets(grant)].append(grant)
    for texts, group in groups.items():
        exact = texts and not any(map(has_wildcard, texts))
        positions = {at for text in ("*", *texts) for at in by_text.get(text, ())} if exact else range(len(before))
        yield group, [before[at] for at in sorted(positions)]


def _targets(grant: GrantDocument) -> tuple[str, ...]:
    """The patterns of resources of a grant; none if one is unknown."""
    (statement,) = grant.document.statements
    return () if "Resource" in statement.unknown else statement.resources or ()


def _meaning(grant: GrantDocument, places: Places) -> object:
    """What a grant says; what is uncertain says the same as that of the same resource only."""
    return grant.document.statements, () if grant.certain else places.of(grant.resource)


def _holding(grants: Grants, holder: Resource | None = None) -> Holding:
    carried = tuple(
        AttachedDocument(grant.resource, grant.path, grant.document, grant.certain, direct=True) for grant in grants
    )
    return Holding(holder or grants[0].resource, carried)


def _why(grant: GrantDocument, before: Grants) -> str:
    """The cause: a setting that held the same grant back, or the grant itself."""
    same = (other for other in before if other.guard and other.document.statements == grant.document.statements)
    kind = grant.resource.type.rpartition(":")[2]
    target = f" of `{grant.target.name}`" if grant.target else ""
    if (held := next(same, None)) is None:
        return (
            f"the {kind} `{grant.resource.name}`{target} grants this by its `{grant.path}`, and the old stack does not"
        )
    return f"{held.guard} no longer holds back the {kind} `{grant.resource.name}`{target}"


def _witness(grant: GrantDocument, witness: Witness | None, home: Home) -> Witness | None:
    """The example with the caller as people name it, and the action as the grant writes it."""
    if witness is None:
        return None
    statement = grant.document.statements[0]
    written = {action.lower(): action for action in statement.actions or ()}
    everyone = any(principal.anyone for principal in statement.principals or ())
    arn = f"arn:aws:{grant.service}:{home.region}:{home.account}:" if grant.service else ""
    kind = "key/" * (grant.kind == KMS_GRANT)
    named = witness.resource if witness.resource.startswith("arn:") else f"{arn}{kind}{witness.resource}"
    own = str(grant.resource.outputs.get("arn"))
    return msgspec.structs.replace(
        witness,
        resource=own if grant.service and own.startswith(named.rpartition("/")[0] + "/") else named,
        action=written.get(witness.action.lower(), witness.action),
        outsider=(ANYONE if grant.anonymous else STRANGER).label if everyone else witness.outsider,
    )
