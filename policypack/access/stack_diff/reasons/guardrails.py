"""What an organization's policies no longer deny in an account, an organizational unit or the whole organization.

Service and resource control policies only narrow, and the documents that they narrow are in other stacks. So a denial that
goes from a target, and that no policy there or above replaces, is new access for whoever has a grant. Allow statements
count only beside those that the stack attached to the same target before, because AWS attaches `FullAWSAccess` to every
target by itself.
Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec

from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import NOTHING, TOO_MANY, Access, newly
from policypack.access.solver.partition import TooManyCellsError, Work
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import witness_of
from policypack.access.stack_diff.counterparts import Places, end_of
from policypack.access.stack_diff.created_values import created_value
from policypack.access.stack_diff.gains import Gain, Holding, place_in
from policypack.access.stack_diff.reasons.denials import plain
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document import Effect, PolicyDocument
from policypack.iam.document_readers import RESOURCE, documents_of
from policypack.iam.managed import managed_document
from policypack.iam.tables import DocumentKind
from policypack.resources.attachments import AttachedDocument, Unread, UnreadAttachment
from policypack.resources.naming import physical_name
from policypack.resources.references import resolve

POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"
ORGANIZATION = "aws:organizations/organization:Organization"
MEMBERS = ("aws:organizations/organizationalUnit:OrganizationalUnit", "aws:organizations/account:Account")
CONTROL = "SERVICE_CONTROL_POLICY"
KINDS: Mapping[str, str] = {CONTROL: "service control policy", "RESOURCE_CONTROL_POLICY": "resource control policy"}
NARROWING = (*RESOURCE, DocumentKind.BOUNDARY)
FULL_ACCESS = "p-FullAWSAccess"
ANYWHERE = "any target"
"""The kind of target of a policy that another stack attaches."""
ROOTS = ("r-", "Organization ", "new Organization ")
"""Beginnings of the texts for an organization's root."""
UNREAD = "is no longer attached or cannot be read, and what it denied is not known here"
ALLOWS = "the policies attached to the target newly allow this, if no other one there does"
OFF = "the organization no longer applies policies of the type"

Side = tuple[Stack, Places]
Target = tuple[str, str]
"""The place of a unit or an account of the stack, or a kind and a text."""
ROOT: Target = ("root", "the root of the organization")
Guards = Mapping[tuple[str, Target], Holding]
"""By type of policy and target, the policies attached to the target; all policies that are attached elsewhere too."""


def guardrail_gains(new: Side, old: Side) -> Iterator[Gain]:
    """What the policies of an organization no longer stop, target by target."""
    if not any(True for _ in old[0].of(ATTACHMENT, POLICY, ORGANIZATION)):
        return
    created = {end_of(other): new[0].by_urn[urn] for urn, other in (new[1].same or {}).items()}
    yield from _switched_off(new)
    before, after = _guards(old, created), _guards(new)
    parents, parents_before = _parents(new), _parents(old)
    for kind in KINDS:
        for target in dict.fromkeys([*parents_before, *(target for _, target in before)]):
            if target[0] in ("", ANYWHERE, ROOT[0]) or target in created:
                above = [*_chain(target, parents), ROOT]
                left = [place for place in _chain(target, parents_before) if place == target or place not in above]
                held = _joined(before, kind, left)
                if held and (target[0] != ANYWHERE or (kind, target) in after):
                    now = _joined(after, kind, above) or Holding(held.holder)
                    yield from _gained(kind, target, (now, held), created)


def _guards(side: Side, left: Mapping[Target, Resource] | None = None) -> Guards:
    """The policies by target; of an old stack without what stays attached, and with what another stack attaches."""
    stack, places = side
    guards: dict[tuple[str, Target], Holding] = {}
    attached = set()

    def add(kind: str, target: Target, holding: Holding) -> None:
        known = guards.get((kind, target)) or Holding(holding.holder)
        guards[kind, target] = known.including(holding.carried, holding.unseen)

    for attachment in stack.of(ATTACHMENT):
        policy = resolve(stack, attachment, "policyId", POLICY).only
        attached.add(policy.urn if policy else "")
        stays = left is not None and attachment.inputs.get("skipDestroy") is True and end_of(attachment) not in left
        if not attachment.external and not stays:
            target = _target(side, attachment, "targetId")
            for kind, holding in [_read(policy)] if policy else _foreign(side, attachment):
                add(kind, target, holding)
    for policy in stack.of(POLICY):
        if not policy.external and (left is None or policy.urn not in attached):
            kind, holding = _read(policy)
            add(kind, (ANYWHERE, " ".join(places.of(policy))), holding)
    return guards


def _read(policy: Resource) -> tuple[str, Holding]:
    """The type of a policy, and its document."""
    holding = Holding(policy)
    for path, document in documents_of(policy, NARROWING):
        if isinstance(document, PolicyDocument):
            holding = holding.including((AttachedDocument(policy, path, document.as_granted),))
        else:
            holding = holding.including(unseen=(UnreadAttachment(policy, path, Unread.DOCUMENT),))
    return str(policy.inputs.get("type") or CONTROL), holding


def _foreign(side: Side, attachment: Resource) -> Iterator[tuple[str, Holding]]:
    """The policy of another stack that is attached; AWS's own one allows everything."""
    name = created_value(*side, attachment, "policyId")
    everything = managed_document("AdministratorAccess") if name == FULL_ACCESS else None
    if everything:
        yield CONTROL, Holding(attachment, (AttachedDocument(attachment, "policyId", everything),))
    else:
        named = name if isinstance(name, str) else ""
        unseen = UnreadAttachment(attachment, "policyId", Unread.FOREIGN, policy=named)
        yield CONTROL, Holding(attachment, unseen=(unseen,))


def _target(side: Side, resource: Resource, name: str) -> Target:
    """The account, unit or root that a property names; an unknown one is another for each resource."""
    stack, places = side
    if (member := resolve(stack, resource, name, *MEMBERS).only) and not member.external:
        return places.of(member)
    value = created_value(stack, places, resource, name)
    if isinstance(value, Unknown):
        return "", f"the target of {resource.name}"
    return ROOT if str(value).startswith(ROOTS) else ("", str(value))


def _parents(side: Side) -> Mapping[Target, Target]:
    stack, places = side
    members = [member for member in stack.of(*MEMBERS) if not member.external]
    return {places.of(member): _target(side, member, "parentId") for member in members}


def _chain(target: Target, parents: Mapping[Target, Target]) -> list[Target]:
    """The target, and what is above it as far as the stack shows."""
    chain = [target]
    while (parent := parents.get(chain[-1])) and parent not in chain:
        chain.append(parent)
    return chain


def _joined(guards: Guards, kind: str, targets: Iterable[Target]) -> Holding | None:
    """The policies of one type of several targets."""
    joined: Holding | None = None
    for target in dict.fromkeys(targets):
        if holding := guards.get((kind, target)):
            joined = (joined or Holding(holding.holder)).including(holding.carried, holding.unseen)
    return joined


def _gained(
    kind: str, target: Target, holdings: tuple[Holding, Holding], created: Mapping[Target, Resource]
) -> Iterator[Gain]:
    """What the denials of one target no longer stop, and what its Allow statements newly let pass."""
    now, held = holdings
    member = created.get(target)
    name = (physical_name(member) or member.name) if member else target[1]
    place = "where it is attached" if target[0] == ANYWHERE else f"in `{name}`"

    def gain(by: Resource, path: str, answer: Answer) -> Gain:
        current = created.get(end_of(by)) or replace(by, position=None)
        return Gain(member or current, current, path, answer)

    counts = Counter(unseen.policy for unseen in now.unseen)
    for unseen in held.unseen:
        counts[unseen.policy] -= 1
        if unseen.reason is Unread.DOCUMENT or counts[unseen.policy] < 0:
            why = f"`{unseen.policy or unseen.resource.name}` {UNREAD}"
            yield gain(unseen.resource, unseen.path, Answer(Verdict.UNDECIDED, why))
    work, reported = Work(), set()
    try:
        for bound in (Bound.MOST, Bound.LEAST):
            certain = bound is Bound.MOST and not now.unseen
            still = now.access(bound.other).denials
            for denial in held.access(bound).denials:
                stopped = Access.of([msgspec.structs.replace(denial, effect=Effect.ALLOW), *still])
                by, path = place_in(held, denial, bound)
                if (by.urn, path) in reported or plain([denial]) <= plain(still):
                    continue
                if lost := newly(stopped, NOTHING, attached=False, work=work):
                    reported.add((by.urn, path))
                    why = f"the {KINDS[kind]} `{by.name}` {'no longer denies' if certain else 'may no longer deny'} this {place}"
                    witness = msgspec.structs.replace(
                        witness_of(lost[0]), outsider=f"whoever has a grant of it {place}"
                    )
                    verdict = Verdict.NEW_ACCESS if certain else Verdict.UNDECIDED
                    yield gain(by, path, Answer(verdict, why, denial.path, witness))
        allowed, before = (Access(holding.access(Bound.MOST).alternatives) for holding in holdings)
        if before.statements and (more := newly(allowed, before, attached=False, work=work)):
            yield gain(*place_in(now, more[1], Bound.MOST), Answer(Verdict.UNDECIDED, ALLOWS, "", witness_of(more[0])))
    except TooManyCellsError:
        yield gain(held.holder, "", Answer(Verdict.UNDECIDED, TOO_MANY))


def _switched_off(new: Side) -> Iterator[Gain]:
    """Each type of policy that the organization no longer applies at all."""
    for organization in new[0].of(ORGANIZATION):
        former = (new[1].same or {}).get(organization.urn)
        for kind in KINDS if former else ():
            enabled = [side.inputs.get("enabledPolicyTypes") for side in (former, organization) if side]
            was = isinstance(enabled[0], list) and kind in enabled[0]
            if was and (enabled[1] is None or (isinstance(enabled[1], list) and kind not in enabled[1])):
                answer = Answer(Verdict.NEW_ACCESS, f"{OFF} `{kind}`, and what these deny is denied no longer")
                yield Gain(organization, organization, "enabledPolicyTypes", answer)
