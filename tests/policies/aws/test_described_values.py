"""Values that the descriptions of their properties exclude, where the names of the properties say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import violations

MAIL = "aws:ses/eventDestination:EventDestination"
ROLE = "arn:aws:iam::111122223333:role/reader"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:read"
QUEUE, URL = "arn:aws:sqs:eu-west-1:111122223333:jobs", "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"


def of(token: str, **inputs: Any) -> Resource:
    return Resource(token, "x", inputs)


DESCRIBED = [
    (of("aws:transfer/user:User", role="uploads"), "role"),
    (of("aws:redshift/cluster:Cluster", iamRoles=["copy"]), "iamRoles[0]"),
    (of("aws:transfer/server:Server", loggingRole="log"), "loggingRole"),
    (of("aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment", roles={"guest": "g"}), "roles.guest"),
    (of("aws:codebuild/project:Project", resourceAccessRole="logs"), "resourceAccessRole"),
    (of("aws:glacier/vault:Vault", notification={"snsTopic": "archive", "events": []}), "notification.snsTopic"),
    (of("aws:rds/eventSubscription:EventSubscription", snsTopic=QUEUE), "snsTopic"),
    (
        of("aws:codepipeline/pipeline:Pipeline", artifactStores=[{"location": "arn:aws:s3:::out"}]),
        "artifactStores[0].location",
    ),
    (of("aws:glue/partition:Partition", databaseName="arn:aws:glue:eu-west-1:111122223333:database/d"), "databaseName"),
    (of("aws:pipes/pipe:Pipe", source=URL), "source"),
    (of("aws:pipes/pipe:Pipe", target="jobs"), "target"),
    (of("aws:cloudfront/function:Function", runtime="python3.13"), "runtime"),
    (of("aws:wafv2/ipSet:IpSet", addresses=["198.51.100.9/32", "198.51.100.4"]), "addresses[1]"),
    (of("aws:wafv2/ipSet:IpSet", addresses=["::/0"]), "addresses[0]"),
    (of("aws:eks/accessEntry:AccessEntry", principalArn="deployer"), "principalArn"),
    (of("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", principalArn=QUEUE), "principalArn"),
    (of("aws:backup/selection:Selection", resources=[QUEUE, "orders"]), "resources[1]"),
    (of("aws:lakeformation/dataLakeSettings:DataLakeSettings", admins=["steward"]), "admins[0]"),
    (of(MAIL, matchingTypes=["bounce", "bounces"]), "matchingTypes[1]"),
    (of(MAIL, matchingTypes=["RENDERING_FAILURE"]), "matchingTypes[0]"),
]


@pytest.mark.parametrize(("resource", "path"), DESCRIBED)
def test_what_the_description_of_a_property_excludes_is_reported(resource: Resource, path: str) -> None:
    assert violations(POLICY, resource) == [path]


@pytest.mark.parametrize(
    "resource",
    [
        of(
            MAIL,
            matchingTypes=["send", "reject", "bounce", "complaint", "delivery", "open", "click", "renderingFailure"],
        ),
        of("aws:transfer/user:User", role=ROLE),
        of("aws:redshift/cluster:Cluster", iamRoles=[ROLE]),
        of("aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment", roles={"guest": ROLE}),
        of("aws:imagebuilder/image:Image", executionRole="images"),
        of("aws:batch/computeEnvironment:ComputeEnvironment", serviceRole="batch"),
        of("aws:ecs/service:Service", iamRole="balancer"),
        of("aws:servicecatalog/serviceAction:ServiceAction", definition={"assumeRole": "LAUNCH_ROLE"}),
        of("aws:pipes/pipe:Pipe", source="smk://b-1.example.com:9092", target=FUNCTION),
        of("aws:pipes/pipe:Pipe", source=QUEUE, enrichment=""),
        of("aws:cloudfront/function:Function", runtime="cloudfront-js-2.0"),
        of("aws:wafv2/ipSet:IpSet", addresses=["198.51.100.9/32", "2001:db8::/56"]),
        of("aws:glue/partition:Partition", databaseName="sales"),
        of("aws:eks/accessEntry:AccessEntry", principalArn="arn:aws:iam::111122223333:user/ops/anna"),
        of("aws:backup/selection:Selection", resources=["*"], notResources=["arn:aws:ec2:*:*:volume/*"]),
        of("aws:lakeformation/dataLakeSettings:DataLakeSettings", admins=[ROLE]),
        of(
            "aws:dynamodb/contributorInsights:ContributorInsights",
            tableName="arn:aws:dynamodb:eu-west-1:111122223333:table/t",
        ),
    ],
)
def test_what_the_sources_allow_beside_an_arn_or_a_name_is_silent(resource: Resource) -> None:
    assert violations(POLICY, resource) == []


COMPUTERS = "arn:aws:batch:eu-central-1:111122223333:compute-environment/spot"
GROUP = "arn:aws:logs:eu-central-1:111122223333:log-group:/shop/orders"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:orders"
STREAM = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/amazon-apigateway-orders"
LOGGING, DEAD_LETTERS = "loggingConfiguration.logDestination", "target.deadLetterConfig.arn"


def job_queue(environment: str) -> Resource:
    return of("aws:batch/jobQueue:JobQueue", computeEnvironmentOrders=[{"order": 1, "computeEnvironment": environment}])


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (job_queue(ROLE), "computeEnvironmentOrders[0].computeEnvironment"),
        (
            job_queue(COMPUTERS.replace("compute-environment", "job-queue")),
            "computeEnvironmentOrders[0].computeEnvironment",
        ),
        (job_queue("spot"), "computeEnvironmentOrders[0].computeEnvironment"),
        (of("aws:dax/cluster:Cluster", notificationTopicArn=QUEUE), "notificationTopicArn"),
        (of("aws:iot/topicRule:TopicRule", lambdas=[{"functionArn": ROLE}]), "lambdas[0].functionArn"),
        (of("aws:sfn/stateMachine:StateMachine", loggingConfiguration={"logDestination": TOPIC}), LOGGING),
        (of("aws:scheduler/schedule:Schedule", target={"deadLetterConfig": {"arn": TOPIC}}), DEAD_LETTERS),
    ],
)
def test_an_arn_of_another_kind_than_the_description_names(resource: Resource, path: str) -> None:
    assert violations(POLICY, resource) == [path]


@pytest.mark.parametrize(
    "resource",
    [
        job_queue(COMPUTERS),
        of("aws:dax/cluster:Cluster", notificationTopicArn=TOPIC.replace("arn:aws:", "arn:aws-cn:")),
        of("aws:iot/topicRule:TopicRule", lambdas=[{"functionArn": f"{FUNCTION}:live"}]),
        of("aws:sfn/stateMachine:StateMachine", loggingConfiguration={"logDestination": f"{GROUP}:*"}),
        of("aws:apigatewayv2/stage:Stage", accessLogSettings={"destinationArn": GROUP}),
        of("aws:apigatewayv2/stage:Stage", accessLogSettings={"destinationArn": STREAM}),
    ],
)
def test_an_arn_of_the_kind_that_the_description_names(resource: Resource) -> None:
    assert violations(POLICY, resource) == []
