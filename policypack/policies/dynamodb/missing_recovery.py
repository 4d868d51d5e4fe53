"""Without point-in-time recovery, a faulty write or a deleted item is lost for good.

DynamoDB then has no copy but those that somebody makes. With it, a table can be restored to any second of the last 35
days. Each replica of a global table has a setting of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import controls
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import EnforcementLevel, Policy, Reading, Resource, Severity, Unknown, Violation
from policypack.core.tags import Tag
from policypack.iam.document_readers import value_at, values_at

TABLE = "aws:dynamodb/table:Table"
REPLICA = "aws:dynamodb/tableReplica:TableReplica"
SWITCH = "pointInTimeRecovery"


def recoveries(resource: Resource) -> Iterator[Reading[bool]]:
    """Whether point-in-time recovery is on, for a table and for each of its replicas."""
    if resource.type == TABLE:
        yield SWITCH, _on(value_at({SWITCH: resource[SWITCH]}, f"{SWITCH}[*].enabled"))
        for path, replica in values_at(resource.inputs, "replicas[*]"):
            if isinstance(replica, Unknown):
                yield path, replica
            else:
                yield f"{path}.{SWITCH}", _on(value_at(replica, SWITCH))
    elif resource.type == REPLICA:
        yield SWITCH, _on(resource[SWITCH])


def _on(value: Any) -> bool | Unknown:
    return value if isinstance(value, Unknown) else str(value).lower() == "true"


def check(enabled: bool) -> Iterator[Violation]:  # noqa: FBT001 (the value that the reader yields)
    if not enabled:
        yield Violation("", "point-in-time recovery is off")


def _table(**inputs: Any) -> Resource:
    attributes = [{"name": "id", "type": "S"}]
    return construct(TABLE, "orders", hashKey="id", attributes=attributes, billingMode="PAY_PER_REQUEST", **inputs)


def _replica(**inputs: Any) -> dict[str, Any]:
    return {"regionName": "eu-central-1", **inputs}


ON = {"enabled": True}

POLICY = Policy(
    id="dynamodb-missing-recovery",
    title="Table has no point-in-time recovery",
    why=__doc__,
    severity=Severity.MEDIUM,
    enforcement=EnforcementLevel.ADVISORY,
    tags=[Tag.DYNAMODB, Tag.RELIABILITY, Tag.AWS_FSBP],
    controls=controls("aws-fsbp/DynamoDB.2"),
    fix="Set `pointInTimeRecovery.enabled` to true, and `pointInTimeRecovery` of each replica.",
    references=[
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-2",
    ],
    bad=reported_at(
        SWITCH,
        example(_table()),
        example(_table(pointInTimeRecovery={"enabled": False}), note="recovery switched off"),
        example(
            _table(pointInTimeRecovery=ON, replicas=[_replica()]),
            path=f"replicas[0].{SWITCH}",
            note="a replica without it",
        ),
        example(
            construct(REPLICA, "orders", globalTableArn="arn:aws:dynamodb:eu-west-1:111122223333:table/orders"),
            note="a replica as a resource of its own",
        ),
    ),
    good=[
        example(_table(pointInTimeRecovery=ON)),
        example(
            _table(pointInTimeRecovery=ON, replicas=[_replica(pointInTimeRecovery=True)]), note="a replica that has it"
        ),
    ],
    reads=recoveries,
    check=check,
)
