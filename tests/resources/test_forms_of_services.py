"""Values of single properties whose form a service's own guide describes."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import violations

METHOD, PART = "aws:apigateway/method:Method", "aws:apigateway/resource:Resource"
REST_SIGN_IN, HTTP_SIGN_IN = "aws:apigateway/authorizer:Authorizer", "aws:apigatewayv2/authorizer:Authorizer"
TARGETS, LISTENER = "aws:lb/targetGroup:TargetGroup", "aws:lb/listener:Listener"
SITE, FUNCTION = "aws:cloudfront/distribution:Distribution", "aws:lambda/function:Function"
DATABASE, SERVICE = "aws:rds/instance:Instance", "aws:ecs/service:Service"
ALARM, DASHBOARD = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/dashboard:Dashboard"
SCHEDULE, EKS, GROUP = "aws:scheduler/schedule:Schedule", "aws:eks/cluster:Cluster", "aws:autoscaling/group:Group"
POOL, JOB = "aws:cognito/userPool:UserPool", "aws:glue/job:Job"


def mounted(path: str) -> dict[str, Any]:
    arn = "arn:aws:elasticfilesystem:eu-central-1:444455556666:access-point/fsap-0aa1"
    return {"fileSystemConfig": {"arn": arn, "localMountPath": path}}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("httpMethod", METHOD, {"httpMethod": "post"}),
        ("authorization", METHOD, {"authorization": "IAM"}),
        ("integrationHttpMethod", "aws:apigateway/integration:Integration", {"integrationHttpMethod": "Post"}),
        ("pathPart", PART, {"pathPart": "/basket"}),
        ("pathPart", PART, {"pathPart": "basket/{id}"}),
        ("identitySource", REST_SIGN_IN, {"identitySource": "$request.header.Token"}),
        ("identitySource", REST_SIGN_IN, {"identitySource": "method.request.header.Token,Other"}),
        ("identitySources[0]", HTTP_SIGN_IN, {"identitySources": ["Token"]}),
        ("identitySources[0]", HTTP_SIGN_IN, {"identitySources": ["method.request.header.Token"]}),
        ("healthCheck.path", TARGETS, {"healthCheck": {"path": "ready"}}),
        ("healthCheck.matcher", TARGETS, {"healthCheck": {"matcher": "2XX"}}),
        ("sslPolicy", LISTENER, {"sslPolicy": "TLSv1.3"}),
        ("defaultRootObject", SITE, {"defaultRootObject": "/home.html"}),
        ("fileSystemConfig.localMountPath", FUNCTION, mounted("/efs")),
        ("dbName", DATABASE, {"dbName": "shop-orders"}),
        ("databaseName", "aws:rds/cluster:Cluster", {"databaseName": "2shops"}),
        ("desiredCount", SERVICE, {"desiredCount": -2}),
        ("evaluationPeriods", ALARM, {"evaluationPeriods": 0}),
        ("datapointsToAlarm", ALARM, {"evaluationPeriods": 2, "datapointsToAlarm": 5}),
        ("extendedStatistic", ALARM, {"extendedStatistic": "99.9"}),
        ("dashboardName", DASHBOARD, {"dashboardName": "shop overview"}),
        ("startDate", SCHEDULE, {"startDate": "2031-02-03 04:05"}),
        ("version", EKS, {"version": "v1.33"}),
        ("healthCheckType", GROUP, {"healthCheckType": "ALB"}),
        ("usernameAttributes[0]", POOL, {"usernameAttributes": ["phone"]}),
        ("glueVersion", JOB, {"glueVersion": "5"}),
    ],
)
def test_value_without_the_form_of_its_service_is_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (METHOD, {"httpMethod": "ANY", "authorization": "COGNITO_USER_POOLS"}),
        (PART, {"pathPart": "{proxy+}"}),
        (PART, {"pathPart": "v1.2_beta-3"}),
        (REST_SIGN_IN, {"identitySource": "method.request.header.Token, context.identity.sourceIp"}),
        (REST_SIGN_IN, {"identitySource": ""}),
        (HTTP_SIGN_IN, {"identitySources": ["$request.querystring.token", "$context.path", "route.request.header.A"]}),
        (TARGETS, {"healthCheck": {"path": "/", "matcher": "200-299,301"}}),
        (TARGETS, {"healthCheck": {"path": "/shop.Orders/Check", "matcher": "0-99"}}),
        (LISTENER, {"sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"}),
        (SITE, {"defaultRootObject": "de/home.html"}),
        (FUNCTION, mounted("/mnt/shop.data")),
        (DATABASE, {"dbName": "shop_orders"}),
        (SERVICE, {"desiredCount": 0, "healthCheckGracePeriodSeconds": 0}),
        (ALARM, {"evaluationPeriods": 5, "datapointsToAlarm": 5, "extendedStatistic": "p99.9"}),
        (ALARM, {"evaluationPeriods": 1, "extendedStatistic": "TM(10%:90%)"}),
        (SCHEDULE, {"startDate": "2031-02-03T04:05:06Z", "endDate": "2031-02-04T04:05:06+01:00"}),
        (EKS, {"version": "1.34"}),
        (GROUP, {"healthCheckType": "EBS,ELB"}),
        (POOL, {"usernameAttributes": ["email", "phone_number"]}),
        (PART, {"pathPart": UNKNOWN}),
    ],
)
def test_value_with_the_form_of_its_service_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == []
