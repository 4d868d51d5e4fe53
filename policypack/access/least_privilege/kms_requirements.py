"""What a function needs of the customer managed keys behind the buckets, queues, topics, secrets and tables it uses.

S3, SQS and the others use such a key by the caller's own permissions. A key's own policy may let the role in: then the
role's documents need not. Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html and
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.access.calls.targets import Target, Where
from policypack.access.least_privilege.comparison import Need
from policypack.access.least_privilege.platform import arn_of
from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.iam.actions import concerns
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import documents_of
from policypack.iam.globs import overlaps
from policypack.resources.bucket import buckets, sidecars
from policypack.resources.naming import physical_name
from policypack.resources.references import referrers, resolve, resolve_all
from policypack.resources.tokens import KEY, ROLE

KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
DECRYPT, DATA_KEY = "kms:Decrypt", "kms:GenerateDataKey"
CARRIERS = {
    "aws:sqs/queue:Queue": "kmsMasterKeyId",
    "aws:sns/topic:Topic": "kmsMasterKeyId",
    "aws:secretsmanager/secret:Secret": "kmsKeyId",
}
"""By type, the property that names the key."""
BOTH = {"sqs:sendmessage", "sns:publish"}
"""Writes for which the key decrypts too."""
AWS_OWN = ("alias/aws/", "aws/")


def key_needs(stack: Stack, function: Resource, needs: Sequence[Need], where: Where) -> list[Need]:
    """What the needs bring with them."""
    found: dict[Need, None] = {}
    for resource, name, value in _encrypted(stack):
        if isinstance(value, str) and (value.startswith(AWS_OWN) or ":alias/aws/" in value):
            continue
        for need in needs:
            if need.action.startswith(("kms:", "logs:", "xray:")) or not _touches(need, resource, where):
                continue
            key = _key(stack, resource, name, value)
            for action in _uses(need):
                let_in = key is not None and _lets_in(stack, key, function, action)
                why = f"{need.why}, and `{resource.name}` is encrypted with a key of the account"
                found[Need(action, _target(value, where), why, need.place, need.may or let_in)] = None
    return list(found)


@memoized
def _encrypted(stack: Stack) -> Sequence[tuple[Resource, str, Any]]:
    """What is encrypted with a key that the program names: the resource, the property, and its value."""
    encrypted: list[tuple[Resource, str, Any]] = [
        (resource, name, resource.inputs[name])
        for kind, name in CARRIERS.items()
        for resource in stack.of(kind)
        if resource.inputs.get(name) is not None
    ]
    for bucket in buckets(stack):
        for sidecar in sidecars(stack, bucket, ENCRYPTION).certain:
            encrypted += [(bucket, "", (sidecar, key)) for key in _rule_keys(sidecar.inputs.get("rules"))]
    return encrypted


def _rule_keys(rules: Any) -> Iterator[Any]:
    for rule in rules if isinstance(rules, list) else ():
        held = rule.get("applyServerSideEncryptionByDefault") if isinstance(rule, Mapping) else None
        if isinstance(held, Mapping) and held.get("kmsMasterKeyId") is not None:
            yield held["kmsMasterKeyId"]


def _touches(need: Need, resource: Resource, where: Where) -> bool:
    if resource.type == "aws:secretsmanager/secret:Secret":
        if not need.action.startswith("secretsmanager:"):
            return False
        name = resource.inputs.get("name")
        arn = f"arn:aws:secretsmanager:{where.region}:{where.account}:secret:{name if isinstance(name, str) else ''}*"
        return overlaps(need.target.pattern, arn)
    arn = arn_of(resource, where).pattern
    if need.action.partition(":")[0] != arn.split(":")[2]:
        return False
    return overlaps(need.target.pattern, arn) or (
        arn.startswith("arn:aws:s3:") and overlaps(need.target.pattern, f"{arn}/*")
    )


def _uses(need: Need) -> tuple[str, ...]:
    name = need.action.lower()
    if name in BOTH:
        return (DATA_KEY, DECRYPT)
    if name in ("s3:getobject", "s3:getobjectversion", "sqs:receivemessage", "secretsmanager:getsecretvalue"):
        return (DECRYPT,)
    if name in ("s3:putobject", "secretsmanager:putsecretvalue"):
        return (DATA_KEY,)
    return ()


def _key(stack: Stack, resource: Resource, name: str, value: Any) -> Resource | None:
    """The key of the stack that encrypts, where it is surely known which."""
    if isinstance(value, tuple):
        resource, value = value
        name = "rules"
    return resolve_all(stack, resource, name, [value], KEY)[0].only


def _target(value: Any, where: Where) -> Target:
    value = value[1] if isinstance(value, tuple) else value
    if isinstance(value, str) and (arn := Arn.parse(value)) and arn.resource.startswith("key/"):
        return Target(f"arn:aws:kms:{arn.region}:{arn.account}:{arn.resource}")
    return Target(f"arn:aws:kms:{where.region}:{where.account}:key/*", every=False, argument="the key")


def _lets_in(stack: Stack, key: Resource, function: Resource, action: str) -> bool:
    """Whether the key's own policy lets the function's role use it, conditions aside."""
    policies = referrers(stack, key, KEY_POLICY, "keyId")
    carriers = [key, *(each for each in policies if resolve(stack, each, "keyId", KEY).only is key)]
    for carrier in carriers:
        for _, document in documents_of(carrier):
            if not isinstance(document, PolicyDocument):
                return True  # what is not known there is judged where it stands
            for statement in document.statements:
                if statement.allows and concerns(statement, action) and _names(stack, statement, function):
                    return True
    return False


def _names(stack: Stack, statement: Statement, function: Resource) -> bool:
    """Whether a statement names the function's role, or has a principal that is not known."""
    if "Principal" in statement.unknown:
        return True
    role = resolve(stack, function, "role", ROLE)
    names = {name for each in role.all if (name := physical_name(each.resource))}
    for principal in statement.principals or ():
        arn = Arn.parse(principal.value) if principal.type == "AWS" else None
        if principal.anyone or (arn and arn.resource.startswith("role/") and arn.resource.rpartition("/")[2] in names):
            return True
    return False
