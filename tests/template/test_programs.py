"""Programs in different styles: what their templates contain, that cfn-lint accepts them, and that the verdicts agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.gate.judging import with_region
from stackguard.sources import LoadedStack, RunOptions, load
from stackguard.template.parse import read
from stackguard.template.table import table_of
from stackguard.template.translation import Template, translate
from stackguard.template.validation import Level, lint
from stackguard.template.verdict import judge
from tests.template.running import NAMES, PASSWORD, project

pytestmark = pytest.mark.outside

STACK = Path(__file__).parents[2] / "stack"
ACCEPTED = {
    "W1011": "a password is a parameter without echo",
    "W3010": "the program names its zones",
    "W3045": "an ACL is legacy",
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedStack]:
    return {name: load(str(project(tmp_path_factory.mktemp(name), name)), RunOptions()) for name in NAMES}


def translated(loaded: LoadedStack) -> Template:
    return translate(loaded.resources, loaded.region, loaded.folder)


def resources_of(template: Template) -> Any:
    return template.document["Resources"]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "circle"])
def test_the_template_is_valid_and_judged_as_the_program_is(name: str, loaded: dict[str, LoadedStack]) -> None:
    template = translated(loaded[name])
    assert [problem for problem in template.problems if problem.blocks] == []
    linted = lint(template.document, template.region)
    assert [
        result for result in linted.results if result.level is not Level.INFORMATIONAL and result.rule not in ACCEPTED
    ] == []
    settings = with_region(Settings(), loaded[name].region)
    verdict = judge(template, loaded[name].resources, settings, POLICIES)
    assert verdict.differences == ()


def test_the_reference_stack(snapshot: SnapshotAssertion) -> None:
    reference = load(str(STACK), RunOptions())
    template = translated(reference)
    assert template.problems == ()
    assert lint(template.document, template.region).results == ()
    verdict = judge(template, reference.resources, with_region(Settings(), reference.region), POLICIES)
    assert verdict.outcomes == ()
    assert verdict.differences == ()
    text = json.dumps(template.document, indent=1)
    assert _without_code(text) == snapshot


def _without_code(text: str) -> str:
    """The template without values that change with every line of the function."""
    document = json.loads(text)
    del document["Resources"]["Function"]["Metadata"]
    document["Parameters"]["FunctionCodeKey"]["Default"] = "<key>"
    return json.dumps(document, indent=1)


def test_a_function_refers_to_its_bucket_and_the_cycle_is_broken(loaded: dict[str, LoadedStack]) -> None:
    resources = resources_of(translated(loaded["thumbnails"]))
    assert resources["Invoke"]["Properties"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Fn::GetAtt": ["Thumbnailer", "Arn"]},
        "Principal": "s3.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"},
        "SourceArn": "arn:aws:s3:::acme-uploads-4711",
    }
    assert resources["Uploads"]["DependsOn"] == ["Invoke"]
    rules = resources["Uploads"]["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]
    assert [rule["Event"] for rule in rules] == ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]
    function = resources["Thumbnailer"]
    assert function["DependsOn"] == ["Objects"]
    assert function["Properties"]["Code"] == {"ZipFile": "def handler(event, context):\n    print('${x}')\n"}
    assert function["Properties"]["Environment"]["Variables"] == {
        "BUCKET": "acme-uploads-4711",
        "LITERAL": "${not} a hole",
    }
    assert "FunctionName" not in function["Properties"]
    assert resources["ThumbnailerRole"]["Properties"]["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]
    assert resources["Objects"]["Properties"]["PolicyName"] == "objects"


def test_exports_become_outputs(loaded: dict[str, LoadedStack]) -> None:
    outputs = translated(loaded["thumbnails"]).document["Outputs"]
    assert outputs["BucketName"] == {"Description": "The program's export `bucket name`", "Value": {"Ref": "Uploads"}}
    assert outputs["Sizes"]["Value"] == "[64, 128]"
    assert outputs["Invoke"]["Value"] == {
        "Fn::Sub": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Thumbnailer.Arn}/invocations"
    }


def test_pieces_of_documents_become_references(loaded: dict[str, LoadedStack]) -> None:
    resources = resources_of(translated(loaded["fan_out"]))
    deny, allow = resources["BillingQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert deny["Resource"] == {"Fn::GetAtt": ["BillingQueue", "Arn"]}
    assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "Orders"}}}
    assert resources["BillingQueuePolicy"]["Properties"]["Queues"] == [{"Ref": "BillingQueue"}]
    assert resources["BillingQueue"]["Properties"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
        "maxReceiveCount": 5,
    }
    outputs = translated(loaded["fan_out"]).document["Outputs"]
    assert outputs["Fifo"]["Value"] == {"Fn::GetAtt": ["Ledger", "QueueName"]}
    assert outputs["Message"]["Value"] == {"Fn::Sub": "send to ${Dead}"}


def test_what_is_protected_is_kept_and_the_rest_is_deleted_as_pulumi_does(loaded: dict[str, LoadedStack]) -> None:
    resources = resources_of(translated(loaded["fan_out"]))
    assert (resources["BillingQueue"]["DeletionPolicy"], resources["BillingQueue"]["UpdateReplacePolicy"]) == (
        "Retain",
        "Retain",
    )
    assert (resources["ShippingQueue"]["DeletionPolicy"], resources["ShippingQueue"]["UpdateReplacePolicy"]) == (
        "Delete",
        "Delete",
    )
    assert resources_of(translated(loaded["component"]))["KeyKey"]["DeletionPolicy"] == "Retain"


def test_components_order_and_provider_tags_are_kept(loaded: dict[str, LoadedStack]) -> None:
    resources = resources_of(translated(loaded["component"]))
    assert resources["FirstBucket"]["DependsOn"] == ["KeyAlias"]
    assert resources["SecondBucket"]["DependsOn"] == ["FirstBucket"]
    assert resources["FirstBucket"]["Properties"]["Tags"] == [
        {"Key": "name", "Value": "first"},
        {"Key": "owner", "Value": "acme"},
    ]
    assert resources["FirstBucket"]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert resources["KeyAlias"]["Properties"] == {"AliasName": "alias/key", "TargetKeyId": {"Ref": "KeyKey"}}


def test_keys_of_tables_and_their_indexes(loaded: dict[str, LoadedStack]) -> None:
    resources = resources_of(translated(loaded["stream"]))
    table = resources["Events"]["Properties"]
    assert table["KeySchema"] == [
        {"KeyType": "HASH", "AttributeName": "pk"},
        {"KeyType": "RANGE", "AttributeName": "sk"},
    ]
    assert table["LocalSecondaryIndexes"][0]["KeySchema"] == [
        {"KeyType": "HASH", "AttributeName": "pk"},
        {"KeyType": "RANGE", "AttributeName": "owner"},
    ]
    assert resources["ReaderEventSourceMapping"]["Properties"]["EventSourceArn"] == {
        "Fn::GetAtt": ["Events", "StreamArn"]
    }
    assert resources["ReaderRole"]["Properties"]["ManagedPolicyArns"] == [{"Ref": "ReadStream"}]


def test_uploaded_code_is_a_parameter_with_its_source_in_the_metadata(loaded: dict[str, LoadedStack]) -> None:
    template = translated(loaded["stream"])
    function = resources_of(template)["ReaderFunction"]
    assert function["Properties"]["Code"] == {
        "S3Bucket": {"Ref": "ArtifactBucket"},
        "S3Key": {"Ref": "ReaderFunctionCodeKey"},
    }
    code = function["Metadata"]["Stackguard"]["Code"]
    assert template.document["Parameters"]["ReaderFunctionCodeKey"]["Default"] == f"{code['Sha256']}.zip"
    assert code["Members"].keys() == {"app.py", "x.txt"}
    assert resources_of(template)["Shared"]["Properties"]["Content"]["S3Key"] == {"Ref": "SharedCodeKey"}


def test_a_value_that_the_program_leaves_open_is_a_pseudo_parameter(loaded: dict[str, LoadedStack]) -> None:
    resources = resources_of(translated(loaded["schedule"]))
    (statement,) = resources["NightlyRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Fn::Sub": "arn:aws:logs:eu-west-1:${AWS::AccountId}:log-group:/acme/nightly:*"}
    assert resources["NightlyEventRule"]["Properties"]["Targets"][0]["Arn"] == {
        "Fn::GetAtt": ["NightlyFunction", "Arn"]
    }
    assert translated(loaded["schedule"]).document["Outputs"]["LogGroup"]["Value"] == {
        "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${NightlyLogGroup}"
    }


def test_a_secret_is_a_parameter_without_echo_and_is_not_in_the_template(loaded: dict[str, LoadedStack]) -> None:
    document = translated(loaded["secret_values"]).document
    assert PASSWORD not in json.dumps(document)
    variables = document["Resources"]["JobFunction"]["Properties"]["Environment"]["Variables"]
    assert variables == {"PASSWORD": {"Ref": "JobFunctionEnvironmentVariablesPASSWORD"}, "FLAG": {"Ref": "Flag"}}
    assert document["Parameters"]["JobFunctionEnvironmentVariablesPASSWORD"]["NoEcho"] is True
    assert document["Resources"]["Db"]["Properties"]["SecretString"] == {"Ref": "DbSecretString"}
    (statement,) = document["Resources"]["RobotUserPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}


def test_a_document_inside_of_a_resource_is_a_resource_of_its_own(loaded: dict[str, LoadedStack]) -> None:
    resources = resources_of(translated(loaded["inline"]))
    assert resources["DataPolicy"]["Type"] == "AWS::S3::BucketPolicy"
    assert resources["DataPolicy"]["Properties"]["Bucket"] == {"Ref": "Data"}
    assert resources["JobsPolicy"]["Properties"]["Queues"] == [{"Ref": "Jobs"}]
    assert resources["Data"]["Properties"]["LoggingConfiguration"]["DestinationBucketName"] == {"Ref": "Logs"}


def test_a_cycle_that_cannot_be_broken_is_reported(loaded: dict[str, LoadedStack]) -> None:
    (problem,) = translated(loaded["circle"]).problems
    assert problem.why == (
        "is in a circular dependency: Left -> Right -> Left; CloudFormation creates one after another, so remove a reference"
    )


def test_a_name_that_has_to_be_known_before_is_a_parameter(loaded: dict[str, LoadedStack]) -> None:
    template = translated(loaded["unnamed"])
    assert template.document["Parameters"] == {
        "UploadsName": {
            "Type": "String",
            "Description": "The name of `Uploads`, which others need before it exists",
        }
    }
    resources = resources_of(template)
    assert resources["Uploads"]["Properties"]["BucketName"] == {"Ref": "UploadsName"}
    assert resources["Uploads"]["DependsOn"] == ["JobsQueuePolicy"]
    (statement,) = resources["JobsQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::Sub": "arn:aws:s3:::${UploadsName}"}}}
    assert statement["Resource"] == {"Fn::GetAtt": ["JobsQueue", "Arn"]}


def test_the_order_of_registration_changes_no_logical_id(loaded: dict[str, LoadedStack]) -> None:
    forwards = translated(loaded["fan_out"])
    backwards = translate(loaded["fan_out"].resources[::-1], loaded["fan_out"].region)
    assert forwards.document["Resources"].keys() == backwards.document["Resources"].keys()


GENERATED = {"name", "targetId"}
OWN_DOCUMENT = "aws:apigateway/restApiPolicy:RestApiPolicy"
"""Names the API itself, by the short form of its ARN in CloudFormation."""
EQUIVALENT = {
    "rules": "a filter of nothing is none, and CloudFormation has one list of tags",
    "lambdaFunctions": "CloudFormation takes one event each, and no ids",
    "isEnabled": "one word for `isEnabled` and `state`",
    "state": "one word for `isEnabled` and `state`",
    "reservedConcurrentExecutions": "-1 is none",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back(name: str, loaded: dict[str, LoadedStack]) -> None:
    """Each input comes back as in the program, except names that Pulumi generates."""
    template = translated(loaded[name])
    back = {resource.urn: resource for resource in read(template)}
    for resource in loaded[name].resources:
        table = table_of(resource.type)
        for input_name in table.properties if table else ():
            expected, actual = resource.inputs.get(input_name), back[resource.urn].inputs.get(input_name)
            if resource.type == OWN_DOCUMENT:
                continue
            if expected is not None and input_name not in {*GENERATED, *EQUIVALENT}:
                assert plain(actual) == plain(expected), (resource.name, input_name)


def plain(value: Any) -> Any:
    """A value with its JSON texts parsed."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
