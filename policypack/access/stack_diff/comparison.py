"""Everything that a stack newly allows against another one."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.stack_diff.counterparts import Places, counterparts
from policypack.access.stack_diff.denial_gains import denial_gains
from policypack.access.stack_diff.direct_gains import direct_gains
from policypack.access.stack_diff.endpoint_gains import endpoint_gains
from policypack.access.stack_diff.execution_gains import execution_gains
from policypack.access.stack_diff.exposure_gains import exposure_gains
from policypack.access.stack_diff.gains import Gain, holding_gains, holdings
from policypack.access.stack_diff.guardrail_gains import guardrail_gains
from policypack.access.stack_diff.open_defaults import open_defaults
from policypack.core.policy import Stack


def gained(new: Stack, old: Stack) -> Iterator[Gain]:
    """Everything that a stack newly allows, each kind of grant in the order of its resources."""
    same = counterparts(new.resources, old.resources)
    places, places_before = Places(same), Places()
    before, after = holdings(old, places_before, every=True), holdings(new, places, every=False)
    before = {**dict(open_defaults(old, places_before, {})), **before}
    after = {**{key: holding for key, holding in open_defaults(new, places, before) if key in before}, **after}
    by_documents = list(holding_gains(after, before))
    yield from by_documents
    yield from direct_gains(new, old, same)
    yield from exposure_gains((new, places), (old, places_before), by_documents)
    yield from denial_gains((new, places, after), (old, places_before, before))
    yield from endpoint_gains((new, places), (old, places_before))
    yield from guardrail_gains((new, places), (old, places_before))
    yield from execution_gains((new, places), (old, places_before), after, before)
