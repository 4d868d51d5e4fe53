from __future__ import annotations

from typing import Any

from policypack.access.role_users import role_services
from policypack.core.examples import ACCOUNT, allow, construct, document, function, lambda_role
from policypack.core.policy import UNKNOWN, Resource
from policypack.iam.tables import argument_names
from policypack.policies.iam.principals.missing_trust import POLICY as MISSING
from policypack.policies.iam.principals.unused_trust import POLICY
from policypack.resources.property_kinds.service_principals import exists
from tests.policies.helpers import reported, silent

ARN = f"arn:aws:iam::{ACCOUNT}:role/read"
STATES = "aws:sfn/stateMachine:StateMachine"
SCHEDULE = "aws:scheduler/schedule:Schedule"


def role(*services: str, **inputs: Any) -> Resource:
    principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
    trust = document(allow("sts:AssumeRole", None, Principal=principal))
    return lambda_role("read", **{"assumeRolePolicy": trust, **inputs})


def used(by: str, name: str, trusted: Resource) -> list[Resource]:
    return [trusted, construct(by, "user", trusted, at=name, **{name: UNKNOWN})]


test_a_service_that_never_uses_the_role_is_reported = reported(
    POLICY,
    "assumeRolePolicy.Statement[0].Principal",
    [role("lambda", "ec2"), function()],
    [role("ec2"), function()],
    [role("lambda", "states"), construct(STATES, "user", roleArn=ARN, definition="{}")],
    [role("ec2", "ssm", "lambda"), construct("aws:iam/instanceProfile:InstanceProfile", "user", role="read")],
    used("aws:ecs/taskDefinition:TaskDefinition", "taskRoleArn", role("ecs-tasks", "ecs")),
    used("aws:eks/nodeGroup:NodeGroup", "nodeRoleArn", role("ec2", "eks")),
    used(SCHEDULE, "target", role("scheduler", "events")),
)
test_uses_that_the_stack_does_not_show_are_not_judged = silent(
    POLICY,
    [role("lambda", "ec2")],
    [role("lambda", "edgelambda"), function()],
    [role("ec2", "ssm"), construct("aws:iam/instanceProfile:InstanceProfile", "user", role="read")],
    [role("lambda", "scheduler"), function(), *used(SCHEDULE, "target", role("lambda", "scheduler"))[1:]],
    [*used(STATES, "roleArn", role("states", "events")), *used("aws:acme/new:New", "roleArn", role("states"))[1:]],
    [*used(STATES, "roleArn", role("states", "events")), *used("aws:ssm/parameter:Parameter", "value", role())[1:]],
    [role("lambda", "ec2", assumeRolePolicy=UNKNOWN), function()],
)
test_a_role_that_its_user_may_not_assume_is_reported = reported(
    MISSING,
    "assumeRolePolicy",
    [role("ec2"), function()],
    [role("events"), construct(STATES, "user", roleArn=ARN, definition="{}")],
    used(SCHEDULE, "target", role("events")),
    [lambda_role("read", assumeRolePolicy=document(allow("sts:AssumeRole", None, Principal={"AWS": ARN}))), function()],
)
test_a_role_that_its_user_may_assume_is_silent = silent(
    MISSING,
    [role("ec2", "lambda"), function()],
    [lambda_role("read", assumeRolePolicy=document(allow("sts:AssumeRole", None, Principal="*"))), function()],
    used("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter", "roleArn", role("logs.eu-west-1")),
    used("aws:acme/new:New", "roleArn", role("events")),
)

COGNITO = "aws:cognito/userPool:UserPool"
DMS = "aws:dms/endpoint:Endpoint"
GRAPHQL = "aws:appsync/graphQLApi:GraphQLApi"
REDSHIFT = "aws:redshift/cluster:Cluster"
SERVERLESS = "aws:redshiftserverless/namespace:Namespace"


def nested(by: str, name: str, key: str, trusted: Resource) -> list[Resource]:
    return [trusted, construct(by, "user", trusted, at=name, **{name: {key: UNKNOWN}})]


test_a_role_in_settings_of_a_service_is_reported_if_it_trusts_another_one = reported(
    MISSING,
    "assumeRolePolicy",
    nested(GRAPHQL, "logConfig", "cloudwatchLogsRoleArn", role("lambda")),
    nested(COGNITO, "smsConfiguration", "snsCallerArn", role("sns")),
    nested(DMS, "elasticsearchSettings", "serviceAccessRoleArn", role("es")),
    used(DMS, "serviceAccessRole", role("redshift")),
    used(REDSHIFT, "defaultIamRoleArn", role("s3")),
    [(loader := role("glue")), construct(REDSHIFT, "user", loader, at="iamRoles", iamRoles=[UNKNOWN])],
    used(SERVERLESS, "defaultIamRoleArn", role("lambda")),
    used("aws:synthetics/canary:Canary", "executionRoleArn", role("synthetics")),
)
test_a_role_in_settings_of_a_service_is_silent_if_it_trusts_that_one = silent(
    MISSING,
    nested(GRAPHQL, "logConfig", "cloudwatchLogsRoleArn", role("appsync")),
    nested(COGNITO, "smsConfiguration", "snsCallerArn", role("cognito-idp")),
    used(DMS, "secretsManagerAccessRoleArn", role("dms.eu-west-1")),
    used(SERVERLESS, "defaultIamRoleArn", role("redshift")),
    used(SERVERLESS, "defaultIamRoleArn", role("redshift-serverless")),
    used("aws:mwaa/environment:Environment", "executionRoleArn", role("airflow", "airflow-env")),
)
test_a_role_in_settings_of_a_service_that_trusts_another_one_too_is_reported = reported(
    POLICY,
    "assumeRolePolicy.Statement[0].Principal",
    nested(GRAPHQL, "logConfig", "cloudwatchLogsRoleArn", role("appsync", "ec2")),
    nested(COGNITO, "smsConfiguration", "snsCallerArn", role("cognito-idp", "sns")),
)
test_services_that_use_a_role_beside_the_one_that_takes_it_are_silent = silent(
    POLICY,
    used(DMS, "serviceAccessRole", role("dms", "redshift")),
    used(REDSHIFT, "defaultIamRoleArn", role("redshift", "sagemaker", "redshift-serverless")),
    used("aws:mwaa/environment:Environment", "executionRoleArn", role("airflow", "airflow-env")),
)


def test_the_table_of_roles_has_arguments_of_the_sdk_and_services_that_exist() -> None:
    undocumented = {"directoryservice.rds"}  # the RDS guide alone has it
    for kind, names in role_services().items():
        assert names.keys() <= (argument_names(kind) or frozenset()), kind
        services = {service for services in names.values() for service in services} - undocumented
        assert all(exists(f"{service}.amazonaws.com") for service in services), kind
