"""Targets and sources of EventBridge that are not what their parameters are for: a resource's inputs in, clauses out.

Sources: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html,
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html,
https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetParameters.html and
https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceParameters.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.resources.property_kinds.values import problem

_CLUSTER, _BUS, _PIPELINE = "arn:ecs:cluster/*", "arn:events:event-bus/*", "arn:sagemaker:pipeline/*"
_JOBS, _QUEUE, _STREAM = "arn:batch:job-queue/*", "arn:sqs", "arn:kinesis:stream/*"
_WAREHOUSE = "arn:redshift:cluster:*|arn:redshift-serverless:workgroup/*"
_PARAMETERS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "aws:cloudwatch/eventTarget:EventTarget": (
        "",
        "arn",
        {
            "batchTarget": _JOBS,
            "ecsTarget": _CLUSTER,
            "kinesisTarget": _STREAM,
            "redshiftTarget": _WAREHOUSE,
            "sagemakerPipelineTarget": _PIPELINE,
            "sqsTarget": _QUEUE,
        },
    ),
    "aws:scheduler/schedule:Schedule": (
        "target",
        "arn",
        {
            "ecsParameters": _CLUSTER,
            "eventbridgeParameters": _BUS,
            "kinesisParameters": _STREAM,
            "sagemakerPipelineParameters": _PIPELINE,
            "sqsParameters": _QUEUE,
        },
    ),
    "aws:pipes/pipe:Pipe": (
        "",
        "target",
        {
            "targetParameters.batchJobParameters": _JOBS,
            "targetParameters.cloudwatchLogsParameters": "arn:logs:log-group:*",
            "targetParameters.ecsTaskParameters": _CLUSTER,
            "targetParameters.eventbridgeEventBusParameters": _BUS,
            "targetParameters.kinesisStreamParameters": _STREAM,
            "targetParameters.lambdaFunctionParameters": "arn:lambda:function:*",
            "targetParameters.redshiftDataParameters": _WAREHOUSE,
            "targetParameters.sagemakerPipelineParameters": _PIPELINE,
            "targetParameters.sqsQueueParameters": _QUEUE,
            "targetParameters.stepFunctionStateMachineParameters": "arn:states:stateMachine:*",
        },
    ),
}
"""By type, the object that has the target, the property that names it, and what it is by the parameters beside it."""


def target_problems(token: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A target that is another resource than its parameters are for: a task definition in place of its cluster.

    The universal targets of EventBridge Scheduler, `arn:aws:scheduler:::aws-sdk:`, have no parameters of their own.
    """
    if token not in _PARAMETERS:
        return
    place, name, kinds = _PARAMETERS[token]
    target = inputs.get(place) if place else inputs
    text = target.get(name) if isinstance(target, Mapping) else None
    if not isinstance(target, Mapping) or not isinstance(text, str) or problem("arn", text):
        return
    for parameters, kind in kinds.items():
        outer, _, inner = parameters.rpartition(".")
        holder = target.get(outer) if outer else target
        given = holder.get(inner) if isinstance(holder, Mapping) else None
        clause = problem(kind, text) if isinstance(given, Mapping) and given else None
        if clause:
            yield f"{place}.{name}" if place else name, f"{clause} beside `{inner}`"
