"""The settings that guard each bucket of a stack, and each bucket outside of it that the stack configures.

A setting is compared by what it answers to a document or an ACL that is public: whether that is closed, refused, or open.
So the same answer holds for a document or an ACL that the stack does not show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from policypack.access.exposure.blocks import Block
from policypack.access.exposure.bucket_settings import (
    ACCESS_BLOCK,
    ACCOUNT_BLOCK,
    DIRECTORY_SUFFIX,
    OWNERSHIP_CONTROLS,
    BucketSettings,
    Carried,
    account_blocks,
    settings_by,
    settings_of,
)
from policypack.access.exposure.exposure import Exposure
from policypack.access.policy_targets import BUCKET_POLICY
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.counterparts import Places
from policypack.core.policy import Resource, Stack, Unknown
from policypack.resources.bucket import buckets, sidecars
from policypack.resources.naming import physical_name
from policypack.resources.references import resolve, written
from policypack.resources.tokens import BUCKET_TYPES

Key = tuple[str, ...]
"""The place of a bucket, or the type and the name of one outside the stack, as `named_target` has them."""


class GuardedBucket(msgspec.Struct, frozen=True):
    """One bucket, and what guards it."""

    resource: Resource
    """The bucket; of one outside the stack, its first sidecar."""
    name: str
    """Its physical name; empty if it is unknown."""
    own: BucketSettings
    """What its own sidecars set."""
    account: tuple[Block, ...]
    """The access blocks of its account."""
    within: bool
    """Whether the stack creates it."""
    documented: bool
    """Whether the stack has its policy document; a bucket has one only."""

    def answer(self, by: Carried, *, alone: bool = False) -> Exposure:
        """What stays of a public document or ACL of the bucket; with `alone`, by its own sidecars only."""
        blocks = self.own.blocks if alone else (*self.own.blocks, *self.account)
        return answered(self.resource, msgspec.structs.replace(self.own, blocks=blocks), by)


def answered(resource: Resource, settings: BucketSettings, by: Carried) -> Exposure:
    """What settings leave of a public document or ACL."""
    return settings.apply(Exposure(resource, "", Answer(Verdict.PUBLIC, "")), by)


Guarded = Mapping[Key, GuardedBucket]
"""The buckets of one stack, by `Key`."""


def guarded_buckets(stack: Stack, places: Places) -> Guarded:
    """Every bucket that a stack creates or configures, by its place, or by the name of one outside the stack."""
    return dict((*_within(stack, places), *_outside(stack, places)))


def _within(stack: Stack, places: Places) -> Iterator[tuple[Key, GuardedBucket]]:
    for bucket in buckets(stack):
        if not bucket.external:
            settings = settings_of(stack, bucket)
            account = tuple(block for block in settings.blocks if block.resource.type == ACCOUNT_BLOCK)
            blocks = tuple(block for block in settings.blocks if block.resource.type != ACCOUNT_BLOCK)
            own = BucketSettings(blocks, settings.ownership)
            documented = "policy" in bucket.inputs or bool(sidecars(stack, bucket, BUCKET_POLICY).certain)
            name = physical_name(bucket) or ""
            yield places.of(bucket), GuardedBucket(bucket, name, own, account, within=True, documented=documented)


def _outside(stack: Stack, places: Places) -> Iterator[tuple[Key, GuardedBucket]]:
    configured: defaultdict[tuple[Key, str], list[Resource]] = defaultdict(list)
    documented = set()
    for sidecar in stack.of(ACCESS_BLOCK, OWNERSHIP_CONTROLS, BUCKET_POLICY):
        key, name = _named(stack, places, sidecar)
        if not key or sidecar.external:
            continue
        if sidecar.type == BUCKET_POLICY:
            documented.add(key)
        else:
            configured[key, name].append(sidecar)
    for (key, name), beside in configured.items():
        own, account = settings_by(beside), tuple(account_blocks(stack, beside[0]))
        yield key, GuardedBucket(beside[0], name, own, account, within=False, documented=key in documented)


def _named(stack: Stack, places: Places, sidecar: Resource) -> tuple[Key, str]:
    """The key and the name of the bucket outside the stack that a sidecar is for; an empty key if it is another one."""
    resolved = resolve(stack, sidecar, "bucket", *BUCKET_TYPES)
    created = any(not bucket.external for bucket in (*resolved.resources, *resolved.candidates))
    if created and not resolved.untraced:
        return (), ""
    read = resolved.only
    name = (physical_name(read) or read.id) if read else written(sidecar, "bucket")
    if isinstance(name, Unknown) or not name:
        return ("unknown", *places.of(sidecar)), ""
    return ((), "") if str(name).endswith(DIRECTORY_SUFFIX) else ((BUCKET_TYPES[0], str(name)), str(name))
