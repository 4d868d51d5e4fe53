"""The permissions on customer managed keys that a function needs for its buckets, queues, streams, tables and secrets.

S3, SQS and the others use such a key with the caller's permissions, unless the key's own policy allows the role. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html and
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from policypack.access.least_privilege.calls import CallTarget, RunContext
from policypack.access.least_privilege.comparison import Need
from policypack.access.least_privilege.targets import arn_of
from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.iam.actions import concerns
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import documents_of, value_at, values_at
from policypack.iam.globs import overlaps
from policypack.resources.bucket import buckets, sidecars
from policypack.resources.naming import physical_name
from policypack.resources.references import referrers, resolve, resolve_all
from policypack.resources.tokens import KEY, ROLE

KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 (a type)
PARAMETER = "aws:ssm/parameter:Parameter"
KEY_PROPERTIES = {
    "aws:sqs/queue:Queue": "kmsMasterKeyId",
    "aws:sns/topic:Topic": "kmsMasterKeyId",
    "aws:dynamodb/table:Table": "serverSideEncryption.kmsKeyArn",
    "aws:kinesis/stream:Stream": "kmsKeyId",
    PARAMETER: "keyId",
    SECRET: "kmsKeyId",
}
"""By type, the property that names the key."""
DECRYPT, DATA_KEY = "kms:Decrypt", "kms:GenerateDataKey"
USES = {
    **dict.fromkeys(("sqs:sendmessage", "sns:publish"), (DATA_KEY, DECRYPT)),
    **dict.fromkeys(
        (
            *("s3:getobject", "s3:getobjectversion", "sqs:receivemessage", "secretsmanager:getsecretvalue"),
            *("kinesis:getrecords", "ssm:getparameter", "ssm:getparameters", "ssm:getparametersbypath"),
        ),
        (DECRYPT,),
    ),
    **dict.fromkeys(
        ("s3:putobject", "secretsmanager:putsecretvalue", "kinesis:putrecord", "kinesis:putrecords"), (DATA_KEY,)
    ),
}
"""By action in lower case, the actions on the key that it needs."""
POSSIBLE = {
    "ssm": (DECRYPT,),
    "dynamodb": (DECRYPT, DATA_KEY, "kms:Encrypt", "kms:DescribeKey", "kms:CreateGrant"),
    "s3": (DECRYPT,),
}
"""By service, the actions on the key that it may use for the caller: S3 decrypts the parts of an upload."""


class Encrypted(msgspec.Struct, frozen=True):
    """A resource that is encrypted with a key, and the property of it, or of its sidecar, that names the key."""

    resource: Resource
    carrier: Resource
    name: str
    key: Any


def key_needs(stack: Stack, function: Resource, needs: Sequence[Need], context: RunContext) -> list[Need]:
    """The needs for keys that the other needs imply."""
    implied: dict[Need, None] = {}
    for encrypted in encrypted_resources(stack):
        value = encrypted.key
        if isinstance(value, str) and (value.startswith(("alias/aws/", "aws/")) or ":alias/aws/" in value):
            continue
        for need in needs:
            needed = USES.get(need.action.lower(), ())
            possible = POSSIBLE.get(need.action.partition(":")[0], ())
            if not (needed or possible) or not _touches(need, encrypted.resource, context):
                continue
            key = resolve_all(stack, encrypted.carrier, encrypted.name, [value], KEY)[0].only
            why = f"{need.why}, and `{encrypted.resource.name}` is encrypted with a key of the account"
            for action in dict.fromkeys((*needed, *possible)):
                may = need.may or action not in needed or (key is not None and _allows(stack, key, function, action))
                implied[Need(action, _target(value, key, context), why, need.place, may)] = None
    return list(implied)


@memoized
def encrypted_resources(stack: Stack) -> Sequence[Encrypted]:
    """The resources that are encrypted with a key that they name."""
    encrypted = [
        Encrypted(resource, resource, path.partition(".")[0], key)
        for token, path in KEY_PROPERTIES.items()
        for resource in stack.of(token)
        if (key := value_at(resource.inputs, path)) is not None
    ]
    pattern = "rules[*].applyServerSideEncryptionByDefault.kmsMasterKeyId"
    for bucket in buckets(stack):
        for sidecar in sidecars(stack, bucket, ENCRYPTION).certain:
            keys = (key for path, key in values_at(sidecar.inputs, pattern) if path.endswith("kmsMasterKeyId"))
            encrypted += [Encrypted(bucket, sidecar, "rules", key) for key in keys]
    return encrypted


def _touches(need: Need, resource: Resource, context: RunContext) -> bool:
    if resource.type in (SECRET, PARAMETER):
        name = resource.inputs.get("name")
        name = name if isinstance(name, str) else ""
        tail = f"secretsmanager:{context.region}:{context.account}:secret:{name}*"
        if resource.type == PARAMETER:
            tail = f"ssm:{context.region}:{context.account}:parameter/{name.removeprefix('/') or '*'}"
        patterns = [f"arn:aws:{tail}"]
    else:
        arn = arn_of(resource, context).pattern
        patterns = [arn, f"{arn}/*"] if arn.startswith("arn:aws:s3:") else [arn]
    same_service = need.action.partition(":")[0] == patterns[0].split(":")[2]
    return same_service and any(overlaps(need.target.pattern, pattern) for pattern in patterns)


def _target(value: Any, key: Resource | None, context: RunContext) -> CallTarget:
    value = key.outputs.get("arn", value) if key is not None else value
    if isinstance(value, str) and (arn := Arn.parse(value)) and arn.resource.startswith("key/"):
        return CallTarget(f"arn:aws:kms:{arn.region}:{arn.account}:{arn.resource}")
    return CallTarget(f"arn:aws:kms:{context.region}:{context.account}:key/*", every=False, argument="the key")


def _allows(stack: Stack, key: Resource, function: Resource, action: str) -> bool:
    """Whether the key's own policy allows the function's role, without regard to conditions."""
    policies = referrers(stack, key, KEY_POLICY, "keyId")
    carriers = [key, *(policy for policy in policies if resolve(stack, policy, "keyId", KEY).only is key)]
    documents = [document for carrier in carriers for _, document in documents_of(carrier)]
    return any(
        not isinstance(document, PolicyDocument)  # another policy judges an unknown document
        or any(
            statement.allows and concerns(statement, action) and _names(stack, statement, function)
            for statement in document.statements
        )
        for document in documents
    )


def _names(stack: Stack, statement: Statement, function: Resource) -> bool:
    """Whether a statement names the function's role, or has an unknown principal."""
    if "Principal" in statement.unknown:
        return True
    names = {name for role in resolve(stack, function, "role", ROLE).all if (name := physical_name(role.resource))}
    for principal in statement.principals or ():
        arn = Arn.parse(principal.value) if principal.type == "AWS" else None
        if principal.anyone or (arn and arn.resource.startswith("role/") and arn.resource.rpartition("/")[2] in names):
            return True
    return False
