"""What a template cannot express is a problem with resource, path and reason; names and cycles, in hand-written stacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Asset, Options, PartialDocument, Resource
from policypack.core.wire import UNKNOWN_STRING
from stackguard.template.parse import read
from stackguard.template.translation import Template, translate

BUCKET, VERSIONING = "aws:s3/bucket:Bucket", "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
QUEUE, FUNCTION = "aws:sqs/queue:Queue", "aws:lambda/function:Function"


def bucket(name: str = "logs", **inputs: Any) -> Resource:
    inputs = {"bucket": f"acme-{name}", **inputs}
    outputs = {**inputs, "id": inputs["bucket"], "arn": f"arn:aws:s3:::{inputs['bucket']}"}
    return Resource(BUCKET, name, inputs, outputs=outputs, id=inputs["bucket"])


def problems(*resources: Resource, region: str | None = None) -> list[tuple[str, str, str]]:
    template = translate(resources, region)
    return [(problem.urn.rpartition("::")[2], problem.path, problem.why) for problem in template.problems]


def properties(template: Template, logical_id: str) -> Mapping[str, Any]:
    resource_properties: Mapping[str, Any] = template.document["Resources"][logical_id]["Properties"]
    return resource_properties


@pytest.mark.parametrize(
    ("resource", "path", "why"),
    [
        (bucket(bucketPrefix="a"), "bucketPrefix", "CloudFormation chooses whole names; give `bucket`, or leave both out"),
        (bucket(requestPayer="Requester"), "requestPayer", "CloudFormation has no setting for who pays"),
        (bucket(colour="red"), "colour", "is no input that `AWS::S3::Bucket` is known to have a place for"),
        (bucket(tags={"a": UNKNOWN}), "tags.a", "is known only after the update"),
        (bucket(acl=UNKNOWN), "acl", "is known only after the update"),
        (bucket(versioning={"enabled": True, "mfaDelete": True}), "versioning.mfaDelete", "only the root user with a device can set it"),
        (bucket(website={"routingRules": "[{"}), "website.routingRules", "is not JSON, so CloudFormation has no structure to take it as"),
        (bucket(website={"indexDocument": Asset(text="x")}), "website.indexDocument", "is a file, for which CloudFormation has no place"),
        (Resource("random:index/randomId:RandomId", "logs"), "", "is a `random:index/randomId:RandomId`, a type that is not translated yet"),
        (Resource(BUCKET, "logs", options=Options(import_id="x")), "", "is imported: it exists already, and a template would create another"),
        (Resource(BUCKET, "logs", options=Options(hooks={"beforeCreate": ("f",)})), "", "has hooks, which are functions of the program; CloudFormation runs none"),
        (Resource(VERSIONING, "logs", {"bucket": "elsewhere"}), "bucket", "names none of this stack's; in CloudFormation it is part of the `AWS::S3::Bucket` itself"),
        (Resource("acme:index:Remote", "logs", custom=False, remote=True), "", "is a `acme:index:Remote`, a type that is not translated yet"),
    ],
)  # fmt: skip
def test_an_input_without_a_place_is_a_problem_with_its_reason(resource: Resource, path: str, why: str) -> None:
    assert problems(resource) == [("logs", path, why)]


def test_a_property_is_read_back_as_one_input() -> None:
    """CloudFormation has one place for a rule's `prefix`, for its filter's and for that of the filter's `and`."""
    logs = bucket()
    tags = {"team": "a", "class": "b"}
    rule = {"id": "old", "status": "Enabled", "filter": {"and": {"prefix": "tmp/", "tags": tags}}}
    lifecycle = Resource(LIFECYCLE, "old", {"bucket": logs.id, "rules": [rule]}, dependencies=(logs.urn,))

    _, back = read(translate((logs, lifecycle)))

    expected = {"id": "old", "status": "Enabled", "prefix": "tmp/", "filter": {"and": {"tags": tags}}}
    assert back.inputs["rules"] == [expected]


def test_every_place_is_listed() -> None:
    assert [path for _, path, _ in problems(bucket(colour="red", shape="round", grants=[{"type": "Group"}]))] == [
        "colour",
        "shape",
        "grants",
    ]


def test_a_document_that_is_partly_unknown_is_a_problem() -> None:
    document = PartialDocument(json.dumps({"Version": "2012-10-17", "Statement": [{"Resource": UNKNOWN_STRING}]}))
    document.unknown = UNKNOWN
    policy = Resource("aws:s3/bucketPolicy:BucketPolicy", "logs", {"bucket": "acme-logs", "policy": document})
    assert problems(policy) == [("logs", "policy", "contains a value that is known only after the update")]


def test_a_secret_document_cannot_be_a_parameter() -> None:
    policy = Resource("aws:iam/policy:Policy", "logs", {"policy": '{"Statement": []}'}, secrets=frozenset({"policy"}))
    assert problems(policy) == [("logs", "policy", "is secret, and CloudFormation takes no structure from a parameter")]


def test_one_template_is_for_one_region() -> None:
    home, abroad = bucket("home", region="eu-west-1"), bucket("abroad", region="us-east-1")
    assert problems(home, abroad, region="eu-west-1") == [
        ("abroad", "region", "is `us-east-1`, and this template is for `eu-west-1`: one template creates in one region")
    ]


def sidecar(name: str, host: Resource, status: str, **more: Any) -> Resource:
    inputs = {"bucket": host.id, "versioningConfiguration": {"status": status}}
    return Resource(
        VERSIONING, name, inputs, dependencies=(host.urn,), property_dependencies={"bucket": (host.urn,)}, **more
    )


def test_two_resources_that_set_the_same_property_of_one_bucket() -> None:
    host = bucket()
    assert problems(host, sidecar("on", host, "Enabled"), sidecar("off", host, "Suspended")) == [
        ("off", "", "is a second one for `logs`, beside `on`; the last would win, so keep one")
    ]
    twice = bucket(versioning={"enabled": True})
    ((name, path, why),) = problems(twice, sidecar("on", twice, "Enabled"))
    assert (name, path) == ("on", "versioningConfiguration")
    assert why == "is set by `logs` too; CloudFormation has one place for both, so keep one"


def test_providers_components_and_resources_that_are_read_are_not_in_the_template() -> None:
    read = Resource(BUCKET, "read", {"bucket": "x"}, external=True)
    provider = Resource("pulumi:providers:aws", "aws", {"region": "eu-west-1"})
    component = Resource("acme:index:Vault", "vault", custom=False)
    template = translate([read, provider, component, bucket()])
    assert template.document["Resources"].keys() == {"Logs"}
    assert template.problems == ()


def test_names_with_the_same_logical_id_are_distinguished() -> None:
    same = [bucket("my-logs", bucket="a"), Resource(QUEUE, "my_logs"), Resource(QUEUE, "myLogs")]
    template = translate(same)
    first, second, third = template.document["Resources"]
    assert first == "MyLogsBucket"
    assert second.startswith("MyLogsQueue")
    assert third.startswith("MyLogsQueue")
    assert len(second) == len(third) == len("MyLogsQueue") + 8
    again = translate(same[::-1]).document["Resources"]
    assert set(again) == {first, second, third}


def test_a_name_of_signs_alone_becomes_its_type() -> None:
    assert translate([Resource(QUEUE, "__")]).document["Resources"].keys() == {"Queue"}


def test_a_resource_that_refers_to_itself_contains_its_name() -> None:
    host = bucket()
    logging = Resource(
        "aws:s3/bucketLogging:BucketLogging",
        "own",
        {"bucket": host.id, "targetBucket": host.id, "targetPrefix": "x/"},
        dependencies=(host.urn,),
        property_dependencies={"bucket": (host.urn,), "targetBucket": (host.urn,)},
    )
    template = translate([host, logging])
    assert properties(template, "Logs")["LoggingConfiguration"]["DestinationBucketName"] == "acme-logs"
    assert template.problems == ()


def notified(host: Resource, *before: Resource) -> list[Resource]:
    """The bucket notifies a queue of its objects, after the resources in `before` exist."""
    queue = Resource(
        QUEUE,
        "jobs",
        {"name": "jobs"},
        outputs={"arn": "arn:aws:sqs:eu-west-1:111122223333:jobs", "url": "https://q/jobs"},
    )
    notification = Resource(
        "aws:s3/bucketNotification:BucketNotification",
        "notify",
        {"bucket": host.id, "queues": [{"queueArn": queue.outputs["arn"], "events": ["s3:ObjectCreated:*"]}]},
        dependencies=(host.urn, queue.urn, *(resource.urn for resource in before)),
        property_dependencies={"bucket": (host.urn,), "queues": (queue.urn,)},
    )
    return [host, queue, *before, notification]


def test_a_policy_for_a_bucket_does_not_come_before_it() -> None:
    host = bucket()
    policy = Resource(
        "aws:s3/bucketPolicy:BucketPolicy",
        "rules",
        {"bucket": host.id, "policy": '{"Version": "2012-10-17", "Statement": []}'},
        dependencies=(host.urn,),
        property_dependencies={"bucket": (host.urn,)},
    )
    template = translate(notified(host, policy))
    assert template.problems == ()
    assert "DependsOn" not in template.document["Resources"]["Logs"]
    assert properties(template, "Rules")["Bucket"] == {"Ref": "Logs"}


def test_a_list_of_one_in_the_older_bucket_is_the_element_of_the_newer() -> None:
    older = Resource(
        "aws:s3/bucketV2:BucketV2",
        "logs",
        {
            "versionings": [{"enabled": True}],
            "lifecycleRules": [{"enabled": True, "expirations": [{"days": 3}]}],
            "loggings": [],
            "websites": [{"indexDocument": "a"}, {"indexDocument": "b"}],
        },
    )
    template = translate([older])
    assert properties(template, "Logs") == {
        "VersioningConfiguration": {"Status": "Enabled"},
        "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 3}]},
    }
    ((_, path, why),) = problems(older)
    assert (path, why) == ("websites", "has several elements, and CloudFormation has a place for one")


def test_a_secret_output_of_another_resource_is_a_reference_and_no_parameter() -> None:
    key = Resource(
        "aws:iam/accessKey:AccessKey",
        "robot",
        {"user": "robot"},
        outputs={"id": "AKIA", "secret": "s3cr3t-value"},
        id="AKIA",
    )
    function = Resource(
        FUNCTION,
        "job",
        {"environment": {"variables": {"SECRET": "s3cr3t-value", "OTHER": "hunter2"}}},
        dependencies=(key.urn,),
        property_dependencies={"environment": (key.urn,)},
        secrets=frozenset({"environment"}),
    )
    template = translate([key, function])
    assert properties(template, "Job")["Environment"]["Variables"] == {
        "SECRET": {"Fn::GetAtt": ["Robot", "SecretAccessKey"]},
        "OTHER": {"Ref": "JobEnvironmentVariablesOTHER"},
    }
    assert "hunter2" not in json.dumps(template.document)


def test_an_export_that_is_secret_or_unknown_cannot_be_an_output() -> None:
    root = Resource(
        "pulumi:pulumi:Stack",
        "shop-dev",
        custom=False,
        outputs={"token": "t", "later": UNKNOWN, "name": "acme-logs"},
        secrets=frozenset({"token"}),
    )
    template = translate([root, bucket()])
    assert template.document["Outputs"]["Name"]["Value"] == {"Ref": "Logs"}
    assert [(problem.path, problem.why, problem.blocks) for problem in template.problems] == [
        ("token", "is secret, and everyone who can read the stack can see its CloudFormation outputs", False),
        ("later", "is an export that is known only after the update", True),
    ]


def test_an_account_that_a_provider_fixes_stays() -> None:
    topic = Resource("aws:sns/topic:Topic", "t", {"name": "t", "displayName": "of 111122223333"})
    provider = Resource("pulumi:providers:aws", "aws", {"allowedAccountIds": '["111122223333"]'})
    assert properties(translate([topic]), "T")["DisplayName"] == {"Fn::Sub": "of ${AWS::AccountId}"}
    assert properties(translate([provider, topic]), "T")["DisplayName"] == "of 111122223333"


def test_a_generated_value_that_cloudformation_does_not_return_is_a_problem() -> None:
    url = Resource(
        "aws:lambda/functionUrl:FunctionUrl",
        "open",
        {"functionName": "f", "authorizationType": "AWS_IAM"},
        outputs={"urlId": "abcdefghijklmnop", "functionUrl": "https://abcdefghijklmnop.lambda-url.eu-west-1.on.aws/"},
    )
    topic = Resource(
        "aws:sns/topic:Topic",
        "topic",
        {"displayName": "of abcdefghijklmnop"},
        dependencies=(url.urn,),
        property_dependencies={"displayName": (url.urn,)},
    )
    exported = {"id": "abcdefghijklmnop", "url": url.outputs["functionUrl"]}
    root = Resource("pulumi:pulumi:Stack", "shop-dev", custom=False, outputs=exported)
    assert problems(root, url, topic) == [
        ("topic", "displayName", "contains a value of aws:lambda:FunctionUrl open that CloudFormation does not return"),
        (
            "shop-dev",
            "id",
            "is an export of a value of aws:lambda:FunctionUrl open that CloudFormation does not return",
        ),
    ]


def test_a_resource_without_an_unknown_part_never_allows_more() -> None:
    """A permission without its source, or a document without a condition, allows principals that the program does not."""
    permission = Resource(
        "aws:lambda/permission:Permission",
        "invoke",
        {"action": "lambda:InvokeFunction", "function": "f", "principal": "s3.amazonaws.com", "sourceArn": UNKNOWN},
    )
    statement = {"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpc": UNKNOWN_STRING}}}
    queue = Resource(QUEUE, "jobs", {"policy": json.dumps({"Statement": statement})}, outputs={"url": "https://q/jobs"})
    role = Resource(
        "aws:iam/role:Role", "job", {"inlinePolicies": [{"name": "a", "policy": json.dumps({"Statement": statement})}]}
    )
    template = translate([permission, queue, role])
    assert template.document["Resources"].keys() == {"Jobs", "Job"}
    assert properties(template, "Job") == {"Policies": [{"PolicyName": "a"}]}
    assert [problem.path for problem in template.problems] == [
        "sourceArn",
        "policy",
        "inlinePolicies[0].policy",
    ]


def test_a_resource_that_is_refused_is_left_out_with_its_parts() -> None:
    """A resource of another region would be created in the wrong one."""
    home, abroad = bucket("home", region="eu-west-1"), bucket("abroad", region="us-east-1")
    versioning = replace(sidecar("on", abroad, "Enabled"), inputs={"bucket": abroad.id, "region": "us-east-1"})
    template = translate([home, abroad, versioning], "eu-west-1")
    assert template.document["Resources"].keys() == {"Home"}
    assert [problem.urn.rpartition("::")[2] for problem in template.problems] == ["abroad", "on"]


def test_a_part_of_a_resource_is_not_confused_with_another_of_that_name() -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    template = translate([bucket("logs", policy=document), bucket("logs-policy", policy="{")])
    assert sorted(template.document["Resources"]) == ["Logs", "LogsPolicyBucket", "LogsPolicyBucketPolicy"]
    ((name, path, why),) = [
        (problem.urn.rpartition("::")[2], problem.path, problem.why) for problem in template.problems
    ]
    assert (name, path) == ("logs-policy", "policy")
    assert why == "is not JSON, so CloudFormation has no structure to take it as"
