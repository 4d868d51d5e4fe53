"""Whoever may read a setting reads the credential in it: in the console, in logs, in the stack's state and its diffs.

Permissions to describe a function, a task or an instance are given to many, and nobody suspects a password there. It
stays in the history of the state and of the code, and cannot be withdrawn, only replaced. Where a program runs, a literal
in its source is reported too if Pulumi makes a secret of it, as of a database's password: the repository has it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import construct, example, function
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.properties.literals import literal_credentials
from policypack.resources.properties.settings import Credential, plaintext_credentials


def check(credential: Credential) -> Iterator[Violation]:
    names = [f"`{name}`" for name in (credential.setting, credential.of) if name]
    of = f" in {' of '.join(names)}" if names else ""
    where = "as a literal of the program's source" if credential.literal else "in plaintext"
    times = f", {credential.count} times" if credential.count > 1 else ""
    yield Violation(
        "",
        f"contains {credential.kind} {where}{of}{times}",
        facts=(credential.kind, *names),
        parts=tuple(f"{credential.kind} {number}" for number in range(credential.count)),
        value_counts=False,
    )


@over_stack
def credentials(stack: Stack) -> Iterator[Placed[Credential | Unknown]]:
    """The credentials in plaintext of a stack, and those in its secrets that the source states."""
    yield from plaintext_credentials(stack)
    yield from literal_credentials(stack)


def _function(name: str, value: str, **options: Any) -> Resource:
    return replace(function(environment={"variables": {name: value}}), **options)


def _task(**container: Any) -> Resource:
    containers = json.dumps([{"name": "web", "image": "nginx:1.29", **container}])
    return construct("aws:ecs/taskDefinition:TaskDefinition", "web", family="web", containerDefinitions=containers)


def _instance(**inputs: Any) -> Resource:
    return construct("aws:ec2/instance:Instance", "web", ami="ami-0a1b2c3d", instanceType="t4g.micro", **inputs)


def _build(kind: str, value: str) -> Resource:
    variable = {"name": "NPM_TOKEN", "type": kind, "value": value}
    machine = {"type": "LINUX_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL", "image": "aws/codebuild/standard:7.0"}
    return construct(
        "aws:codebuild/project:Project",
        "site",
        serviceRole="arn:aws:iam::111122223333:role/build",
        artifacts={"type": "NO_ARTIFACTS"},
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        environment={**machine, "environmentVariables": [variable]},
    )


_SCRIPT = "#!/bin/sh\nexport DB_PASSWORD=correct-horse-7\n./start\n"
_FROM_CONFIG = """\
role = "arn:aws:iam::111122223333:role/read"
password = pulumi.Config().require_secret("dbPassword")
variables = {"DB_PASSWORD": password}
environment = {"variables": variables}
aws.lambda_.Function("read", name="read", role=role, environment=environment)
"""
_ENCRYPTED = """\
value = pulumi.Config().require_secret("dbPassword")
aws.ssm.Parameter("db", type="SecureString", name="/shop/db/password", value=value)
"""
_PARAMETER = {"name": "/shop/db/password", "value": "correct-horse-7"}
_STORED = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-db"

POLICY = Policy(
    id="pulumi-plaintext-secret",
    title="Credential in plaintext in a setting",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.PULUMI, Tag.SECRETS, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/CodeBuild.2", partly=True, types=("aws:codebuild/project:",)),
        Control("aws-fsbp/ECS.8", partly=True, types=("aws:ecs/taskDefinition:",)),
    ],
    fix="Replace the credential, keep the new one in Secrets Manager, and give the program its ARN.",
    references=[
        "https://www.pulumi.com/docs/iac/concepts/secrets/",
        "https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-8",
    ],
    bad=[
        example(_function("DB_PASSWORD", "correct-horse-7"), path="environment.variables.DB_PASSWORD"),
        example(
            _function("DATABASE_URL", "postgres://shop:correct-horse-7@db.acme.internal/shop"),
            path="environment.variables.DATABASE_URL",
            note="in a URL",
        ),
        example(
            _task(environment=[{"name": "API_KEY", "value": "8d1f0c6b2e7a4953"}]),
            path="containerDefinitions",
            note="in a container's environment",
        ),
        example(_instance(userData=_SCRIPT), path="userData", note="in a script"),
        example(
            _instance(userDataBase64=base64.b64encode(_SCRIPT.encode()).decode()),
            path="userDataBase64",
            note="in a script in base64",
        ),
        example(
            construct("aws:ssm/parameter:Parameter", "db", type="String", **_PARAMETER),
            path="value",
            note="in a parameter that is not encrypted",
        ),
        example(_instance(tags={"db-password": "correct-horse-7"}), path="tags.db-password", note="in a tag"),
    ],
    good=[
        example(_function("DB_SECRET_ARN", _STORED)),
        example(
            _function("DB_PASSWORD", "correct-horse-7", secrets=frozenset({"environment.variables.DB_PASSWORD"})),
            note="a Pulumi secret, which is encrypted in the state",
            program=_FROM_CONFIG,
        ),
        example(_task(secrets=[{"name": "API_KEY", "valueFrom": _STORED}]), note="a reference to Secrets Manager"),
        example(_build("SECRETS_MANAGER", "site/npm"), note="the name of a secret in a build"),
        example(_instance(userData="#!/bin/sh\nDB_PASSWORD=$(get-password)\n"), note="a script that fetches it"),
        example(
            construct("aws:ssm/parameter:Parameter", "db", type="SecureString", **_PARAMETER),
            note="encrypted",
            program=_ENCRYPTED,
        ),
        example(_function("DB_PASSWORD", "changeme"), note="a placeholder"),
    ],
    reads=credentials,
    check=check,
)
