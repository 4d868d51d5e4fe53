"""Integrations of Step Functions that there are: the `Resource` of a task in, clauses out.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html and the page of each service that it
links, and https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html for those of the SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from policypack.iam.actions import expand

_INTEGRATION = re.compile(
    r"arn:aws[a-z-]*:states:::(?P<sdk>aws-sdk:)?(?P<service>[a-z0-9-]+):(?P<action>[A-Za-z0-9]+)"
    r"(?:\.(?P<pattern>[A-Za-z]+(?::\d)?))?"
)
_CALLBACK = "waitForTaskToken"


class _Optimized(NamedTuple):
    """The actions of a service with optimized integrations, separated by blanks."""

    jobs: str = ""
    """Those that a task can wait for with `.sync`."""
    others: str = ""
    callback: bool = False
    """Whether a task can wait for its token."""


_OPTIMIZED: Mapping[str, _Optimized] = {
    "apigateway": _Optimized(others="invoke", callback=True),
    "athena": _Optimized("startQueryExecution", "getQueryExecution getQueryResults stopQueryExecution"),
    "batch": _Optimized("submitJob"),
    "codebuild": _Optimized(
        "retryBuildBatch startBuild startBuildBatch",
        "batchDeleteBuilds batchGetReports deleteBuildBatch stopBuild stopBuildBatch",
    ),
    "databrew": _Optimized("startJobRun"),
    "dynamodb": _Optimized(others="deleteItem getItem putItem updateItem"),
    "ecs": _Optimized("runTask", callback=True),
    "eks": _Optimized(
        "createCluster createFargateProfile createNodegroup deleteCluster deleteFargateProfile deleteNodegroup runJob",
        "call",
        callback=True,
    ),
    "elasticmapreduce": _Optimized(
        "addStep createCluster terminateCluster",
        "cancelStep modifyInstanceFleetByName modifyInstanceGroupByName setClusterTerminationProtection",
    ),
    "emr-containers": _Optimized("deleteVirtualCluster startJobRun", "createVirtualCluster"),
    "emr-serverless": _Optimized(
        "cancelJobRun createApplication deleteApplication startApplication startJobRun stopApplication"
    ),
    "events": _Optimized(others="putEvents", callback=True),
    "glue": _Optimized("startJobRun"),
    "http": _Optimized(others="invoke", callback=True),
    "lambda": _Optimized(others="invoke", callback=True),
    "mediaconvert": _Optimized("createJob"),
    "sagemaker": _Optimized(
        "createHyperParameterTuningJob createLabelingJob createProcessingJob createTrainingJob createTransformJob",
        "createEndpoint createEndpointConfig createModel updateEndpoint",
    ),
    "sns": _Optimized(others="publish", callback=True),
    "sqs": _Optimized(others="sendMessage", callback=True),
    "states": _Optimized("startExecution", callback=True),
}
"""By service, all of its optimized integrations. Those of Bedrock, whose list grows, are left out."""
_OPEN = frozenset({"bedrock"})
_SDK_NAMES: Mapping[str, str] = {
    "ce": "costexplorer",
    "cognitoidp": "cognitoidentityprovider",
    "cur": "costandusagereport",
    "dms": "databasemigration",
    "ds": "directory",
    "elasticmapreduce": "emr",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancingv2",
    "es": "elasticsearch",
    "events": "eventbridge",
    "logs": "cloudwatchlogs",
    "monitoring": "cloudwatch",
    "states": "sfn",
    "stepfunctions": "sfn",
}
"""By the name that a service has in IAM or in boto3, without hyphens, the one that its integrations of the SDK have."""


def integration_problems(resource: str) -> Iterator[str]:
    """Why Step Functions has no integration of that name: clauses about a state. Another ARN has none."""
    if written := _INTEGRATION.fullmatch(resource):
        yield from (_sdk if written["sdk"] else _optimized)(written["service"], written["action"], written["pattern"])


def _sdk(service: str, action: str, pattern: str | None) -> Iterator[str]:
    """An integration of the SDK: every action in camel case, by a name of its service without hyphens."""
    joined = service.replace("-", "")
    name = _SDK_NAMES.get(joined, joined)
    if name != service:
        yield f"with a service of the SDK that there is not; did you mean `aws-sdk:{name}`?"
    elif action[0].isupper():
        yield f"with an action of the SDK in capitals; did you mean `{action[0].lower()}{action[1:]}`?"
    elif pattern not in (None, _CALLBACK):
        yield f"with an action of the SDK, which has no `.{pattern}`"


def _optimized(service: str, action: str, pattern: str | None) -> Iterator[str]:
    """An optimized integration; a service without any is reported if its action is one of the SDK."""
    optimized = _OPTIMIZED.get(service)
    if optimized is None:
        if service not in _OPEN and expand(f"{service}:{action}"):
            sdk = f"aws-sdk:{_SDK_NAMES.get(service, service.replace('-', ''))}:{action[0].lower()}{action[1:]}"
            yield f"with an integration that there is not; did you mean `{sdk}`?"
        return
    jobs, actions = optimized.jobs.split(), sorted((*optimized.jobs.split(), *optimized.others.split()))
    patterns = (*(("sync",) if action in jobs else ()), *((_CALLBACK,) if optimized.callback else ()))
    newest = ("sync:2",) if service == "states" else ()
    if action not in actions:
        yield f"with an integration that there is not; `{service}` has `{'`, `'.join(actions)}`"
    elif pattern not in (None, *patterns, *newest):
        yield f"with an integration that has no `.{pattern}`"
