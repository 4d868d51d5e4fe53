"""Whether S3 may send a bucket's events to a queue or topic, by its policy document and by that of its KMS key.

S3 sends as the service `s3.amazonaws.com`, with the bucket in `aws:SourceArn` and its account in `aws:SourceAccount`.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html and, for
encrypted queues, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

import msgspec

from policypack.access.address_conditions import ORIGINS
from policypack.access.policy_targets import TARGETS
from policypack.access.solver.bounds import Bound
from policypack.access.solver.corrections import MOST_TRIED, correctable, corrections
from policypack.access.solver.diff import NOTHING, Access, access, newly, within
from policypack.access.solver.partition import TooManyCellsError, work_on
from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT
from policypack.iam.document import Condition, Effect, PolicyDocument, Principal, Spent, Statement
from policypack.iam.document_readers import RESOURCE, documents_of
from policypack.resources.naming import physical_name
from policypack.resources.notification import DESTINATIONS, Trigger, other_buckets, triggers
from policypack.resources.providers import STAND_IN
from policypack.resources.references import referrers, resolve, written
from policypack.resources.tokens import KEY, QUEUE, TOPIC

CARRIERS = {
    target: (carrier, name)
    for carrier, (name, *targets) in TARGETS.items()
    for target in targets
    if target in (QUEUE, TOPIC, KEY)
}
"""By type, the type that attaches a policy document to such a resource, and its property that names the resource."""
SENDING = {QUEUE: "sqs:SendMessage", TOPIC: "sns:Publish"}
ENCRYPTING = ("kms:GenerateDataKey", "kms:Decrypt")
OF_AWS = ("alias/aws/sqs", "alias/aws/sns")
KEY_PROPERTY = "kmsMasterKeyId"
AS_S3 = (
    Condition("Bool", "aws:PrincipalIsAWSService", ("true",)),
    Condition("Bool", "aws:ViaAWSService", ("false",)),
    Condition("Bool", "aws:SecureTransport", ("true",)),
    *(Condition("Null", name, ("true",)) for name in sorted(ORIGINS)),
)
"""Conditions that every request of S3 meets."""


class Admission(msgspec.Struct, frozen=True):
    """Whether S3 is allowed to send; None if an unknown value decides it. `obstacle` is a clause about what forbids it.

    `carriers` are the resources besides the destination itself that attach the documents which allow it. `related` has
    the elements, by URN and path, of which one with its right value would allow it.
    """

    allowed: bool | None
    obstacle: str = ""
    carriers: tuple[Resource, ...] = ()
    related: tuple[tuple[str, str], ...] = ()


@memoized
def admissions(stack: Stack) -> Sequence[tuple[Trigger, Sequence[tuple[Resource, Admission]]]]:
    """Each entry that sends to a queue or topic, and for each that it may be whether S3 is allowed to send."""
    return [
        (
            delivery,
            [
                (destination.resource, _admission(stack, delivery, destination.resource))
                for destination in delivery.targets.all
            ],
        )
        for delivery in triggers(stack, *DESTINATIONS)
    ]


def _admission(stack: Stack, delivery: Trigger, destination: Resource) -> Admission:
    """Whether S3 may send the events of a delivery's bucket to one queue or topic of the stack."""
    context, elsewhere = _context(delivery, destination), other_buckets(stack, delivery)
    sending = _question(destination, SENDING[destination.type], context)
    admitted = _admitted(stack, destination, [sending], elsewhere)
    if admitted.allowed is not True or not written(destination, KEY_PROPERTY):
        return admitted
    name = written(destination, KEY_PROPERTY)
    if isinstance(name, str) and name.endswith(OF_AWS):
        return Admission(
            allowed=False, obstacle=f"is encrypted with `{name.rpartition(':')[2]}`, a key of AWS that S3 may not use"
        )
    key = resolve(stack, destination, KEY_PROPERTY, KEY).only
    if key is None or key.external:
        return admitted
    encrypting = [_question(key, action, context) for action in ENCRYPTING]
    encrypted = _admitted(stack, key, encrypting, elsewhere)
    return msgspec.structs.replace(encrypted, carriers=(*admitted.carriers, *encrypted.carriers))


def _admitted(stack: Stack, target: Resource, questions: Sequence[Statement], elsewhere: Collection[str]) -> Admission:
    """Whether the documents of a queue, topic or key allow S3 all that it asks; `elsewhere` is as of `_related`."""
    token, name = CARRIERS[target.type]
    attached = [(carrier, carrier.urn) for carrier in referrers(stack, target, token, name)]
    certain = [carrier for carrier, _ in attached if resolve(stack, carrier, name, target.type).only is not None]
    documents = [document for carrier in (target, *certain) for document in _documents(carrier)]
    read = [document for document in documents if isinstance(document, PolicyDocument)]
    subject = f"uses the key `{target.name}`" if target.type == KEY else f"sends to `{target.name}`"
    verdicts = {action: _allows(read, asked) for asked in questions for action in asked.actions or ()}
    refused = [action for action, verdict in verdicts.items() if verdict is False]
    if refused and len(read) == len(documents) and len(certain) == len(attached):
        what = "whose policy document does not allow" if read else "which has no policy document that allows"
        obstacle = f"{subject}, {what} S3 to `{refused[0]}` for this bucket"
        related = _related((target, *certain), questions, elsewhere)
        return Admission(allowed=False, obstacle=obstacle, related=related)
    if any(verdict is not True for verdict in verdicts.values()):
        return Admission(allowed=None)
    inline = [document for document in _documents(target) if isinstance(document, PolicyDocument)]
    own = inline and all(_allows(inline, asked) for asked in questions)
    return Admission(
        allowed=True, carriers=() if own else tuple(carrier for carrier in certain if not carrier.external)
    )


def _related(
    carriers: Sequence[Resource], questions: Sequence[Statement], elsewhere: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """The elements of grants, by URN and path, of which one with its right value would allow what is asked.

    Args:
        carriers: the resources with the documents.
        questions: what S3 has to be allowed.
        elsewhere: the names of other buckets: a grant for one of them is not meant for this one.

    None of more grants than are tried, as each is tried beside all others.
    """
    actions = tuple(action for asked in questions for action in asked.actions or ())
    wanted = msgspec.structs.replace(questions[0], actions=actions)
    budget = Spent()
    grants = [
        (carrier.urn, path, document, statement)
        for carrier in carriers
        for path, document in documents_of(carrier, RESOURCE)
        if isinstance(document, PolicyDocument)
        for statement in document.statements
        if statement.allows and _named(statement).isdisjoint(elsewhere)
    ]
    return tuple(
        (urn, f"{path}.{inner}")
        for urn, path, document, statement in (grants if len(grants) <= MOST_TRIED else ())
        for inner in _elements(statement, wanted, partial(_allows_with, document, questions, budget))
    )


def _elements(statement: Statement, wanted: Statement, ends: Callable[[Statement], bool]) -> Iterator[str]:
    """The paths of what ends a report once it is corrected; a source that does not fit a wrong principal is meant as well."""
    principal = statement.at("Principal")
    for path in correctable(statement, corrections(statement, wanted), ends):
        yield path
        if path == principal:
            yield from (condition.path for condition in statement.conditions if condition.name == "aws:sourcearn")


def _named(statement: Statement) -> set[str]:
    """The names at the end of what the conditions of a statement ask for."""
    return {value.rpartition(":")[2] for condition in statement.conditions for value in condition.values}


def _allows_with(document: PolicyDocument, questions: Sequence[Statement], budget: Spent, corrected: Statement) -> bool:
    """Whether a document allows all that is asked, with a corrected statement in the place of its own."""
    statements = (*(kept for kept in document.statements if kept.path != corrected.path), corrected)
    right = msgspec.structs.replace(document, statements=statements, problems=(), spent=budget)
    return all(_allows([right], asked) for asked in questions)


def _documents(resource: Resource) -> Iterator[PolicyDocument | Unknown]:
    return (document for _, document in documents_of(resource, RESOURCE))


def _context(delivery: Trigger, destination: Resource) -> tuple[Condition, ...]:
    """The conditions that a request of S3 for the delivery's bucket meets, as far as its values are known."""
    conditions = [*AS_S3]
    if arn := _bucket_arn(delivery):
        conditions.append(Condition("StringEquals", "aws:SourceArn", (arn,)))
    own = Arn.parse(str(destination.outputs.get("arn") or ""))
    bucket = delivery.buckets.only
    together = bucket is not None and bucket.provider == destination.provider
    if together and own and ACCOUNT.fullmatch(own.account) and own.account != STAND_IN:
        conditions.append(Condition("StringEquals", "aws:SourceAccount", (own.account,)))
    return tuple(conditions)


def _bucket_arn(delivery: Trigger) -> str | None:
    bucket = delivery.buckets.only
    if bucket is None:
        name = written(delivery.notification, "bucket")
        foreign = isinstance(name, str) and not delivery.buckets.all
        return f"arn:aws:s3:::{name}" if foreign else None
    arn = bucket.outputs.get("arn")
    name = physical_name(bucket)
    return arn if isinstance(arn, str) and arn else f"arn:aws:s3:::{name}" if name else None


def _question(target: Resource, action: str, context: tuple[Condition, ...]) -> Statement:
    """The requests of S3 for one action on a queue, topic or key."""
    arn = target.outputs.get("arn")
    return Statement(
        "",
        Effect.ALLOW,
        actions=(action,),
        resources=(arn if isinstance(arn, str) and arn else "*",),
        principals=(Principal("Service", "s3.amazonaws.com"),),
        conditions=context,
    )


def _allows(documents: Sequence[PolicyDocument], question: Statement) -> bool | None:
    """Whether documents allow a request of the question; None if an unknown value decides it."""
    try:
        with work_on(documents) as work:
            for bound, answer in ((Bound.LEAST, True), (Bound.MOST, None)):
                asked = within(Access.of([question]), access(documents, bound))
                if newly(asked, NOTHING, attached=False, work=work):
                    return answer
    except TooManyCellsError:
        return None
    return False
