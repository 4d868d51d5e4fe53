from __future__ import annotations

import gzip
import importlib.metadata
import importlib.util
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from policypack.core.policy import UNKNOWN
from policypack.iam import tables
from policypack.iam.tables import DocumentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

FOLDER = Path(tables.__file__).parent
TOOLS = Path(__file__).parents[2] / "tools"
FILES = sorted(file.name for file in FOLDER.glob("*.json*"))
ORGANIZATION_POLICY = "aws:organizations/policy:Policy"

WELL_KNOWN = [
    ("aws:apigateway/restApi:RestApi", "policy", "resource"),
    ("aws:apigateway/restApiPolicy:RestApiPolicy", "policy", "resource"),
    ("aws:backup/vaultPolicy:VaultPolicy", "policy", "resource"),
    ("aws:cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy", "accessPolicy", "resource"),
    ("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy", "resource"),
    ("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "policyDocument", "resource"),
    ("aws:codeartifact/domainPermissions:DomainPermissions", "policyDocument", "resource"),
    ("aws:dynamodb/resourcePolicy:ResourcePolicy", "policy", "resource"),
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "policy", "resource"),
    ("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", "policy", "resource"),
    ("aws:ecr/registryPolicy:RegistryPolicy", "policy", "resource"),
    ("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate", "repositoryPolicy", "resource"),
    ("aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", "resource"),
    ("aws:efs/fileSystemPolicy:FileSystemPolicy", "policy", "resource"),
    ("aws:eks/podIdentityAssociation:PodIdentityAssociation", "policy", "boundary"),
    ("aws:fsx/s3AccessPointAttachment:S3AccessPointAttachment", "s3AccessPoint.policy", "resource"),
    ("aws:glacier/vault:Vault", "accessPolicy", "resource"),
    ("aws:glacier/vaultLock:VaultLock", "policy", "resource"),
    ("aws:glue/resourcePolicy:ResourcePolicy", "policy", "resource"),
    ("aws:iam/groupPolicy:GroupPolicy", "policy", "identity"),
    ("aws:iam/policy:Policy", "policy", "identity"),
    ("aws:iam/role:Role", "assumeRolePolicy", "trust"),
    ("aws:iam/role:Role", "inlinePolicies[*].policy", "identity"),
    ("aws:iam/rolePolicy:RolePolicy", "policy", "identity"),
    ("aws:iam/userPolicy:UserPolicy", "policy", "identity"),
    ("aws:iot/policy:Policy", "policy", "identity"),
    ("aws:kms/key:Key", "policy", "resource"),
    ("aws:kms/keyPolicy:KeyPolicy", "policy", "resource"),
    ("aws:kms/replicaKey:ReplicaKey", "policy", "resource"),
    ("aws:lambda/resourcePolicy:ResourcePolicy", "policy", "resource"),
    ("aws:opensearch/domain:Domain", "accessPolicies", "resource"),
    ("aws:organizations/resourcePolicy:ResourcePolicy", "content", "resource"),
    ("aws:rolesanywhere/profile:Profile", "sessionPolicy", "boundary"),
    ("aws:s3/accessPoint:AccessPoint", "policy", "resource"),
    ("aws:s3/bucket:Bucket", "policy", "resource"),
    ("aws:s3/bucketPolicy:BucketPolicy", "policy", "resource"),
    ("aws:s3/bucketV2:BucketV2", "policy", "resource"),
    ("aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy", "details.policy", "resource"),
    ("aws:s3tables/tablePolicy:TablePolicy", "resourcePolicy", "resource"),
    ("aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy", "resourcePolicy", "resource"),
    ("aws:secretsmanager/secret:Secret", "policy", "resource"),
    ("aws:secretsmanager/secretPolicy:SecretPolicy", "policy", "resource"),
    ("aws:sns/topicPolicy:TopicPolicy", "policy", "resource"),
    ("aws:sqs/queue:Queue", "policy", "resource"),
    ("aws:sqs/queuePolicy:QueuePolicy", "policy", "resource"),
    ("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", "inlinePolicy", "identity"),
    ("aws:transfer/user:User", "policy", "boundary"),
]

LOOK_ALIKES = [
    ("aws:cloudformation/stack:Stack", "policyBody"),
    ("aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy", "policyDocument"),
    ("aws:dlm/lifecyclePolicy:LifecyclePolicy", "defaultPolicy"),
    ("aws:ecr/lifecyclePolicy:LifecyclePolicy", "policy"),
    ("aws:emr/instanceGroup:InstanceGroup", "autoscalingPolicy"),
    ("aws:iot/policyAttachment:PolicyAttachment", "policy"),
    ("aws:lb/listener:Listener", "sslPolicy"),
    ("aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy", "policy"),
    ("aws:route53/trafficPolicy:TrafficPolicy", "document"),
    ("aws:ses/receiptFilter:ReceiptFilter", "policy"),
    ("aws:sns/dataProtectionPolicy:DataProtectionPolicy", "policy"),
    ("aws:sns/topicSubscription:TopicSubscription", "filterPolicy"),
    ("aws:sqs/queue:Queue", "redrivePolicy"),
    ("aws:verifiedaccess/group:Group", "policyDocument"),
]


def every_document() -> Iterator[tuple[str, str]]:
    for token, properties in tables.document_properties().items():
        for path in properties:
            yield token, path


def load(name: str) -> Any:
    return msgspec.json.decode(stored(name))


def stored(name: str) -> str:
    content = (FOLDER / name).read_bytes()
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode()


@pytest.mark.parametrize(("token", "path", "kind"), WELL_KNOWN)
def test_a_well_known_document_is_in_the_table(token: str, path: str, kind: str) -> None:
    assert tables.document_properties()[token][path] is DocumentKind(kind)


@pytest.mark.parametrize(("token", "path"), LOOK_ALIKES)
def test_a_property_in_another_language_is_not_in_the_table(token: str, path: str) -> None:
    assert path in (tables.argument_names(token) or ()), "the look-alike itself must exist"
    assert path not in tables.document_properties().get(token, {})


def test_every_document_property_is_an_argument_of_its_type() -> None:
    for token, path in every_document():
        names = tables.argument_names(token) or tables.argument_names(tables.canonical(token))
        assert names is not None, token
        assert path.split(".")[0].removesuffix("[*]") in names, (token, path)


def test_both_tokens_of_a_type_have_the_same_documents() -> None:
    documents = tables.document_properties()
    for token, properties in documents.items():
        assert properties == documents[tables.canonical(token)]


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        ({}, DocumentKind.BOUNDARY),
        ({"type": None}, DocumentKind.BOUNDARY),
        ({"type": UNKNOWN}, DocumentKind.BOUNDARY),
        ({"type": "SERVICE_CONTROL_POLICY"}, DocumentKind.BOUNDARY),
        ({"type": "RESOURCE_CONTROL_POLICY"}, DocumentKind.RESOURCE),
        ({"type": "TAG_POLICY"}, None),
        ({"type": "BACKUP_POLICY"}, None),
    ],
)
def test_the_type_of_an_organization_policy_decides_the_kind_of_its_content(
    inputs: Mapping[str, Any], kind: DocumentKind | None
) -> None:
    assert tables.documents_of(ORGANIZATION_POLICY, inputs).get("content") is kind


def test_documents_of_other_types_do_not_depend_on_the_inputs() -> None:
    assert tables.documents_of("aws:iam/role:Role", {"type": "TAG_POLICY"}) == {
        "assumeRolePolicy": DocumentKind.TRUST,
        "inlinePolicies[*].policy": DocumentKind.IDENTITY,
    }
    assert tables.documents_of("aws:sqs/redrivePolicy:RedrivePolicy", {}) == {}


@pytest.mark.parametrize(
    ("token", "path", "grants"),
    [
        ("aws:s3/bucketPolicy:BucketPolicy", "policy", True),
        ("aws:iam/role:Role", "assumeRolePolicy", True),
        ("aws:iam/policy:Policy", "policy", True),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "policy", False),
        ("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", "policy", False),
        ("aws:odb/network:Network", "kmsPolicyDocument", False),
        ("aws:transfer/user:User", "policy", False),
        (ORGANIZATION_POLICY, "content", False),
    ],
)
def test_a_document_that_only_narrows_grants_nothing(token: str, path: str, *, grants: bool) -> None:
    assert tables.grants(token, path) is grants


def test_limits_name_documents() -> None:
    documents = set(every_document())
    assert {(token, path) for token, paths in load("documents.json")["limits"].items() for path in paths} <= documents


def test_every_type_of_the_sdk_has_its_arguments() -> None:
    arguments = load("arguments.json")["arguments"]
    assert len(arguments) >= 1747
    assert all(names == " ".join(sorted(set(names.split()))) for names in arguments.values())
    bucket = tables.argument_names("aws:s3/bucket:Bucket")
    assert bucket is not None
    assert {"bucketPrefix", "forceDestroy", "region", "tags"} <= bucket
    assert not {"arn", "tagsAll", "bucket_prefix", "resourceName", "opts"} & bucket


def test_a_type_that_is_not_in_the_table_has_no_arguments_to_judge() -> None:
    assert tables.argument_names("aws:s3/teleporter:Teleporter") is None


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket"),
        ("aws:s3/bucketAclV2:BucketAclV2", "aws:s3/bucketAcl:BucketAcl"),
        ("aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:s3/bucketVersioning:BucketVersioning"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"),
        ("aws:alb/listener:Listener", "aws:lb/listener:Listener"),
        ("aws:applicationloadbalancing/listener:Listener", "aws:lb/listener:Listener"),
        ("aws:s3/bucket:Bucket", "aws:s3/bucket:Bucket"),
        ("aws:securityhub/accountV2:AccountV2", "aws:securityhub/accountV2:AccountV2"),
        ("my:component:Site", "my:component:Site"),
    ],
)
def test_a_type_has_one_canonical_token(token: str, expected: str) -> None:
    assert tables.canonical(token) == expected


def test_every_canonical_token_is_final_and_a_type_of_the_sdk() -> None:
    for token in load("same.json")["same"]:
        assert tables.canonical(tables.canonical(token)) == tables.canonical(token) != token
        assert tables.argument_names(tables.canonical(token)) is not None


def test_events_of_a_bucket_notification() -> None:
    names = tables.s3_event_names()
    assert {"s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*", "s3:LifecycleTransition"} <= names
    assert not {"s3:ObjectCreated", "ObjectCreated:*", "s3:ObjectCreate:*"} & names


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("generate_tables", TOOLS / "generate_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(TOOLS))
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(TOOLS))


@pytest.fixture(scope="module")
def generated(generator: ModuleType) -> Mapping[str, str]:
    for package in ("pulumi-aws", "botocore"):
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"the tables derive from {package}, which is not installed")
    written: Mapping[str, str] = generator.tables()
    return written


@pytest.mark.parametrize("name", FILES)
def test_a_table_is_what_the_generator_writes(name: str, generated: Mapping[str, str]) -> None:
    for package, version in load(name)["source"].items():
        if package == "date":
            continue
        installed = importlib.metadata.version(package)
        if installed != version:
            pytest.skip(f"{name} derives from {package} {version}; {installed} is installed")
    assert stored(name) == generated[name]


def test_the_generator_writes_every_table(generated: Mapping[str, str]) -> None:
    assert sorted(generated) == FILES


@pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")
def test_the_arguments_are_those_of_the_imported_sdk(generated: Mapping[str, str]) -> None:
    from pulumi import _types as types

    aws = pytest.importorskip("pulumi_aws")
    arguments = msgspec.json.decode(generated["arguments.json"])["arguments"]
    for token, inputs in {
        "aws:s3/bucket:Bucket": aws.s3.BucketArgs,
        "aws:lambda/function:Function": aws.lambda_.FunctionArgs,
        "aws:iam/role:Role": aws.iam.RoleArgs,
        "aws:s3/bucketNotification:BucketNotification": aws.s3.BucketNotificationArgs,
    }.items():
        assert set(arguments[token].split()) == set(types.input_type_py_to_pulumi_names(inputs).values())


def test_check_names_what_is_stale_in_one_line_and_changes_nothing(
    generator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in FILES:
        shutil.copy(FOLDER / name, tmp_path)
    current = {name: stored(name) for name in FILES}
    monkeypatch.setattr(generator, "TABLES", tmp_path)
    monkeypatch.setattr(generator, "tables", lambda: current)

    assert generator.main(["--check"]) == 0
    (tmp_path / "events.json").write_text("{}")
    assert generator.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == ["stale: events.json; run `python tools/generate_tables.py`"]
    assert (tmp_path / "events.json").read_text() == "{}"

    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_an_exception_that_fits_nothing_is_refused(generator: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"fits nothing in this SDK: .*redrivePolicy"):
        generator.documents_table([], {})
