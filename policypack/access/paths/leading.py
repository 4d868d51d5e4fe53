"""Which resources of a state a way can lead over, by their types, so that the others need not stay in memory."""

from __future__ import annotations

from functools import cache

from policypack.access.exposure.sharing import SHARES
from policypack.access.policy_targets import TARGET_TYPES, TARGETS
from policypack.core.policy import Resource
from policypack.iam.tables import canonical, document_properties

SERVICES = frozenset(
    {
        "apigateway",
        "apigatewayv2",
        "dynamodb",
        "iam",
        "kinesis",
        "kms",
        "lambda",
        "s3",
        "s3control",
        "sfn",
        "sns",
        "sqs",
    }
)
"""Services with identities, with what sets off runs, and with what decides about either."""

IDLE = frozenset(
    {
        "aws:s3/analyticsConfiguration:AnalyticsConfiguration",
        "aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration",
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketMetric:BucketMetric",
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "aws:s3/bucketRequestPaymentConfiguration:BucketRequestPaymentConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:s3/inventory:Inventory",
    }
)
"""Types of these services, by their canonical names, that decide nothing about access."""


def leads_on(resource: Resource) -> bool:
    """Whether a hop may begin at a resource or be allowed or denied by it; else it is at most where a way ends."""
    if not resource.custom or not resource.type.startswith("aws:"):
        return True
    kind = canonical(resource.type)
    of_service = kind.partition(":")[2].partition("/")[0] in SERVICES and kind not in IDLE
    return of_service or kind in _types()


@cache
def _types() -> frozenset[str]:
    return frozenset(map(canonical, {*document_properties(), *TARGETS, *TARGET_TYPES, *SHARES}))
