"""Who may list a bucket: the documents that allow it, and the statements that limit it to a part of the bucket."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.role_users import Assuming, assuming
from policypack.access.usage import as_used
from policypack.core.policy import Placed, Stack, Unknown, over_stack
from policypack.iam.actions import concerns
from policypack.iam.condition_keys import narrows
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import IDENTITY, RESOURCE, documents
from policypack.iam.globs import covers, everything

LISTS = ("s3:ListBucket", "s3:ListBucketVersions")


class Listing(msgspec.Struct, frozen=True):
    """A document, and who may assume the roles that have it; None if that is not known, or it is no role's."""

    document: PolicyDocument
    users: Assuming | None = None

    def may_list_all_of(self, place: str) -> bool:
        """Whether its users need all names of the bucket that an ARN names: code of AWS, or a deployment."""
        if self.users is None or not _names_a_bucket(place):
            return False
        return self.users.only_code_of_aws or (not self.users.services and _synchronized(self.document, place))


@over_stack
def listings(stack: Stack) -> Iterator[Placed[Listing | Unknown]]:
    """The identity and resource documents of a stack."""
    for resource in stack.resources:
        used = as_used(stack, resource)
        for path, value in documents("Action", "NotAction", kinds=IDENTITY + RESOURCE, granting=True)(used):
            if isinstance(value, PolicyDocument):
                yield resource, path, Listing(value, assuming(stack).get(resource.urn))
            else:
                yield resource, path, value


def limited_to_a_part(statement: Statement) -> bool:
    """Whether a condition keeps the listing to part of the bucket. The empty prefix is all of it, or its top folders."""
    by_folder = any(condition.name == "s3:delimiter" and narrows(condition) for condition in statement.conditions)
    prefixes = (condition for condition in statement.conditions if condition.name == "s3:prefix" and narrows(condition))
    return any(by_folder or "" not in condition.values for condition in prefixes)


def why_unlimited(statement: Statement) -> str:
    """Why no condition keeps the listing to part of the bucket: words behind the action."""
    prefixes = [condition for condition in statement.conditions if condition.name == "s3:prefix"]
    if any("" in condition.values for condition in prefixes if narrows(condition)):
        return "with the empty prefix among those of its condition on `s3:prefix`"
    if prefixes:
        return "with a condition on `s3:prefix` that does not limit it"
    return "without a condition on `s3:prefix`"


def services_only(statement: Statement) -> bool:
    """Whether only AWS services are allowed, such as AWS Config, which lists its delivery bucket to find it."""
    principals = statement.principals or ()
    return bool(principals) and all(principal.type == "Service" for principal in principals)


def _names_a_bucket(place: str) -> bool:
    """Whether an ARN names a bucket, at least by the start of its name."""
    return not place.rpartition(":")[2].startswith(("*", "?"))


def _synchronized(document: PolicyDocument, place: str) -> bool:
    """Whether the same document allows writing every object of a bucket, which `aws s3 sync` compares with its list."""
    return any(
        statement.allows
        and not statement.conditions
        and concerns(statement, "s3:PutObject")
        and any(covers(resource, f"{place}/*") for resource in statement.resources or ())
        for statement in document.statements
    )


def denies_the_rest(statement: Statement, place: str) -> bool:
    """Whether this denies every other prefix, which has the same effect as a condition."""
    if statement.allows or not all(concerns(statement, name) for name in LISTS) or len(statement.conditions) != 1:
        return False
    (condition,) = statement.conditions
    prefixes = condition.negated and condition.name == "s3:prefix" and not condition.qualifier
    limits = prefixes and "" not in condition.values and not any(map(everything, condition.values))
    return limits and any(covers(resource, place) for resource in statement.resources or ())
