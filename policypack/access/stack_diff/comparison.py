"""Everything that a stack newly allows against another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from policypack.access.solver.verdict import not_judged
from policypack.access.solver.witness import Home
from policypack.access.stack_diff.counterparts import Places, counterparts, separate_accounts
from policypack.access.stack_diff.gains import Gain, Holding, holding_gains, holdings, home_of
from policypack.access.stack_diff.guards.bucket_guards import guarded_buckets
from policypack.access.stack_diff.guards.guard_gains import guard_gains
from policypack.access.stack_diff.guards.ownership_gains import ownership_gains
from policypack.access.stack_diff.languages.access_string_gains import access_string_gains
from policypack.access.stack_diff.languages.cedar_gains import cedar_gains
from policypack.access.stack_diff.open_defaults import open_defaults
from policypack.access.stack_diff.reasons.boundaries import boundary_gains
from policypack.access.stack_diff.reasons.denials import denial_gains
from policypack.access.stack_diff.reasons.direct import direct_gains, with_grants
from policypack.access.stack_diff.reasons.endpoints import endpoint_gains
from policypack.access.stack_diff.reasons.execution import execution_gains
from policypack.access.stack_diff.reasons.exposure import exposure_gains
from policypack.access.stack_diff.reasons.guardrails import guardrail_gains
from policypack.access.stack_diff.reasons.tags import resource_tag_gains, with_principal_tags
from policypack.access.stack_diff.shown_targets import with_memberships, with_shown_targets
from policypack.core.policy import Resource, Stack
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents_of
from policypack.resources.attachments import group_members
from policypack.resources.tokens import GROUP


def gained(new: Stack, old: Stack) -> Iterator[Gain]:
    """Everything that a stack newly allows, each kind of grant in the order of its resources."""
    same = counterparts(new.resources, old.resources)
    accounts = separate_accounts(new, old)
    places, places_before = Places(same, accounts), Places(None, accounts)
    before, after = holdings(old, places_before, every=True), holdings(new, places, every=False)
    before = with_memberships(old, places_before, with_shown_targets(after, before))
    before = {**dict(open_defaults(old, places_before, {})), **before}
    after = {**{key: holding for key, holding in open_defaults(new, places, before) if key in before}, **after}
    after = {key: msgspec.structs.replace(held, home=_home(new, held, same)) for key, held in after.items()}
    after, before = with_principal_tags((new, places, after), (old, places_before, before))
    yield from refused_documents(new, same)
    by_documents = list(_of_members(new, list(holding_gains(after, with_grants(before, old)))))
    yield from by_documents
    yield from resource_tag_gains((new, places, after), (old, places_before, before), by_documents)
    guarded = guarded_buckets(new, places), guarded_buckets(old, places_before)
    by_settings = [
        *direct_gains(new, old, same, before),
        *exposure_gains((new, places), (old, places_before), by_documents),
        *ownership_gains((new, guarded[0], after), (old, guarded[1], before)),
    ]
    yield from by_settings
    reported = {gain.holder.urn for gain in by_settings}
    yield from guard_gains((new, places), (old, places_before), guarded, reported)
    yield from denial_gains((new, places, after), (old, places_before, before))
    yield from endpoint_gains((new, places), (old, places_before))
    yield from guardrail_gains((new, places), (old, places_before))
    yield from boundary_gains((new, places), (old, places_before))
    yield from access_string_gains(new, old)
    yield from cedar_gains((new, places), (old, places_before))
    yield from execution_gains((new, places), (old, places_before), after, before)


def _of_members(new: Stack, gains: Sequence[Gain]) -> Iterator[Gain]:
    """The gains without those of a group whose members gain nothing: only they make requests, and they had the access."""
    members = group_members(new) if any(gain.holder.type == GROUP for gain in gains) else {}
    gaining = {gain.holder.urn for gain in gains}
    for gain in gains:
        users = members.get(gain.holder.urn)
        if not users or not users.isdisjoint(gaining):
            yield gain


def _home(new: Stack, holding: Holding, same: Mapping[str, Resource]) -> Home:
    """The home of a holder, with its own ARN if its documents protect it."""
    holder = holding.holder
    arns = (resource.outputs.get("arn") for resource in (holder, same.get(holder.urn)) if resource)
    own = next((arn for arn in arns if isinstance(arn, str) and arn and not holding.attached), "")
    return home_of(new, holder)._replace(arn=own)


def refused_documents(new: Stack, same: Mapping[str, Resource]) -> Iterator[Gain]:
    """Each document that AWS refuses, and that the same resource did not have before."""
    for resource in new.resources:
        former = same.get(resource.urn)
        before = [document for _, document in documents_of(former)] if former else []
        for path, document in () if resource.external else documents_of(resource):
            answer = not_judged(document) if isinstance(document, PolicyDocument) else None
            if answer and document not in before:
                yield Gain(resource, resource, f"{path}.{answer.path}" if answer.path else path, answer)
