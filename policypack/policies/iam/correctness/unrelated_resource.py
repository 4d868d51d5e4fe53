"""A document that is attached to one resource and names another protects neither.

S3 refuses a bucket policy about another bucket during the update. A queue or a topic accepts it: the grant is missing,
or the denial that should protect the resource never applies.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.policy_targets import TARGETS, in_one_partition, own_arns, target_of
from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.core.examples import allow, bucket, construct, document, example
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Violation, over_stack
from policypack.core.tags import Tag
from policypack.iam.actions import widen
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, documents_of
from policypack.iam.globs import overlaps
from policypack.iam.tables import canonical
from policypack.resources.region import foreign_decision


class Attached(msgspec.Struct, frozen=True):
    """A document, and the patterns of the ARNs that it may name."""

    document: PolicyDocument
    arns: tuple[str, ...]
    only: bool
    """Whether AWS refuses the document if it names anything else too."""
    misplaced: tuple[tuple[str, str], ...] = ()
    """The URN and the path of what puts its resource into a region that is not allowed."""
    regions: tuple[str, ...] = ()
    """The allowed regions."""


@over_stack
def attached_documents(stack: Stack) -> Iterator[Placed[Attached]]:
    """The documents of resources whose own ARN is known."""
    for resource in stack.resources:
        for path, attached in documents_of(resource, RESOURCE, granting=True):
            if isinstance(attached, PolicyDocument) and (arns := own_arns(stack, resource)):
                only, misplaced = resource.type.startswith("aws:s3/bucket"), tuple(_misplaced(stack, resource))
                yield resource, path, Attached(attached, arns, only, misplaced, stack.settings.regions)


def _misplaced(stack: Stack, carrier: Resource) -> Iterator[tuple[str, str]]:
    """Where it is decided that what a document is attached to is in a region that is not allowed."""
    target = target_of(stack, carrier)
    shown = target is not carrier or canonical(carrier.type) not in TARGETS
    if shown and (decides := foreign_decision(stack, target)):
        yield decides.urn, "region"


def check(attached: Attached) -> Iterator[Violation]:
    for statement in attached.document.statements:
        other = [name for name in statement.resources or () if not _names(name, attached.arns)]
        every = len(other) == len(statement.resources or ()) and "Resource" not in statement.unknown
        for name in dict.fromkeys(other) if every or attached.only else ():
            message = f"names `{name}`, which is not what the document is attached to"
            yield Violation(statement.at("Resource"), message, related=_cause(name, attached))


def _cause(name: str, attached: Attached) -> tuple[tuple[str, str], ...]:
    """What makes an ARN one of another resource: the region of the right one, if it would be allowed in the ARN's."""
    arn = Arn.parse(name)
    if arn is None or arn.region not in attached.regions:
        return ()
    moved = tuple(
        ":".join((*parts[:3], arn.region, *parts[4:])) for one in attached.arns if len(parts := one.split(":", 5)) > 4
    )
    return attached.misplaced if _names(name, moved) else ()


def _names(resource: str, arns: tuple[str, ...]) -> bool:
    written = in_one_partition(widen(resource))
    return any(overlaps(arn, written) and _by_parts(arn.split(":", 5), written.split(":", 5)) for arn in arns)


def _by_parts(*arns: list[str]) -> bool:
    """Whether the parts of two whole ARNs overlap; a wildcard in one of fewer parts may stand for several."""
    whole = all(len(parts) == len(Arn.__struct_fields__) + 1 for parts in arns)
    return not whole or all(map(overlaps, *arns))


def _queue(name: str) -> Resource:
    arn = f"arn:aws:sqs:eu-west-1:111122223333:{name}"
    statement = allow("sqs:SendMessage", arn, Principal={"Service": "s3.amazonaws.com"})
    url = "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"
    return construct("aws:sqs/queuePolicy:QueuePolicy", "jobs", queueUrl=url, policy=document(statement))


def _bucket(*resources: str) -> Resource:
    statement = allow("s3:GetObject", list(resources), Principal={"AWS": "111122223333"})
    return construct("aws:s3/bucketPolicy:BucketPolicy", "inbox", bucket="acme-inbox", policy=document(statement))


INBOX, ARCHIVE = "arn:aws:s3:::acme-inbox", "arn:aws:s3:::acme-archive"

POLICY = Policy(
    id="iam-unrelated-resource",
    title="Policy document names another resource than its own",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.CORRECTNESS, Tag.DEPLOYMENT],
    fix="Name the resource to which the document is attached, by its `arn`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html",
    ],
    bad=[
        example(bucket(), _bucket(f"{ARCHIVE}/*"), path="policy.Statement[0].Resource"),
        example(
            _bucket(f"{INBOX}/*", f"{ARCHIVE}/*"),
            path="policy.Statement[0].Resource",
            note="one of two buckets, which S3 refuses",
        ),
        example(_queue("mail"), path="policy.Statement[0].Resource", note="another queue"),
    ],
    good=[
        example(bucket(), _bucket(INBOX, f"{INBOX}/*")),
        example(_bucket("arn:aws:s3:::acme-*/*"), note="a pattern that matches it"),
        example(_queue("jobs"), note="its own queue"),
    ],
    requires=["iam-malformed-document", "aws-impossible-value"],
    subsumes=["iam-mismatched-resource", *BY_CORRECTIONS],
    reads=attached_documents,
    check=check,
)
