"""Listing a bucket with and without a prefix."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, construct, deny, document, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.permissions.unscoped_list import POLICY
from policypack.resources.attachments import ROLE_POLICY
from policypack.resources.tokens import ROLE
from tests.policies.helpers import messages, reported, silent, undecided, undecided_at, violations

BUCKET, OBJECTS = "arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"


def listing(operator: str, value: Any, key: str = "s3:prefix") -> dict[str, Any]:
    return allow("s3:ListBucket", BUCKET, Condition={operator: {key: value}})


actions = ["S3:listbucket", "s3:L*Bucket", "s3:*", "*", ["s3:ListBucketVersions"]]
buckets = [BUCKET, "*", "arn:aws:s3:::*", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in"]
test_whole_buckets = reported(
    POLICY,
    "policy.Statement[0].Action",
    *(allow(action, [BUCKET, OBJECTS]) for action in actions),
    *(allow("s3:ListBucket", bucket) for bucket in buckets),
    allow("s3:ListBucket", None, NotResource="arn:aws:s3:::payroll"),
    listing("StringLike", ["in/*", "**"]),
    listing("StringEquals", ["", "in/"]),
    listing("ForAllValues:StringLike", "in/*"),
    listing("StringNotLike", "out/*"),
    listing("Null", "false"),
    listing("StringEquals", "/", "s3:delimiter"),
    listing("IpAddress", "203.0.113.0/24", "aws:SourceIp"),
    of=role_policy,
)
test_silent = silent(
    POLICY,
    listing("stringequals", "in/", "S3:PREFIX"),
    listing("ForAnyValue:StringLike", "home/${aws:username}/*"),
    allow("s3:Get*", [BUCKET, OBJECTS]),
    allow("s3:List*", OBJECTS),
    allow(None, "*", NotAction="s3:*"),
    deny("s3:ListBucket", BUCKET),
    allow("s3:GetObject", UNKNOWN),
    of=role_policy,
)
test_unknown_prefix = undecided_at(
    POLICY, "policy.Statement[0].Condition", listing("StringLike", UNKNOWN), of=role_policy
)


def test_every_action_but_some() -> None:
    assert violations(POLICY, role_policy(allow(None, "*", NotAction="iam:*"))) == ["policy.Statement[0].NotAction"]


def test_denying_every_other_prefix_of_another_bucket() -> None:
    rest = deny("s3:List*", "arn:aws:s3:::b", Condition={"StringNotLike": {"s3:prefix": "in/*"}})
    assert violations(POLICY, role_policy(allow("s3:ListBucket", BUCKET), rest)) == ["policy.Statement[0].Action"]


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow("s3:ListBucket", UNKNOWN))) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, role_policy(allow(UNKNOWN, BUCKET))) == ["policy.Statement[0].Action"]


def test_a_service_that_finds_its_bucket() -> None:
    config, team = {"Service": "config.amazonaws.com"}, {"AWS": "111122223333"}
    assert violations(POLICY, bucket_policy(allow("s3:ListBucket", BUCKET, Principal=config))) == []
    both = bucket_policy(allow("s3:ListBucket", BUCKET, Principal=config | team))
    assert violations(POLICY, both) == ["policy.Statement[0].Action"]


def service_role(*principals: dict[str, Any], name: str = "deliver") -> Resource:
    trust = [allow("sts:AssumeRole", None, Principal=principal) for principal in principals]
    return construct(ROLE, name, name=name, assumeRolePolicy=document(*trust))


def of_role(*roles: str, resource: str = BUCKET, action: str = "s3:ListBucket") -> list[Resource]:
    """A managed policy that these roles have."""
    arn = "arn:aws:iam::111122223333:policy/list"
    listing = document(allow(action, resource))
    return [
        construct("aws:iam/policy:Policy", "list", name="list", policy=listing, outputs={"arn": arn}),
        *(
            construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", role, role=role, policyArn=arn)
            for role in roles
        ),
    ]


def service(*names: str) -> dict[str, Any]:
    return {"Service": [f"{name}.amazonaws.com" for name in names]}


@pytest.mark.parametrize(
    "principals",
    [
        [service("firehose")],
        [service("glue")],
        [service("codepipeline", "cloudformation")],
        [service("codebuild"), service("codedeploy.eu-west-1")],
        [service("athena")],
    ],
)
def test_roles_of_services_may_list_the_bucket_that_they_name(principals: list[dict[str, Any]]) -> None:
    inline = construct(ROLE_POLICY, "list", role="deliver", policy=document(allow("s3:List*", BUCKET)))
    assert violations(POLICY, service_role(*principals), inline) == []
    assert violations(POLICY, service_role(*principals), *of_role("deliver")) == []
    everything = construct(ROLE_POLICY, "list", role="deliver", policy=document(allow("s3:List*", "arn:aws:s3:::*")))
    assert violations(POLICY, service_role(*principals), everything) == ["policy.Statement[0].Action"]


@pytest.mark.parametrize(
    "principals",
    [
        [service("lambda")],
        [service("firehose", "lambda")],
        [service("ec2")],
        [service("ecs-tasks")],
        [service("firehose"), {"AWS": "111122223333"}],
        [{"Federated": "accounts.google.com"}],
        [{"AWS": "*"}],
        [],
    ],
)
def test_roles_of_other_code_are_limited_to_a_prefix(principals: list[dict[str, Any]]) -> None:
    inline = construct(ROLE_POLICY, "list", role="deliver", policy=document(allow("s3:ListBucket", BUCKET)))
    assert violations(POLICY, service_role(*principals), inline) == ["policy.Statement[0].Action"]


def test_a_policy_that_a_service_shares_with_a_function_is_limited() -> None:
    roles = [service_role(service("firehose")), service_role(service("lambda"), name="work")]
    assert violations(POLICY, *roles, *of_role("deliver")) == []
    assert violations(POLICY, *roles, *of_role("deliver", "work")) == ["policy.Statement[0].Action"]
    assert violations(POLICY, *roles, *of_role("deliver", "of-another-stack")) == ["policy.Statement[0].Action"]


def _role(principal: dict[str, Any], *written: dict[str, Any]) -> Resource:
    """A role with an inline policy that lists and, by other statements, writes."""
    trust = document(allow("sts:AssumeRole", None, Principal=principal))
    policy = document(allow("s3:ListBucket", BUCKET), *written)
    return construct(ROLE, "deploy", assumeRolePolicy=trust, inlinePolicies=[{"name": "sync", "policy": policy}])


CI = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
WRITES = allow(["s3:PutObject", "s3:DeleteObject"], OBJECTS)


@pytest.mark.parametrize("principal", [CI, {"AWS": "arn:aws:iam::111122223333:role/ci"}], ids=["federated", "role"])
def test_a_deployment_lists_the_bucket_that_it_writes(principal: dict[str, Any]) -> None:
    assert violations(POLICY, _role(principal, WRITES)) == []


@pytest.mark.parametrize(
    "role",
    [
        _role(CI),
        _role(CI, allow("s3:GetObject", OBJECTS)),
        _role(CI, allow("s3:PutObject", f"{BUCKET}/in/*")),
        _role(CI, {**WRITES, "Effect": "Deny"}),
        _role({"Service": "lambda.amazonaws.com"}, WRITES),
        _role({**CI, "Service": "ec2.amazonaws.com"}, WRITES),
    ],
    ids=["lists", "reads", "writes a part", "may not write", "function", "instance too"],
)
def test_others_that_list_a_bucket(role: Resource) -> None:
    assert len(violations(POLICY, role)) == 1


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            listing("StringLike", ["", "raw/*", "raw"]),
            "with the empty prefix among those of its condition on `s3:prefix`",
        ),
        (listing("StringEquals", ""), "with the empty prefix among those of its condition on `s3:prefix`"),
        (listing("StringLike", ["raw/*", "*"]), "with a condition on `s3:prefix` that does not limit it"),
        (listing("StringNotLike", "raw/*"), "with a condition on `s3:prefix` that does not limit it"),
        (listing("StringEquals", "/", "s3:delimiter"), "without a condition on `s3:prefix`"),
    ],
)
def test_the_message_says_why_the_condition_does_not_limit_the_list(statement: dict[str, Any], words: str) -> None:
    (message,) = messages(POLICY, role_policy(statement))
    assert f"allows `s3:ListBucket` {words}, so every name in the bucket can be read" in message


OWN_CODE = [
    ("glue", "aws:glue/job:Job", "roleArn"),
    ("glue", "aws:glue/devEndpoint:DevEndpoint", "roleArn"),
    ("sagemaker", "aws:sagemaker/notebookInstance:NotebookInstance", "roleArn"),
    ("sagemaker", "aws:sagemaker/trainingJob:TrainingJob", "roleArn"),
    ("sagemaker", "aws:sagemaker/domain:Domain", "defaultUserSettings"),
    ("codebuild", "aws:codebuild/project:Project", "serviceRole"),
    ("kinesisanalytics", "aws:kinesisanalyticsv2/application:Application", "serviceExecutionRole"),
]
CODE_OF_AWS = [
    ("glue", "aws:glue/crawler:Crawler", "role"),
    ("codepipeline", "aws:codepipeline/pipeline:Pipeline", "roleArn"),
    ("sagemaker", "aws:sagemaker/featureGroup:FeatureGroup", "roleArn"),
    ("glue", "aws:glue/job:Job", "securityConfiguration"),
]


def _names_it(principal: str) -> list[Resource]:
    listing = construct(ROLE_POLICY, "list", role="deliver", policy=document(allow("s3:ListBucket", BUCKET)))
    return [service_role(service(principal)), listing]


@pytest.mark.parametrize(("principal", "token", "name"), OWN_CODE)
def test_code_of_the_owner_that_runs_with_the_role_of_a_service(principal: str, token: str, name: str) -> None:
    role, listing = _names_it(principal)
    assert violations(POLICY, role, listing, construct(token, "nightly", role, at=name)) == [
        "policy.Statement[0].Action"
    ]
    crawler = construct("aws:glue/crawler:Crawler", "inbox", role, at="role")
    assert len(violations(POLICY, role, listing, crawler, construct(token, "nightly", role, at=name))) == 1


@pytest.mark.parametrize(("principal", "token", "name"), CODE_OF_AWS)
def test_code_of_aws_that_runs_with_the_role_of_a_service(principal: str, token: str, name: str) -> None:
    role, listing = _names_it(principal)
    assert violations(POLICY, role, listing, construct(token, "nightly", role, at=name)) == []


def test_a_job_with_another_role_or_a_prefix() -> None:
    role, whole = _names_it("glue")
    other = service_role(service("glue"), name="other")
    assert violations(POLICY, role, other, whole, construct("aws:glue/job:Job", "nightly", other, at="roleArn")) == []
    limited = construct(ROLE_POLICY, "list", role="deliver", policy=document(listing("StringLike", "in/*")))
    assert violations(POLICY, role, limited, construct("aws:glue/job:Job", "nightly", role, at="roleArn")) == []


def test_a_job_that_has_the_arn_of_the_role_as_a_text() -> None:
    arn = "arn:aws:iam::111122223333:role/deliver"
    trust = document(allow("sts:AssumeRole", None, Principal=service("glue")))
    role = construct(ROLE, "deliver", name="deliver", assumeRolePolicy=trust, outputs={"arn": arn})
    job = construct("aws:glue/job:Job", "nightly", roleArn=arn)
    assert violations(POLICY, role, _names_it("glue")[1], job) == ["policy.Statement[0].Action"]
