from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.core.examples import allow, document, permission, role, role_policy
from policypack.core.policy import UNKNOWN, Options, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import messages, silent, violations

ROLE = "arn:aws:iam::111122223333:role/reader"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:read"
INVOKE = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
QUEUE, URL = "arn:aws:sqs:eu-west-1:111122223333:jobs", "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def of(token: str, **inputs: Any) -> Resource:
    return Resource(token, "x", inputs)


def attached(kind: str, **inputs: Any) -> Resource:
    return of(f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}", **inputs)


def limited(operator: str, key: str, value: Any) -> Resource:
    return role_policy(allow("kms:Decrypt", KEY, Condition={operator: {key: value}}))


def trusting(principal: Any) -> Resource:
    return role({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def reading(*resources: str) -> Resource:
    return role_policy(allow("sqs:SendMessage", list(resources) if len(resources) > 1 else resources[0]))


LAYER = "arn:aws:lambda:eu-west-1:111122223333:layer:tools"
SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/main/web"
TARGETS = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef"
VAULT = "arn:aws:backup:eu-west-1:111122223333:backup-vault:daily"
SCALING = "aws:appautoscaling/target:Target"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
INTEGRATION = "aws:apigateway/integration:Integration"
PRINCIPAL = "assumeRolePolicy.Statement[0].Principal"


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("bucket", of("aws:s3/bucketVersioning:BucketVersioning", bucket="inbox.s3.amazonaws.com")),
        ("bucket", of("aws:s3/bucketPolicy:BucketPolicy", bucket="s3://inbox")),
        ("role", attached("RolePolicy", role=ROLE)),
        ("policyArn", attached("RolePolicyAttachment", role="reader", policyArn="AmazonS3ReadOnlyAccess")),
        ("policyArn", attached("RolePolicyAttachment", role="reader", policyArn=ROLE)),
        ("function", permission(function=INVOKE)),
        ("principal", permission(principal="lambda")),
        ("functionName", of("aws:lambda/functionUrl:FunctionUrl", functionName=INVOKE)),
        ("queueUrl", of("aws:sqs/queuePolicy:QueuePolicy", queueUrl=QUEUE)),
        ("endpoint", of(SUBSCRIPTION, protocol="sqs", endpoint=URL)),
        ("topic", of(SUBSCRIPTION, topic="alarms", protocol="email", endpoint="a@example.com")),
        ("uri", of(INTEGRATION, type="AWS_PROXY", uri=FUNCTION)),
        ("kmsMasterKeyId", of("aws:sqs/queue:Queue", kmsMasterKeyId=ROLE)),
        ("redrivePolicy", of("aws:sqs/queue:Queue", redrivePolicy=f'{{"deadLetterTargetArn": "{URL}"}}')),
        ("kmsKeyId", of("aws:cloudwatch/logGroup:LogGroup", kmsKeyId="11111111-2222-3333-4444-555555555555")),
        ("targetKeyId", of("aws:kms/alias:Alias", targetKeyId="alias/other")),
        ("vpcId", of("aws:ec2/securityGroup:SecurityGroup", vpcId="sg-0123456789abcdef0")),
        ("subnetIds[1]", of("aws:rds/subnetGroup:SubnetGroup", subnetIds=["subnet-1", "vpc-1"])),
        ("sourceAccount", permission(sourceAccount=11112222333)),
        ("name", of("aws:sqs/queue:Queue", name="{env}-jobs")),
        ("name", of("aws:cloudwatch/logGroup:LogGroup", name="/aws/lambda/{name}")),
        (
            "definition",
            of("aws:sfn/stateMachine:StateMachine", definition='{"Resource": "arn:aws:lambda:${AWS::Region}:1:x"}'),
        ),
        ("repository", of("aws:ecr/lifecyclePolicy:LifecyclePolicy", repository="1.dkr.ecr.eu-west-1.amazonaws.com/x")),
        (
            "environment.variables.TOPIC",
            of("aws:lambda/function:Function", environment={"variables": {"TOPIC": "arn:aws:sns:{r}:1:x"}}),
        ),
        (PRINCIPAL, trusting({"AWS": "11112222333"})),
        (PRINCIPAL, trusting({"AWS": "lambda.amazonaws.com"})),
        (PRINCIPAL, trusting({"AWS": "arn:aws:s3:::inbox"})),
        (
            "policy.Statement[0].Condition.StringEquals.aws:SourceAccount",
            limited("StringEquals", "aws:SourceAccount", "12345"),
        ),
        (
            "policy.Statement[0].Condition.StringEquals.kms:ViaService",
            limited("StringEquals", "kms:ViaService", "s3.amazonaws.com"),
        ),
        (
            "policy.Statement[0].Condition.StringEquals.aws:PrincipalOrgID",
            limited("StringEquals", "aws:PrincipalOrgID", "my-organization"),
        ),
        ("layers[0]", of("aws:lambda/function:Function", layers=[LAYER])),
        ("layers[0]", of("aws:lambda/function:Function", layers=[f"{LAYER}:1".replace("eu-west", "eu-wset")])),
        ("kmsKeyId", of("aws:rds/instance:Instance", kmsKeyId="alias/base")),
        ("kmsKeyId", of("aws:ebs/volume:Volume", kmsKeyId="11111111-2222-3333-4444-555555555555")),
        ("ami", of("aws:ec2/instance:Instance", ami="ami-xxxxxxxx")),
        ("ami", of("aws:ec2/instance:Instance", ami="al2023")),
        ("subnetId", of("aws:ec2/instance:Instance", subnetId="subnet-xxxxxxxx")),
        ("rules[0].targetVaultName", of("aws:backup/plan:Plan", rules=[{"targetVaultName": VAULT}])),
        ("logDestination", of("aws:ec2/flowLog:FlowLog", logDestination="acme-flows")),
        ("name", of("aws:ssm/parameter:Parameter", name="/shop/$ENV/url")),
        ("granteePrincipal", of("aws:kms/grant:Grant", granteePrincipal="reader")),
        (
            "networkConfiguration.securityGroups[0]",
            of("aws:ecs/service:Service", networkConfiguration={"securityGroups": ["web"]}),
        ),
        ("natGatewayId", of("aws:ec2/route:Route", natGatewayId="igw-0123456789abcdef0")),
        ("listenerArn", of("aws:lb/listenerRule:ListenerRule", listenerArn=TARGETS)),
        ("loadBalancerArn", of("aws:lb/listener:Listener", loadBalancerArn=TARGETS)),
        ("resourceId", of(SCALING, serviceNamespace="ecs", resourceId=SERVICE)),
        ("zoneId", of("aws:route53/record:Record", zoneId="example.com")),
        ("iamRoles[0]", of("aws:rds/cluster:Cluster", iamRoles=["s3-import"])),
        ("instance", of("aws:ec2/eip:Eip", instance="arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0")),
        *(
            ("policyArn", attached("RolePolicyAttachment", role="reader", policyArn=f"arn:aws:iam::aws:policy/{name}"))
            for name in (
                *("AWSLambdaBasicExecutionRole", "AmazonECSTaskExecutionRolePolicy", "AWSLambdaFullAccess"),
                *("service-role/AmazonSSMManagedInstanceCore", "AmazonS3ReadOnlyAcces", "AmazonSNSFulAccess"),
                *("AmazonDynamoDbFullAccess", "service-role/AWSLambdaBasicExecutionRoel"),
            )
        ),
        *(
            ("bucket", of("aws:s3/bucket:Bucket", bucket=name))
            for name in ("Acme_Data", "192.168.5.4", "acme..data", "ab", "-acme", "acme-s3alias", "a" * 64, "acme data")
        ),
        *(
            ("redriveAllowPolicy", of(token, redriveAllowPolicy=f'{{"sourceQueueArns": {listed}}}'))
            for token in ("aws:sqs/queue:Queue", "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy")
            for listed in ('["jobs"]', f'["{QUEUE}", "{URL}"]')
        ),
        *(
            ("policy.Statement[0].Resource", reading(f"arn:aws:s3:::acme/{variable}/*"))
            for variable in ("${aws:username", "${aws:PrincipalTag}", "${aws:PrincipalTag/}", "${ aws:username }")
        ),
        ("policy.Statement[0].Resource", reading("arn:aws:s3:::acme/${aws:userName2}")),
        ("policy.Statement[0].Resource", reading("arn:aws:s3:::acme/${aws:PrincipalTag/team/*")),
        ("policy.Statement[0].Resource", reading("arn:aws:s3:::Acme Bucket!/*")),
        ("policy.Statement[0].Resource", reading("arn:aws:sqs:eu-west-1::jobs")),
        ("policy.Statement[0].Resource", reading("arn:aws:lambda::111122223333:function:read")),
        ("policy.Statement[0].Resource", reading("arn:aws:sqs:eu-west:111122223333:jobs")),
        ("policy.Statement[0].Resource", reading("arn:aws:sqs:eu-west-1a:111122223333:jobs")),
        ("policy.Statement[0].Resource", reading("arn:aws:s3:::acme-$STAGE/*")),
    ],
)
def test_reported(path: str, resource: Resource) -> None:
    assert path in violations(POLICY, resource)


test_silent = silent(
    POLICY,
    attached("RolePolicy", role="reader", policy=document(allow())),
    permission(principal="111122223333", function=f"{FUNCTION}:live"),
    permission(principal="alexa-appkit.amazon.com"),
    of(SUBSCRIPTION, protocol="https", endpoint="https://example.com/{id}"),
    of(DISTRIBUTION, loggingConfig={"bucket": "acme-logs.s3.amazonaws.com"}),
    of("aws:timestreaminfluxdb/dbInstance:DbInstance", bucket="Sensor_Data"),
    of(INTEGRATION, type="HTTP_PROXY", uri="https://example.com/{proxy}"),
    of(INTEGRATION, type="AWS", uri=INVOKE.replace("function:read", "function:${stageVariables.name}")),
    of("aws:sqs/queue:Queue", kmsMasterKeyId="alias/aws/sqs"),
    of("aws:secretsmanager/secret:Secret", kmsKeyId=KEY),
    of("aws:lambda/function:Function", environment={"variables": {"FORMAT": "%s {name} <x>"}}),
    of("aws:ssm/parameter:Parameter", name="/app/db", value="{x} %s YOUR_NAME"),
    of("aws:sfn/stateMachine:StateMachine", definition="""{"x.$": "States.Format('arn:aws:s3:::{}', $.b)"}"""),
    of("aws:cloudwatch/metricAlarm:MetricAlarm", name="[prod] p99 > 3s"),
    trusting({"AWS": ["111122223333", "AROAABCDEFGHIJKLMNOPQ", "arn:aws:iam::cloudfront:user/x"]}),
    trusting({"Federated": "cognito-identity.amazonaws.com"}),
    limited("StringLike", "kms:ViaService", "*.eu-west-1.amazonaws.com"),
    limited("StringEquals", "kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com"),
    limited("StringLike", "aws:PrincipalArn", "*:role/admin"),
    attached("RolePolicy", role=UNKNOWN),
    of("aws:lambda/function:Function", layers=[f"{LAYER}:1", f"{LAYER}:1".replace("eu-west-1", "eu-central-3")]),
    of("aws:rds/instance:Instance", kmsKeyId=KEY),
    of("aws:ec2/instance:Instance", ami="resolve:ssm:/aws/service/ami", subnetId="subnet-0123456789abcdef0"),
    of("aws:backup/plan:Plan", rules=[{"targetVaultName": "daily"}]),
    of("aws:ec2/flowLog:FlowLog", logDestination="arn:aws:s3:::acme-flows/vpc"),
    of("aws:ec2/route:Route", natGatewayId="nat-0123456789abcdef0", gatewayId="local"),
    of("aws:lb/listener:Listener", loadBalancerArn=TARGETS.replace("targetgroup/", "loadbalancer/app/")),
    of(SCALING, serviceNamespace="ecs", resourceId="service/main/web"),
    of(SCALING, serviceNamespace="kafka", resourceId="arn:aws:kafka:eu-west-1:111122223333:cluster/main/1"),
    of("aws:route53/record:Record", zoneId="Z0123456789ABCDEFGHIJ", name="example.com"),
    of("aws:kms/grant:Grant", granteePrincipal=ROLE),
    reading("arn:aws:lambda:::awslayer:AmazonLinux1803"),
    *(
        attached("RolePolicyAttachment", role="reader", policyArn=f"arn:aws:iam::aws:policy/{name}")
        for name in (
            *("service-role/AWSLambdaBasicExecutionRole", "AWSLambda_FullAccess", "NoSuchPolicyEver"),
            *("AmazonBedrockStudioFullAccess", "AmazonMSKFullAccessV2", "aws-service-role/AWSSupportServiceRolePolicy"),
        )
    ),
    attached("RolePolicyAttachment", role="reader", policyArn="arn:aws:iam::111122223333:policy/AWSLambdaFullAccess"),
    *(of("aws:s3/bucket:Bucket", bucket=name) for name in ("acme.data-1", "1acme", "a" * 63, "10.0.0.4.acme", UNKNOWN)),
    of("aws:s3/bucketPolicy:BucketPolicy", bucket="Acme_Legacy"),
    replace(of("aws:s3/bucket:Bucket", bucket="Acme_Legacy"), options=Options(import_id="Acme_Legacy")),
    of("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", redriveAllowPolicy=f'{{"sourceQueueArns": ["{QUEUE}"]}}'),
    of("aws:sqs/queue:Queue", redriveAllowPolicy='{"redrivePermission": "denyAll"}'),
    *(
        reading(f"arn:aws:s3:::acme/{variable}/*")
        for variable in (
            *("${aws:username}", "${AWS:UserName}", "${aws:PrincipalTag/team}", "${aws:username, 'nobody'}", "${*}"),
            *("${s3:prefix}", "${cognito-identity.amazonaws.com:sub}", "${saml:sub}", "${aws:userid}"),
        )
    ),
    reading(
        "arn:aws:s3:::Acme_Legacy/*", "arn:aws:s3:::acme-*-?/*", "arn:aws:s3:::*", "arn:aws:s3:::${aws:username}/*"
    ),
    reading("arn:aws:events:eu-west-1::event-source/aws.partner/acme"),
    reading("arn:aws:dynamodb::111122223333:global-table/orders"),
    reading("arn:aws:sqs:*:111122223333:jobs", "arn:aws:sqs:nz-north-1:111122223333:jobs"),
    reading("arn:aws:ssm:eu-west-1::parameter/aws/service/ami", "arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0"),
    reading("arn:aws:lambda:eu-west-1:111122223333:function:read:$LATEST"),
)


def test_a_message_quotes_no_value() -> None:
    (message,) = messages(POLICY, permission(sourceAccount="hunter2"))
    assert "hunter2" not in message
