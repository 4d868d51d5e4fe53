"""An identity that may list a bucket without a prefix can read the name of every object in it.

Names reveal customers, dates and deleted objects. With `s3:ListBucket` a reader of one folder also learns what to
request in all others. A condition on `s3:prefix` limits a workload to its own part of the bucket. A service that uses a
role with its own code, such as Firehose, needs all of the bucket that it delivers to, so a bucket that its role names is
not reported. Nor is a bucket to which a deployment synchronizes: its role, which no service assumes, may write every
object of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.role_users import Assuming, assuming
from policypack.core.examples import (
    allow,
    bucket_policy,
    construct,
    deny,
    document,
    example,
    granted,
    reported_at,
    role_policy,
)
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Undecided, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.iam.actions import concerns, expand
from policypack.iam.condition_keys import narrows
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import IDENTITY, RESOURCE, documents
from policypack.iam.globs import covers, everything
from policypack.resources.attachments import as_used
from policypack.resources.tokens import ROLE

LISTS = ("s3:ListBucket", "s3:ListBucketVersions")


class Listing(msgspec.Struct, frozen=True):
    """A document, and who may assume the roles that have it; None if that is not known, or it is no role's."""

    document: PolicyDocument
    users: Assuming | None = None

    def may_list_all_of(self, place: str) -> bool:
        """Whether its users need all names of a bucket: code of AWS, or a deployment that no service assumes."""
        if self.users is None:
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


def check(listing: Listing) -> Iterator[Violation | Undecided]:
    for statement in listing.document.statements:
        listed = [name for name in LISTS if statement.allows and concerns(statement, name)]
        if not listed or _limited(statement) or _services_only(statement):
            continue
        (action,) = expand(listed[0])
        resources = ("*",) if statement.resources is None else statement.resources
        places = [resource for resource in resources if action.fits(resource)]
        if statement.resources is not None and not places:
            if "Resource" in statement.unknown:
                yield Undecided(statement.at("Resource"))
        elif "Condition" in statement.unknown:
            yield Undecided(statement.at("Condition"))
        elif not all(
            (_named(place) and listing.may_list_all_of(place))
            or any(_denies_the_rest(other, place) for other in listing.document.statements)
            for place in places
        ):
            element = "NotAction" if statement.actions is None else "Action"
            written = {pattern.lower() for pattern in statement.actions or ()}
            named = [name for name in listed if name.lower() in written]
            facts = tuple(listed) if named and named != listed else None
            for name in named if named == listed else listed[:1]:
                message = f"allows `{name}` without a condition on `s3:prefix`, so every name in the bucket can be read"
                yield Violation(statement.at(element), message, facts=facts)


def _limited(statement: Statement) -> bool:
    """Whether a condition keeps the listing to part of the bucket. The empty prefix is all of it, or its top folders."""
    by_folder = any(condition.name == "s3:delimiter" and narrows(condition) for condition in statement.conditions)
    prefixes = (condition for condition in statement.conditions if condition.name == "s3:prefix" and narrows(condition))
    return any(by_folder or "" not in condition.values for condition in prefixes)


def _services_only(statement: Statement) -> bool:
    """Whether only AWS services are allowed, such as AWS Config, which lists its delivery bucket to find it."""
    principals = statement.principals or ()
    return bool(principals) and all(principal.type == "Service" for principal in principals)


def _named(place: str) -> bool:
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


def _denies_the_rest(statement: Statement, place: str) -> bool:
    """Whether this denies every other prefix, which has the same effect as a condition."""
    if statement.allows or not all(concerns(statement, name) for name in LISTS) or len(statement.conditions) != 1:
        return False
    (condition,) = statement.conditions
    prefixes = condition.negated and condition.name == "s3:prefix" and not condition.qualifier
    limits = prefixes and "" not in condition.values and not any(map(everything, condition.values))
    return limits and any(covers(resource, place) for resource in statement.resources or ())


BUCKET = "arn:aws:s3:::inbox"


def _used_by(service: str, action: str, resource: str) -> Resource:
    """A role that a service uses, with an inline policy."""
    return _role({"Service": f"{service}.amazonaws.com"}, allow(action, resource))


def _role(principal: Mapping[str, str], *statements: Mapping[str, Any]) -> Resource:
    trust = allow("sts:AssumeRole", None, Principal=principal)
    policies = [{"name": "list", "policy": json.dumps(document(*statements))}]
    return construct(ROLE, "deliver", assumeRolePolicy=document(trust), inlinePolicies=policies)


POLICY = Policy(
    id="iam-unscoped-list",
    title="Policy document allows listing a whole bucket",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE],
    fix="Add a condition such as `StringLike` on `s3:prefix` with the prefixes that the workload lists, or remove the action.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html",
        "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Action",
        example(granted("s3:ListBucket", BUCKET)),
        example(granted("s3:List*", [BUCKET, f"{BUCKET}/*"]), note="by a wildcard"),
        example(
            granted("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": "*"}}),
            note="a prefix that matches everything",
        ),
        example(
            granted("s3:ListBucket", BUCKET, Condition={"StringEqualsIfExists": {"s3:prefix": "in/"}}),
            note="a condition that matches requests without a prefix",
        ),
        example(
            bucket_policy(allow("s3:ListBucketVersions", BUCKET, Principal={"AWS": "111122223333"})),
            note="object versions",
        ),
    )
    + reported_at(
        "inlinePolicies[0].policy.Statement[0].Action",
        example(_used_by("ec2", "s3:ListBucket", BUCKET), note="a role for the code of an instance"),
        example(_used_by("firehose", "s3:ListBucket", "*"), note="every bucket"),
    ),
    good=[
        example(granted("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": "in/*"}})),
        example(
            granted(
                "s3:ListBucket", BUCKET, Condition={"StringEquals": {"s3:prefix": ["", "in/"], "s3:delimiter": "/"}}
            ),
            note="the top of the bucket, one level deep",
        ),
        example(
            role_policy(
                allow("s3:ListBucket", BUCKET),
                deny("s3:List*", "*", Condition={"StringNotLike": {"s3:prefix": "in/*"}}),
            ),
            note="a denial of every other prefix",
        ),
        example(_used_by("firehose", "s3:ListBucket", BUCKET), note="the bucket that a service delivers to"),
        example(
            _role(
                {"AWS": "arn:aws:iam::111122223333:role/ci"},
                allow("s3:ListBucket", BUCKET),
                allow("s3:PutObject", f"{BUCKET}/*"),
            ),
            note="the bucket to which a deployment synchronizes",
        ),
        example(granted("s3:ListAllMyBuckets", "*"), note="the list of buckets, which has no prefix"),
    ],
    requires=["iam-malformed-document"],
    reads=listings,
    check=check,
)
