"""What Application Auto Scaling scales: the inputs of a target, policy or action in, places and clauses out.

Sources: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html (it answers `Resource
type or resource ID is not valid`, and `Unsupported service namespace, resource type or scalable dimension`) and
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.values import problem

_NAME = r"[\w.-]+"
_ARN = r"arn:[\w-]+:{}:[\w-]+:\d{{12}}:{}/\S+"
_FORMS: Mapping[str, tuple[str, str]] = {
    "appstream:fleet": (f"fleet/{_NAME}", "fleet/NAME"),
    "cassandra:table": (f"keyspace/{_NAME}/table/{_NAME}", "keyspace/KEYSPACE/table/NAME"),
    "comprehend:document-classifier-endpoint": (
        _ARN.format("comprehend", "document-classifier-endpoint"),
        "arn:aws:comprehend:REGION:ACCOUNT:document-classifier-endpoint/NAME",
    ),
    "comprehend:entity-recognizer-endpoint": (
        _ARN.format("comprehend", "entity-recognizer-endpoint"),
        "arn:aws:comprehend:REGION:ACCOUNT:entity-recognizer-endpoint/NAME",
    ),
    "dynamodb:index": (f"table/{_NAME}/index/{_NAME}", "table/NAME/index/INDEX"),
    "dynamodb:table": (f"table/{_NAME}", "table/NAME"),
    "ec2:spot-fleet-request": (r"spot-fleet-request/sfr-[\w-]+", "spot-fleet-request/sfr-ID"),
    "ecs:service": (f"service/{_NAME}/{_NAME}", "service/CLUSTER/SERVICE"),
    "elasticache:cache-cluster": (f"cache-cluster/{_NAME}", "cache-cluster/NAME"),
    "elasticache:replication-group": (f"replication-group/{_NAME}", "replication-group/NAME"),
    "elasticmapreduce:instancegroup": (r"instancegroup/j-\w+/ig-\w+", "instancegroup/CLUSTER/GROUP"),
    "kafka:broker-storage": (_ARN.format("kafka", "cluster"), "arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/ID"),
    "lambda:function": (rf"function:{_NAME}:(?!\$LATEST){_NAME}", "function:NAME:ALIAS"),
    "neptune:cluster": (f"cluster:{_NAME}", "cluster:NAME"),
    "rds:cluster": (f"cluster:{_NAME}", "cluster:NAME"),
    "sagemaker:inference-component": (f"inference-component/{_NAME}", "inference-component/NAME"),
    "sagemaker:variant": (f"endpoint/{_NAME}/variant/{_NAME}", "endpoint/NAME/variant/VARIANT"),
    "workspaces:workspacespool": (r"workspacespool/wspool-\w+", "workspacespool/wspool-ID"),
}
"""By namespace and type of what is scaled, the pattern of its id, and how to describe it. Custom resources have any."""

_METRIC = "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType"
_METRICS: Mapping[str, Sequence[str]] = {
    "ALB": ("ec2", "ecs"),
    "ASG": ("autoscaling",),
    "AppStream": ("appstream",),
    "Cassandra": ("cassandra",),
    "Comprehend": ("comprehend",),
    "DynamoDB": ("dynamodb",),
    "EC2SpotFleet": ("ec2",),
    "ECSService": ("ecs",),
    "ElastiCache": ("elasticache",),
    "Kafka": ("kafka",),
    "Lambda": ("lambda",),
    "Neptune": ("neptune",),
    "RDS": ("rds",),
    "SageMaker": ("sagemaker",),
    "WorkSpaces": ("workspaces",),
}
"""By the beginning of a predefined metric, the namespaces that have it; those of `autoscaling` are of EC2's groups."""


def metric_problems(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A predefined metric of another namespace than that of a policy, beside what `scaling_problems` finds in it."""
    yield from scaling_problems(inputs)
    namespace = inputs.get("serviceNamespace")
    for path, metric in values_at(inputs, _METRIC):
        owners = metric_owners(metric) if isinstance(metric, str) else ()
        if owners and isinstance(namespace, str) and namespace not in owners:
            yield (
                path,
                f"is a metric of {' and '.join(f'`{owner}`' for owner in owners)}, and `serviceNamespace` is `{namespace}`",
            )


def metric_owners(metric: str) -> Sequence[str]:
    """The namespaces of a predefined metric; none of one that is not known."""
    return next((owners for begin, owners in _METRICS.items() if metric.startswith(begin)), ())


def scaling_problems(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A dimension of another namespace, and an id that does not have the form of its namespace or dimension."""
    namespace, dimension, identifier = (
        value if isinstance(value := inputs.get(name), str) else ""
        for name in ("serviceNamespace", "scalableDimension", "resourceId")
    )
    scaled, _, _ = dimension.rpartition(":")
    own = scaled.partition(":")[0]
    if namespace and scaled in _FORMS and own != namespace:
        yield "scalableDimension", f"is a dimension of `{own}`, and `serviceNamespace` is `{namespace}`"
    elif identifier and not problem("text", identifier):
        exact = [scaled] if scaled in _FORMS else []
        forms = exact or [form for form in _FORMS if form.partition(":")[0] == namespace]
        if forms and not _has_form(identifier, forms):
            yield "resourceId", _clause(identifier, forms)


def _has_form(identifier: str, scaled: Sequence[str]) -> bool:
    return any(re.fullmatch(_FORMS[one][0], identifier, re.ASCII) for one in scaled)


def _clause(identifier: str, scaled: Sequence[str]) -> str:
    others = (one for one in _FORMS if _has_form(identifier, [one]))
    other = next(others, "")
    written = "an ARN" if identifier.startswith("arn:") else f"the id of a `{other}`" if other else "another text"
    return f"takes {' or '.join(f'`{_FORMS[one][1]}`' for one in scaled)}, and is {written}"
