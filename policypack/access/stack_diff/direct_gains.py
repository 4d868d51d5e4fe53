"""What grants without a policy document newly allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from policypack.access.exposure.outsiders import ANYONE, STRANGER
from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.acl_grants import acl_documents
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.direct_grants import GrantDocument, direct_grants
from policypack.access.stack_diff.gains import Gain, Holding, gained_by
from policypack.core.policy import Resource, Stack
from policypack.core.witness import Witness
from policypack.iam.globs import has_wildcard
from policypack.resources.attachments import AttachedDocument

Grants = Sequence[GrantDocument]


def direct_gains(new: Stack, old: Stack, same: Mapping[str, Resource]) -> Iterator[Gain]:
    """What is newly granted, kind by kind; a grant that AWS refuses is compared with those that it refused before too."""
    before = _by_kind(old, Places())
    for kind, grants in _by_kind(new, Places(same)).items():
        held = before.get(kind, [])
        effective = [grant for grant in grants if not (grant.ended or grant.guard)]
        refused = [grant for grant in grants if grant.guard and not grant.ended]
        yield from _gains(effective, [grant for grant in held if not (grant.ended or grant.guard)], held, same)
        yield from _gains(refused, [grant for grant in held if not grant.ended], held, same)


def _by_kind(stack: Stack, places: Places) -> Mapping[str, list[GrantDocument]]:
    by_kind: defaultdict[str, list[GrantDocument]] = defaultdict(list)
    for grant in (*direct_grants(stack, places), *acl_documents(stack)):
        by_kind[grant.kind].append(grant)
    return by_kind


def _gains(grants: Grants, before: Grants, every: Grants, same: Mapping[str, Resource]) -> Iterator[Gain]:
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
        for gain in gained_by(_holding(group), _holding(earlier, group[0].resource)):
            grant = next((grant for grant in group if grant.resource is gain.by and grant.path == gain.path), None)
            answer = msgspec.structs.replace(gain.answer, path="")
            if grant and gain.answer.verdict is Verdict.NEW_ACCESS:
                why, witness = _why(grant, every), _witness(grant, answer.witness)
                answer = msgspec.structs.replace(answer, why=why, witness=witness)
            yield Gain(targets.get(gain.by.urn, gain.by), gain.by, gain.path, answer)


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


def _witness(grant: GrantDocument, witness: Witness | None) -> Witness | None:
    """The example with the caller as people name it, and the action as the grant writes it."""
    if witness is None:
        return None
    statement = grant.document.statements[0]
    written = {action.lower(): action for action in statement.actions or ()}
    everyone = any(principal.anyone for principal in statement.principals or ())
    return msgspec.structs.replace(
        witness,
        action=written.get(witness.action.lower(), witness.action),
        outsider=(ANYONE if grant.anonymous else STRANGER).label if everyone else witness.outsider,
    )
