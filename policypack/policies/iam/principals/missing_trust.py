"""A resource cannot start with a role that its service may not assume: the update fails, or the first run does.

The trust policy of a role names who may assume it. AWS refuses a function whose role does not trust
`lambda.amazonaws.com`, and an instance profile or task that may not assume its role gets no credentials.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from policypack.access.role_users import UNCLEAR, RoleTrust, role_trusts
from policypack.core.examples import (
    ACCOUNT,
    allow,
    construct,
    deny,
    document,
    example,
    function,
    lambda_role,
    reported_at,
)
from policypack.core.policy import Policy, Resource, Severity, Violation
from policypack.core.tags import Tag


def check(trust: RoleTrust) -> Iterator[Violation]:
    misspelt = dict(trust.misspelt)
    for user, services in trust.users.items():
        if not trust.anyone and trust.assuming.isdisjoint(services):
            place = next((misspelt[service] for service in services if service in misspelt), "")
            place = place or misspelt.pop(UNCLEAR, "")
            yield Violation(place, f"does not let `{services[0]}.amazonaws.com` assume the role of `{user}`")


def _trusting(denied: Any = None, **principal: str) -> list[Resource]:
    trust = document(allow("sts:AssumeRole", None, Principal=principal), *([denied] if denied else []))
    return [lambda_role("read", assumeRolePolicy=trust), function()]


def _job(trusted: str) -> list[Resource]:
    container = {"image": "acme/press:3", "jobRoleArn": f"arn:aws:iam::{ACCOUNT}:role/read"}
    job = construct(
        "aws:batch/jobDefinition:JobDefinition", "press", type="container", containerProperties=json.dumps(container)
    )
    return [_trusting(Service=trusted)[0], job]


POLICY = Policy(
    id="iam-missing-trust",
    title="Role that its resource's service may not assume",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.RELIABILITY],
    fix="Name the service in the role's trust policy, such as `lambda.amazonaws.com` for a function.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html",
    ],
    bad=reported_at(
        "assumeRolePolicy",
        example(*_trusting(Service="ec2.amazonaws.com")),
        example(*_trusting(AWS="arn:aws:iam::111122223333:root"), note="an account, not the service"),
        example(
            *_trusting(Service="lambda.amazonaws.com", denied=deny("sts:AssumeRole", None, Principal="*")),
            note="a denial for everybody",
        ),
        example(*_job("batch.amazonaws.com"), note="Batch, where the role is for the task of ECS"),
    ),
    good=[
        example(*_trusting(Service="lambda.amazonaws.com")),
        example(*_job("ecs-tasks.amazonaws.com"), note="a role that a job definition names in its JSON text"),
    ],
    requires=["aws-impossible-value"],
    subsumes=["iam-unused-trust"],
    reads=role_trusts,
    check=check,
)
