"""Networks, APIs, distributions and containers: what their types need beyond names in a table."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import Resource
from stackguard.sources import RunOptions, load
from stackguard.template.parse import read
from stackguard.template.translation import Template, translate
from tests.template.running import project

GROUP, RULE = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/securityGroupRule:SecurityGroupRule"


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Template]:
    names = ("network", "http_api", "rest_api", "distribution", "containers")
    loaded = {name: load(str(project(tmp_path_factory.mktemp(name), name)), RunOptions()) for name in names}
    return {name: translate(stack.resources, stack.region) for name, stack in loaded.items()}


def properties(template: Template, logical_id: str) -> Any:
    return template.document["Resources"][logical_id]["Properties"]


def group(**inputs: Any) -> Resource:
    return Resource(GROUP, "web", inputs, outputs={**inputs, "id": "sg-0123456789abcdef0"}, id="sg-0123456789abcdef0")


def test_what_needs_the_gateway_waits_until_it_is_attached(templates: dict[str, Template]) -> None:
    resources = templates["network"].document["Resources"]
    assert resources["MainVpcId"]["Type"] == "AWS::EC2::VPCGatewayAttachment"
    assert {name for name, body in resources.items() if "MainVpcId" in body.get("DependsOn", ())} == {
        "NatEip",
        "NatNatGateway",
        "Public",
        "PublicRoutes0",
    }


def test_a_route_inside_of_a_table_is_a_resource(templates: dict[str, Template]) -> None:
    assert properties(templates["network"], "PublicRoutes0") == {
        "RouteTableId": {"Ref": "Public"},
        "DestinationCidrBlock": "0.0.0.0/0",
        "GatewayId": {"Ref": "MainInternetGateway"},
    }


def test_a_rule_has_one_source_in_cloudformation_and_all_of_them_in_the_program(templates: dict[str, Template]) -> None:
    template = templates["network"]
    ingress = properties(template, "LoadBalancer")["SecurityGroupIngress"]
    assert [rule.get("CidrIp", rule.get("CidrIpv6")) for rule in ingress] == [
        "192.0.2.0/24",
        "198.51.100.0/24",
        "2001:db8::/32",
    ]
    back = next(resource for resource in read(template) if resource.name == "load-balancer")
    (rule,) = back.inputs["ingress"]
    assert (rule["cidrBlocks"], rule["ipv6CidrBlocks"]) == (["192.0.2.0/24", "198.51.100.0/24"], ["2001:db8::/32"])
    assert properties(template, "Between")["SourceSecurityGroupId"] == {"Fn::GetAtt": ["Service", "GroupId"]}
    assert [properties(template, name)["CidrIp"] for name in ("Offices", "Offices2")] == [
        "192.0.2.0/24",
        "198.51.100.0/24",
    ]


@pytest.mark.parametrize("egress", [{}, {"egress": []}])
def test_a_group_without_a_rule_for_egress_lets_nothing_out(egress: dict[str, Any]) -> None:
    """CloudFormation would let everything out of a group without one; Pulumi removes that rule."""
    template = translate([group(**egress)])
    assert properties(template, "Web")["SecurityGroupEgress"] == [
        {"IpProtocol": "-1", "Description": "Disallow all traffic", "CidrIp": "127.0.0.1/32"}
    ]
    assert "egress" not in read(template)[0].inputs


def test_a_rule_that_has_no_place_is_a_problem() -> None:
    itself = translate([group(ingress=[{"protocol": "tcp", "fromPort": 1, "toPort": 1, "self": True}])])
    assert [(problem.path, problem.why) for problem in itself.problems] == [
        (
            "ingress[0].self",
            "a group cannot refer to itself in CloudFormation; give the rule as a `SecurityGroupIngressRule`",
        )
    ]
    odd = Resource(RULE, "odd", {"type": "ingress", "securityGroupId": "sg-1", "protocol": "tcp", "colour": "red"})
    assert [problem.path for problem in translate([odd]).problems] == ["colour"]


def test_an_id_that_is_shorter_than_a_name_is_a_reference(templates: dict[str, Template]) -> None:
    route = properties(templates["http_api"], "OrdersRoute")
    assert route["Target"] == {"Fn::Sub": "integrations/${OrdersIntegration}"}
    assert route["AuthorizerId"] == {"Ref": "OrdersAuthorizer"}


def test_an_integration_and_its_responses_are_parts_of_their_method(templates: dict[str, Template]) -> None:
    template = templates["rest_api"]
    post = properties(template, "Post")
    assert post["Integration"]["IntegrationResponses"] == [
        {"StatusCode": "202", "ResponseTemplates": {"application/json": "{}"}}
    ]
    assert post["MethodResponses"] == [{"StatusCode": "202", "ResponseModels": {"application/json": "Empty"}}]
    assert properties(template, "GetMethod")["Integration"]["Type"] == "AWS_PROXY"
    assert template.document["Resources"]["OrdersDeployment"]["DependsOn"] == ["GetMethod", "Post"]
    back = [resource for resource in read(template) if resource.type == "aws:apigateway/integration:Integration"]
    assert [(part.name, part.inputs["httpMethod"]) for part in back] == [("post", "POST"), ("get", "GET")]


def test_an_api_names_itself_in_its_document_as_aws_lets_it(templates: dict[str, Template]) -> None:
    (statement,) = properties(templates["rest_api"], "OrdersRestApi")["Policy"]["Statement"]
    assert statement["Resource"] == "execute-api:/*"


def test_a_state_machine_contains_references(templates: dict[str, Template]) -> None:
    states = properties(templates["rest_api"], "OrderStateMachine")["Definition"]["States"]
    assert states["Price"]["Parameters"]["FunctionName"] == {"Fn::GetAtt": ["PriceFunction", "Arn"]}


def test_an_origin_without_a_server_is_a_bucket(templates: dict[str, Template]) -> None:
    bucket, server = properties(templates["distribution"], "Site")["DistributionConfig"]["Origins"]
    assert bucket["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    assert "S3OriginConfig" not in server
    allowed = properties(templates["distribution"], "ContentBucketPolicy")["PolicyDocument"]["Statement"][0]
    assert allowed["Condition"]["StringEquals"]["aws:SourceArn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Site}"
    }


def test_containers_are_written_in_cloudformations_words(templates: dict[str, Template]) -> None:
    (container,) = properties(templates["containers"], "ServiceTaskDefinition")["ContainerDefinitions"]
    assert container["DockerLabels"] == {"team": "orders"}
    assert container["LogConfiguration"]["Options"]["awslogs-group"] == {"Ref": "ServiceLogGroup"}
    assert container["Environment"] == [
        {"Name": "DATABASE", "Value": {"Fn::Sub": "${OrdersInstance.Endpoint.Address}:5432"}}
    ]
    assert container["Secrets"][1] == {
        "Name": "PASSWORD",
        "ValueFrom": {"Fn::GetAtt": ["OrdersInstance", "MasterUserSecret.SecretArn"]},
    }


def test_a_container_with_an_unknown_setting_or_a_secret_is_a_problem() -> None:
    task = "aws:ecs/taskDefinition:TaskDefinition"
    odd = Resource(task, "odd", {"family": "odd", "containerDefinitions": '[{"name": "a", "colour": "red"}]'})
    assert [problem.path for problem in translate([odd]).problems] == ["containerDefinitions[0].colour"]
    secret = Resource(task, "odd", {"containerDefinitions": "[]"}, secrets=frozenset({"containerDefinitions"}))
    assert [problem.path for problem in translate([secret]).problems] == ["containerDefinitions"]


def test_a_database_is_saved_as_pulumi_would_save_it(templates: dict[str, Template]) -> None:
    resources = templates["containers"].document["Resources"]
    assert resources["OrdersInstance"]["DeletionPolicy"] == "Snapshot"
    assert resources["ReportsCluster"]["DeletionPolicy"] == "Delete"
    assert resources["ReportsCluster"]["Properties"]["MasterUserPassword"] == {"Ref": "ReportsClusterMasterPassword"}
    assert templates["containers"].document["Parameters"]["ReportsClusterMasterPassword"]["NoEcho"] is True
    assert properties(templates["containers"], "OrdersParameterGroup")["Parameters"] == {"rds.force_ssl": "1"}
