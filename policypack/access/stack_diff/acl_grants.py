"""The grants of ACLs as documents, with the settings of their bucket that switch them off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from policypack.access.exposure.acl import BUCKET_ACL, BUCKET_PROPERTIES, PLACES, AclGrant, acl_grants, granted_actions
from policypack.access.exposure.bucket_settings import Carried, in_bucket
from policypack.access.exposure.exposure import Exposure
from policypack.access.exposure.outsiders import STRANGER
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.direct_grants import GrantDocument, grant_document
from policypack.core.policy import Resource, Stack
from policypack.iam.document import Condition
from policypack.iam.document_readers import values_at
from policypack.iam.tables import canonical
from policypack.resources.index import by_canonical_type

KIND = "ACL"
_SIGNED = Condition("Null", "aws:PrincipalArn", ("false",))


def acl_documents(stack: Stack) -> Iterator[GrantDocument]:
    """Every grant of an ACL, also those that a setting ends; none to the account that owns the buckets."""
    own = _owners(stack)
    for token, resources in by_canonical_type(stack).items():
        for resource in resources if token in PLACES else ():
            for grant in () if resource.external else acl_grants(resource):
                if (resource.provider, grant.grantee) not in own:
                    yield from _documents(stack, resource, grant)


def _owners(stack: Stack) -> frozenset[tuple[str, object]]:
    """By provider, the canonical ids of its account: S3 refuses an ACL that states another owner of the bucket."""
    return frozenset(
        (resource.provider, owner)
        for resource in by_canonical_type(stack).get(BUCKET_ACL, ())
        for properties in (resource.inputs, resource.outputs)
        for _, owner in values_at(properties, "accessControlPolicy.owner.id")
        if isinstance(owner, str) and owner
    )


def _documents(stack: Stack, resource: Resource, grant: AclGrant) -> Iterator[GrantDocument]:
    by_target: defaultdict[str, list[str]] = defaultdict(list)
    for action, target in granted_actions(resource, grant.permissions):
        by_target[target].append(action)
    exposure = Exposure(resource, grant.path, Answer(Verdict.PUBLIC, ""))
    name = BUCKET_PROPERTIES[canonical(resource.type)]
    conditions = (_SIGNED,) if grant.outsider is STRANGER else ()
    by = Carried.PUBLIC_ACL if grant.outsider else Carried.OTHER_ACL
    for bucket, left in in_bucket(stack, exposure, name, by):
        for target, actions in by_target.items():
            document = grant_document(resource.type, [grant.grantee], actions, [target], conditions)
            read = GrantDocument(resource, grant.path, document, KIND, anonymous=not conditions, target=bucket)
            yield msgspec.structs.replace(
                read,
                certain=left.answer.verdict is not Verdict.UNDECIDED,
                guard=left.guard,
                ended=left.answer.verdict is Verdict.NOT_PUBLIC,
            )
