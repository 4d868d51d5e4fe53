from __future__ import annotations

import json
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
    action = "sts:AssumeRoleWithWebIdentity" if "Federated" in principal else "sts:AssumeRole"
    return role({"Effect": "Allow", "Principal": principal, "Action": action})


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
        *(
            (f"policy.Statement[0].Condition.{operator}.{key}", limited(operator, key, value))
            for operator, key, value in (
                ("StringEquals", "aws:RequestedRegion", "eu-central1"),
                ("StringNotEquals", "aws:RequestedRegion", "eu-west-1a"),
                ("StringEquals", "ec2:Region", "Frankfurt"),
                ("StringLike", "aws:RequestedRegion", "EU-WEST-1"),
                ("StringEquals", "aws:SourceVpc", "vpce-0a1b2c3d"),
                ("StringEquals", "aws:SourceVpce", "vpc-0a1b2c3d"),
                ("StringEquals", "ec2:Vpc", "vpc-0a1b2c3d"),
                ("StringEquals", "aws:PrincipalOrgPaths", "ou-ab12-11111111"),
                ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-controll"),
                ("StringNotEquals", "s3:x-amz-server-side-encryption", "AES-256"),
                ("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:KMS"),
                ("StringEquals", "aws:PrincipalType", "Role"),
                ("StringEquals", "elasticloadbalancing:Scheme", "internet_facing"),
            )
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
                *("AmazonS3ReadAccess", "AmazonS3ReadOnly", "AWSLambdaBasicExecution", "CloudWatchLogFullAccess"),
                *("AmazonLambdaFullAccess", "AmazonEKSClusterRolePolicy", "PowerUser"),
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
    *(
        limited("StringEquals", "aws:RequestedRegion", region)
        for region in ("eu-central-1", "eu-central-3", "nz-north-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1")
    ),
    limited("StringLike", "aws:RequestedRegion", "eu-*"),
    limited("StringEqualsIgnoreCase", "aws:RequestedRegion", "EU-WEST-1"),
    limited("StringEquals", "aws:RequestedRegion", "${aws:PrincipalTag/region}"),
    limited("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d"),
    limited("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"),
    limited("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
    limited("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
    limited("StringEqualsIgnoreCase", "s3:x-amz-acl", "Private"),
    limited("StringLike", "s3:x-amz-server-side-encryption", "aws:kms*"),
    limited("Null", "s3:x-amz-server-side-encryption", "true"),
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
            *("AmazonS3FilesReadOnlyAccess", "AmazonNovaReadOnlyAccess", "AmazonSNSPublishAccess", "AmazonS3Access"),
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


SCHEDULE, WINDOW = "aws:scheduler/schedule:Schedule", "aws:ssm/maintenanceWindow:MaintenanceWindow"
GROUP, VERSIONING = "aws:cloudwatch/logGroup:LogGroup", "aws:s3/bucketVersioning:BucketVersioning"
FEDERATION = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


def machine(**fields: Any) -> Resource:
    state = {"Type": "Task", "Resource": FUNCTION, "End": True, **fields}
    return of("aws:sfn/stateMachine:StateMachine", definition=json.dumps({"StartAt": "A", "States": {"A": state}}))


def task(**fields: Any) -> Resource:
    definitions = json.dumps([{"name": "web", **fields}])
    return of("aws:ecs/taskDefinition:TaskDefinition", family="web", containerDefinitions=definitions)


def assumed(action: str, **principal: str) -> Resource:
    return role({"Effect": "Allow", "Principal": principal, "Action": action})


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("name", of(GROUP, name="arn:aws:logs:eu-west-1:111122223333:log-group:/app")),
        ("name", of(GROUP, name="aws/app")),
        ("name", of(GROUP, name="app logs")),
        ("name", of("aws:kms/alias:Alias", name="data")),
        ("name", of("aws:kms/alias:Alias", name="alias/aws/data")),
        ("name", of("aws:iam/role:Role", name="deploy role")),
        ("name", of("aws:iam/role:Role", name="r" * 65)),
        ("name", of("aws:ecr/repository:Repository", name="Acme/Web")),
        ("name", of("aws:sqs/queue:Queue", name="jobs.fifo.old")),
        ("name", of("aws:sns/topic:Topic", name="ops/alarms")),
        ("name", of("aws:dynamodb/table:Table", name="my orders")),
        ("name", of("aws:lambda/function:Function", name="read.orders")),
        ("name", of("aws:lb/loadBalancer:LoadBalancer", name="acme_web")),
        ("name", of("aws:codebuild/project:Project", name="-build")),
        ("name", of("aws:eks/cluster:Cluster", name="_prod")),
        ("bucket", of(VERSIONING, bucket="Acme_Reports", region="eu-central-1")),
        ("scheduleExpressionTimezone", of(SCHEDULE, scheduleExpressionTimezone="Europe/Berln")),
        ("timeZone", of("aws:autoscaling/schedule:Schedule", timeZone="GMT Standard Time")),
        ("schedule", of(WINDOW, schedule="0 2 * * 0")),
        ("schedule", of(WINDOW, schedule="cron(0 2 * * 0)")),
        ("containerDefinitions", task(image="{repo.repository_url}:latest")),
        ("containerDefinitions", task(image="<account>.dkr.ecr.eu-west-1.amazonaws.com/web:1")),
        ("containerDefinitions", task(image="${REGISTRY}/web:1")),
        ("definition", machine(Resource="${FunctionArn}")),
        ("definition", machine(Resource="{fn.arn}")),
        ("definition", machine(Resource="arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "%s"})),
        (
            "definition",
            machine(
                QueryLanguage="JSONata",
                Resource="arn:aws:states:::sqs:sendMessage",
                Arguments={"QueueUrl": "<queue-url>"},
            ),
        ),
        *(
            ("policy.Statement[0].Resource", reading(resource))
            for resource in (
                f"{QUEUE} ",
                f"{QUEUE}\n",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/or\tders",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/my orders",
                "arn:aws:iam:::role/deploy",
                "arn:aws:iam::111122223333:role/deploy role",
                "arn:aws:sts:::assumed-role/deploy/x",
                "arn:aws:cloudfront:::distribution/E1",
                "arn:aws:codebuild:::project/web",
                "arn:aws:ssm:eu-west-1:111122223333:parameter//app/db",
                "arn:aws:sns:eu-west-1:111122223333:topic/ops",
                "arn:aws:sqs:eu-west-1:111122223333:queue/*",
                "arn:aws:kms:eu-west-1:111122223333:key/alias/data",
                "arn:aws:ecr:eu-west-1:111122223333:repository/Acme",
                "arn:aws:s3:::inbox/a\nb",
            )
        ),
        (PRINCIPAL, assumed("sts:AssumeRole", Federated=FEDERATION)),
        (PRINCIPAL, assumed("sts:AssumeRoleWithSAML", Federated=FEDERATION)),
        (PRINCIPAL, assumed("sts:AssumeRole", Federated="cognito-identity.amazonaws.com")),
        (PRINCIPAL, assumed("sts:AssumeRole", Federated="arn:aws:iam::111122223333:saml-provider/okta")),
        (PRINCIPAL, assumed("sts:AssumeRoleWithWebIdentity", Federated="arn:aws:iam::111122223333:saml-provider/okta")),
        (PRINCIPAL, assumed("sts:AssumeRoleWithWebIdentity", Service="lambda.amazonaws.com")),
    ],
)
def test_names_arns_and_nested_placeholders_are_reported(path: str, resource: Resource) -> None:
    assert path in violations(POLICY, resource)


test_names_arns_and_nested_placeholders_are_silent = silent(
    POLICY,
    [
        of(GROUP, name="/aws/lambda/read"),
        of(GROUP, name="aws-app"),
        of("aws:kms/alias:Alias", name="alias/acme/data"),
        of("aws:kms/alias:Alias", name="alias/awsome"),
        of("aws:iam/role:Role", name="deploy@acme+1,eu"),
        of("aws:iam/role:Role", name="r" * 64),
        of("aws:ecr/repository:Repository", name="acme/web-api_v2"),
        of("aws:sqs/queue:Queue", name="jobs.fifo", fifoQueue=True),
        of("aws:sns/topic:Topic", name="ops-alarms.fifo", fifoTopic=True),
        of("aws:dynamodb/table:Table", name="acme.orders_v2", billingMode="PAY_PER_REQUEST"),
        of("aws:lb/loadBalancer:LoadBalancer", name="acme-web"),
        of("aws:secretsmanager/secret:Secret", name="prod/db+main@eu"),
        of("aws:ssm/association:Association", name="arn:aws:ssm:eu-west-1:111122223333:document/patch"),
        of("aws:cloudwatch/metricAlarm:MetricAlarm", name="Orders: too slow (p99)"),
        of("aws:ec2/securityGroup:SecurityGroup", name="web (prod)"),
        of(VERSIONING, bucket="Acme_Reports", region="us-east-1"),
        of(VERSIONING, bucket="Acme_Reports"),
        of(VERSIONING, bucket="acme--euw1-az1--x-s3", region="eu-west-1"),
        of(SCHEDULE, scheduleExpressionTimezone="America/Coyhaique"),
        of(SCHEDULE, scheduleExpressionTimezone="UTC"),
        of("aws:rds/instance:Instance", timezone="GMT Standard Time"),
        of(WINDOW, schedule="cron(0 16 ? * TUE *)"),
        of(WINDOW, schedule="cron(0 0 2 ? * SUN#3 *)"),
        of(WINDOW, schedule="rate(7 days)"),
        task(image="nginx:1.27", command=["sh", "-c", "echo ${HOME} $PATH %s {x}"]),
        task(image="nginx@sha256:abc", environment=[{"name": "GREETING", "value": "hello {name}"}]),
        task(image="public.ecr.aws/acme/web:1", entryPoint=["${CMD}"]),
        machine(Resource="arn:aws:states:::lambda:invoke", Parameters={"FunctionName.$": "$.function"}),
        machine(
            QueryLanguage="JSONata",
            Resource="arn:aws:states:::lambda:invoke",
            Arguments={"FunctionName": "{% $states.input.fn %}"},
        ),
        machine(Resource=FUNCTION, Parameters={"text.$": "States.Format('{} of {}', $.a, $$.Execution.Id)"}),
        machine(Resource=FUNCTION, ResultPath="$.out", Parameters={"template": "<b>${name}</b> {name}"}),
        *map(
            reading,
            (
                "arn:aws:s3:::inbox/my folder/a b.txt",
                "arn:aws:iam::111122223333:role/app/*",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "arn:aws:kms:*:*:key/*",
                "arn:aws:kms:eu-west-1:111122223333:key/mrk-*",
                "arn:aws:sns:eu-west-1:111122223333:app/APNS/acme",
                "arn:aws:sns:eu-west-1:111122223333:ops-*",
                "arn:aws:sqs:*:*:*",
                "arn:aws:ssm:eu-west-1::parameter/aws/service/ami-amazon-linux-latest/*",
                "arn:aws:ssm:eu-west-1:111122223333:parameter/app/*",
                "arn:aws:lambda:eu-west-1:111122223333:function:read:$LATEST",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000",
                "arn:aws:rds::111122223333:global-cluster:main",
                "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:Orders too slow",
                "arn:aws:ec2:eu-west-1::image/*",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/${aws:PrincipalTag/team}-orders",
            ),
        ),
        assumed("sts:AssumeRoleWithWebIdentity", Federated=FEDERATION),
        assumed("sts:AssumeRole*", Federated=FEDERATION),
        assumed("sts:TagSession", Federated=FEDERATION),
        assumed("sts:AssumeRoleWithSAML", Federated="arn:aws:iam::111122223333:saml-provider/okta"),
        assumed("sts:AssumeRoleWithWebIdentity", Federated="cognito-identity.amazonaws.com"),
        assumed("sts:AssumeRole", Service="lambda.amazonaws.com"),
    ],
)


def of_user(account: str, user: str) -> Resource:
    return trusting({"AWS": f"arn:aws:iam::{account}:user/{user}"})


def test_an_origin_access_identity() -> None:
    assert violations(POLICY, of_user("cloudfront", "CloudFront Origin Access Identity E3ABCDEFGH1234")) == []
    assert violations(POLICY, of_user("cloudfront", "CloudFront Origin Access E3ABCDEFGH1234")) == [PRINCIPAL]
    assert violations(POLICY, of_user("111122223333", "CloudFront Origin Access Identity E3ABC")) == [PRINCIPAL]
