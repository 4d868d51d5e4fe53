"""Ways over stacks and accounts that are there, and those that only look as if they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from policypack.access.paths.fleet import Fleet
from policypack.access.paths.hops import OUTSIDE, Hold, Node, Way
from policypack.access.paths.search import Search
from policypack.core.examples import allow, deny, document
from policypack.core.policy import Resource, Stack, Unknown
from policypack.evaluation.settings import Settings
from policypack.resources.joining.merging import merged, part_of
from tests.joining.fleet import ACCOUNT, OTHER, deployed, in_stack

BUCKET = "aws:s3/bucket:Bucket"
FUNCTION = "aws:lambda/function:Function"
URL = "aws:lambda/functionUrl:FunctionUrl"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
KEY = "aws:kms/key:Key"
DATA = "arn:aws:s3:::data"
CLOSED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)


def arn(kind: str, name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:{kind}/{name}"


def trusting(**principal: Any) -> str:
    return document(allow("sts:AssumeRole", None, Principal=principal))


LAMBDA = trusting(Service="lambda.amazonaws.com")


def role(name: str, trust: Any = LAMBDA, account: str = ACCOUNT, **inputs: Any) -> Resource:
    return deployed(ROLE, name, arn("role", name, account), name=name, assumeRolePolicy=trust, **inputs)


def grants(name: str, *statements: Any, title: str = "") -> Resource:
    return deployed(ROLE_POLICY, title or name, role=name, policy=document(*statements))


def function(name: str = "api", runs_as: str = "api", account: str = ACCOUNT, **inputs: Any) -> Resource:
    of = f"arn:aws:lambda:eu-west-1:{account}:function:{name}"
    return deployed(FUNCTION, name, of, name=name, role=arn("role", runs_as, account), **inputs)


def url(of: str = "api", authorization: Any = "NONE") -> Resource:
    return deployed(URL, of, functionName=of, authorizationType=authorization)


def bucket(name: str = "data", **inputs: Any) -> Resource:
    return deployed(BUCKET, name, f"arn:aws:s3:::{name}", bucket=name, **inputs)


READS = allow("s3:GetObject", f"{DATA}/*")
ASSUMES = allow("sts:AssumeRole", arn("role", "reader"))
TRUSTED = trusting(AWS=arn("role", "api"))


def ways(
    stacks: Mapping[str, Sequence[Resource]],
    to: str = "data",
    start: str = "",
    accounts: Mapping[str, Sequence[str]] | None = None,
) -> list[Way]:
    """The ways from outside, or from what has a name, to what has a name."""
    parts = [
        part_of(Stack(in_stack(name, *resources), Settings()), name, (accounts or {}).get(name, [ACCOUNT]))
        for name, resources in stacks.items()
    ]
    whole = merged(parts, Settings())
    named = {identity.name: identity for identity in whole.stack.of(ROLE, "aws:iam/user:User")}
    wanted = {urn for urn, (_, resource) in whole.origins.items() if resource.name == to}
    begin = OUTSIDE if not start else Node(Hold.IDENTITY, named[start].urn)
    return Search(Fleet(whole), wanted).ways(begin)


def shape(found: Sequence[Way]) -> list[str]:
    """The verbs of each way; one that is not certain has a question mark."""
    return [" > ".join(f"{hop.verb}{'' if hop.certain else '?'}" for hop in way) for way in found]


def three_hops(**changes: Any) -> dict[str, list[Resource]]:
    """A function that the internet invokes, whose role assumes another one, which reads the bucket, in three stacks."""
    parts = {
        "site": [function(), url(), role("api"), grants("api", ASSUMES)],
        "identity": [role("reader", TRUSTED), grants("reader", READS)],
        "data": [bucket()],
    }
    return {**parts, **changes}


def test_a_way_over_three_stacks_is_found() -> None:
    [way] = ways(three_hops())
    assert shape([way]) == ["invokes > runs as > assumes > reads"]
    assert [(hop.by.name, hop.path) for hop in way if hop.by] == [
        ("api", "authorizationType"),
        ("api", "role"),
        ("api", "policy.Statement[0]"),
        ("reader", "policy.Statement[0]"),
    ]
    assert "may `s3:GetObject` on `arn:aws:s3:::data/" in way[-1].example


DENIED = {"site": [function(), url(), role("api"), grants("api", ASSUMES, deny("sts:*", "*"))]}
NO_READING = [role("reader", TRUSTED), grants("reader", READS, deny("s3:GetObject", f"{DATA}/*"))]
OTHER_TRUST = [role("reader", trusting(AWS=arn("role", "other"))), grants("reader", READS)]
LIMIT = deployed(POLICY, "limit", arn("policy", "limit"), name="limit", policy=document(allow("sqs:*", "*")))
BOUNDED = [role("reader", TRUSTED, permissionsBoundary=arn("policy", "limit")), grants("reader", READS), LIMIT]
NAMESAKE = [role("reader", TRUSTED, OTHER), grants("reader", READS)]
DENYING = deployed(
    BUCKET_POLICY,
    "data",
    bucket="data",
    policy=document(
        deny(
            "s3:*",
            [DATA, f"{DATA}/*"],
            Principal="*",
            Condition={"StringNotEquals": {"aws:PrincipalArn": arn("role", "owner")}},
        )
    ),
)


@pytest.mark.parametrize(
    "changes",
    [
        DENIED,
        {"identity": NO_READING},
        {"identity": OTHER_TRUST},
        {"identity": BOUNDED},
        {"identity": NAMESAKE},
        {"site": [function(), url(authorization="AWS_IAM"), role("api"), grants("api", ASSUMES)]},
        {"site": [function(runs_as="else"), url(), role("api"), grants("api", ASSUMES)]},
        {"data": [bucket(), DENYING]},
        {"data": [bucket("other")]},
        {
            "identity": [role("reader", trusting(AWS=arn("root", "").rstrip("/"))), grants("reader", READS)],
            "site": [function(), url(), role("api")],
        },
    ],
    ids=[
        "a denial of the assuming role",
        "a denial of the reading role",
        "another role is trusted",
        "a boundary",
        "a role of this name in another account",
        "a signature is needed",
        "the function runs as another role",
        "a denial of the bucket",
        "another bucket",
        "the account is trusted and the role lacks the permission",
    ],
)
def test_look_alikes_are_no_ways(changes: dict[str, Any]) -> None:
    accounts = {"identity": [OTHER]} if changes.get("identity") is NAMESAKE else {}
    assert shape(ways(three_hops(**changes), accounts=accounts)) == []


def across(trust: Any, *statements: Any) -> dict[str, list[Resource]]:
    return {
        "site": [function(), url(), role("api"), *([grants("api", *statements)] if statements else [])],
        "bank": [role("reader", trust, OTHER), grants("reader", READS), bucket()],
    }


ACROSS = allow("sts:AssumeRole", arn("role", "reader", OTHER))


def test_between_accounts_both_sides_are_needed() -> None:
    accounts = {"bank": [OTHER]}
    both = ["invokes > runs as > assumes > reads"]
    assert shape(ways(across(TRUSTED, ACROSS), accounts=accounts)) == both
    assert shape(ways(across(trusting(AWS=f"arn:aws:iam::{ACCOUNT}:root"), ACROSS), accounts=accounts)) == both
    assert shape(ways(across(TRUSTED), accounts=accounts)) == []
    assert shape(ways(across(trusting(AWS=f"arn:aws:iam::{OTHER}:root"), ACROSS), accounts=accounts)) == []


def test_in_one_account_a_trust_policy_that_names_the_role_suffices() -> None:
    named = {"site": [function(), url(), role("api")]}
    assert shape(ways(three_hops(**named))) == ["invokes > runs as > assumes > reads"]


def test_a_bucket_policy_lets_a_role_of_another_account_read() -> None:
    policy = document(allow("s3:GetObject", f"{DATA}/*", Principal={"AWS": arn("role", "api")}))
    bank = {"bank": [bucket(), deployed(BUCKET_POLICY, "data", bucket="data", policy=policy)]}
    site = {"site": [function(), url(), role("api"), grants("api", READS)]}
    accounts = {"bank": [OTHER]}
    assert shape(ways({**site, **bank}, accounts=accounts)) == ["invokes > runs as > reads"]
    assert shape(ways({**site, "bank": [bucket()]}, accounts=accounts)) == []


def test_a_condition_that_may_fail_is_said() -> None:
    office = allow("s3:GetObject", f"{DATA}/*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    [way] = ways(three_hops(identity=[role("reader", TRUSTED), grants("reader", office)]))
    assert shape([way]) == ["invokes > runs as > assumes > reads?"]
    assert "aws:sourceip" in way[-1].why


def test_an_external_id_makes_an_assumption_doubtful() -> None:
    trust = document(
        allow(
            "sts:AssumeRole",
            None,
            Principal={"AWS": arn("role", "api")},
            Condition={"StringEquals": {"sts:ExternalId": "x1"}},
        )
    )
    [way] = ways(three_hops(identity=[role("reader", trust), grants("reader", READS)]))
    assert shape([way]) == ["invokes > runs as > assumes? > reads"]


def test_a_role_is_passed_to_a_service_that_runs_it() -> None:
    passing = allow("iam:PassRole", arn("role", "reader"))
    creating = allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*")
    site = [function(), url(), role("api"), grants("api", passing, creating)]
    identity = [role("reader"), grants("reader", READS)]
    assert shape(ways(three_hops(site=site, identity=identity))) == ["invokes > runs as > passes to Lambda > reads"]
    only_ec2 = [role("reader", trusting(Service="ec2.amazonaws.com")), grants("reader", READS)]
    assert shape(ways(three_hops(site=site, identity=only_ec2))) == []
    half = [function(), url(), role("api"), grants("api", passing)]
    assert shape(ways(three_hops(site=half, identity=identity))) == []


def test_code_is_edited_and_runs_as_another_role() -> None:
    editing = allow("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:*:function:batch")
    site = [function(), url(), role("api"), grants("api", editing)]
    batch = [function("batch", "reader"), role("reader"), grants("reader", READS)]
    assert shape(ways(three_hops(site=site, identity=batch))) == [
        "invokes > runs as > edits the code of > runs as > reads"
    ]


def test_an_identity_that_writes_its_own_permissions_holds_the_account() -> None:
    own = allow("iam:PutRolePolicy", arn("role", "api"))
    site = [function(), url(), role("api"), grants("api", own)]
    assert shape(ways(three_hops(site=site))) == ["invokes > runs as > takes over > controls"]
    far = {"site": site, "data": [bucket()]}
    assert shape(ways(far, accounts={"data": [OTHER]})) == []


def test_a_public_bucket_is_read_at_once_and_a_block_closes_it() -> None:
    opening = deployed(
        BUCKET_POLICY, "data", bucket="data", policy=document(allow("s3:GetObject", f"{DATA}/*", Principal="*"))
    )
    assert shape(ways({"data": [bucket(), opening]})) == ["reads"]
    block = deployed("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "data", bucket="data", **CLOSED)
    assert shape(ways({"data": [bucket(), opening], "security": [block]})) == []
    account = deployed("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "all", **CLOSED)
    assert shape(ways({"data": [bucket(), opening], "security": [account]})) == []
    assert shape(ways({"data": [bucket(), opening], "security": [account]}, accounts={"security": [OTHER]})) == [
        "reads"
    ]


def test_an_event_of_a_bucket_that_outsiders_write_to_runs_a_function() -> None:
    inbox = [
        bucket("inbox"),
        deployed(
            BUCKET_POLICY,
            "inbox",
            bucket="inbox",
            policy=document(allow("s3:PutObject", "arn:aws:s3:::inbox/*", Principal="*")),
        ),
        deployed(
            "aws:s3/bucketNotification:BucketNotification",
            "inbox",
            bucket="inbox",
            lambdaFunctions=[
                {
                    "lambdaFunctionArn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:api",
                    "events": ["s3:ObjectCreated:*"],
                }
            ],
        ),
    ]
    parts = three_hops(site=[function(), role("api"), grants("api", READS), *inbox], identity=[])
    assert shape(ways(parts)) == ["writes to > sets off > runs as > reads"]


def test_an_encrypted_bucket_needs_its_key() -> None:
    key_arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k1"
    key = deployed(KEY, "k", key_arn, keyId="k1")
    encryption = deployed(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "data",
        bucket="data",
        rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key_arn}}],
    )
    data = {"data": [bucket(), key, encryption]}
    assert shape(ways(three_hops(**data))) == []
    decrypting = [role("reader", TRUSTED), grants("reader", READS, allow("kms:Decrypt", key_arn))]
    assert shape(ways(three_hops(**data, identity=decrypting))) == ["invokes > runs as > assumes > reads"]


def test_a_way_begins_at_a_named_identity() -> None:
    assert shape(ways(three_hops(), start="api")) == ["assumes > reads"]


def test_an_unknown_account_is_no_other_stacks() -> None:
    parts = three_hops()
    nowhere = [deployed(ROLE, "reader", name="reader", assumeRolePolicy=TRUSTED), grants("reader", READS)]
    assert shape(ways({**parts, "identity": nowhere}, accounts={"identity": []})) == []


def test_an_unknown_document_may_allow_it() -> None:
    unknown = [
        role("reader", TRUSTED),
        deployed(ROLE_POLICY, "reader", role="reader", policy=document(allow("s3:GetObject", Unknown()))),
    ]
    assert shape(ways(three_hops(identity=unknown))) == ["invokes > runs as > assumes > reads?"]


def test_the_shortest_way_comes_first() -> None:
    direct = [function(), url(), role("api"), grants("api", ASSUMES, READS)]
    assert shape(ways(three_hops(site=direct))) == [
        "invokes > runs as > reads",
        "invokes > runs as > assumes > reads",
    ]


def test_a_bucket_of_an_unknown_account_may_be_read() -> None:
    [way] = ways(three_hops(), accounts={"data": []})
    assert shape([way]) == ["invokes > runs as > assumes > reads?"]
    assert way[-1].why == "the account of the bucket is unknown"


def test_a_key_of_another_account_needs_its_own_policy() -> None:
    key_arn = f"arn:aws:kms:eu-west-1:{OTHER}:key/k1"
    site = {"site": [function(), url(), role("api"), grants("api", allow("kms:Decrypt", key_arn))]}
    letting = document(allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    for policy, expected in ({"policy": letting}, ["invokes > runs as > decrypts with"]), ({}, []):
        bank = {"bank": [deployed(KEY, "k", key_arn, keyId="k1", **policy)]}
        assert shape(ways({**site, **bank}, to="k", accounts={"bank": [OTHER]})) == expected


def test_a_gateway_without_authorization_invokes_with_a_permission_only() -> None:
    api_arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:api"
    permission = deployed(
        "aws:lambda/permission:Permission",
        "api",
        function="api",
        action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com",
        sourceArn="arn:aws:execute-api:eu-west-1:444455556666:a1/*",
    )
    integration = replace(
        deployed("aws:apigatewayv2/integration:Integration", "i", apiId="a1", integrationUri=api_arn), id="int1"
    )
    core = [function(), role("api"), grants("api", READS), integration]

    def route(authorization: str) -> Resource:
        return deployed(
            "aws:apigatewayv2/route:Route", "r", apiId="a1", target="integrations/int1", authorizationType=authorization
        )

    found = ["invokes > runs as > reads"]
    assert shape(ways({"site": [*core, permission, route("NONE")], "data": [bucket()]})) == found
    assert shape(ways({"site": [*core, permission, route("JWT")], "data": [bucket()]})) == []
    assert shape(ways({"site": [*core, route("NONE")], "data": [bucket()]})) == []


def test_a_role_that_everyone_with_a_token_may_assume_is_an_entrance() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    open_ = trusting(Federated=provider)
    open_["Statement"][0]["Action"] = "sts:AssumeRoleWithWebIdentity"
    parts = {"ci": [role("deployer", open_), grants("deployer", READS)], "data": [bucket()]}
    assert shape(ways(parts)) == ["assumes > reads"]
    fixed = trusting(Federated=provider)
    fixed["Statement"][0] |= {
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/app:ref:refs/heads/main"}},
    }
    parts = {"ci": [role("deployer", fixed), grants("deployer", READS)], "data": [bucket()]}
    assert shape(ways(parts)) == []


def test_more_than_the_budget_is_said() -> None:
    resources = [resource for resources in three_hops().values() for resource in resources]
    stack = Stack(in_stack("site", *resources), Settings())
    search = Search(Fleet(merged([part_of(stack, "site", [ACCOUNT])], Settings())), ())
    search._questions.left = 0
    search.ways()
    assert search.limits == ["the budget of questions is spent, so there may be more ways"]


@pytest.mark.parametrize(
    "token", ["aws:secretsmanager/secret:Secret", "aws:dynamodb/table:Table", "aws:ssm/parameter:Parameter"]
)
def test_other_kinds_of_data_are_read(token: str) -> None:
    service, kind, action = {
        "aws:secretsmanager/secret:Secret": ("secretsmanager", "secret:", "secretsmanager:GetSecretValue"),
        "aws:dynamodb/table:Table": ("dynamodb", "table/", "dynamodb:Query"),
        "aws:ssm/parameter:Parameter": ("ssm", "parameter/", "ssm:GetParameter*"),
    }[token]
    of = f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{kind}data"
    site = [function(), url(), role("api"), grants("api", allow(action, of))]
    assert shape(ways({"site": site, "data": [deployed(token, "data", of, name="data")]})) == [
        "invokes > runs as > reads"
    ]
    other = [function(), url(), role("api"), grants("api", allow(action, f"{of}-other"))]
    assert shape(ways({"site": other, "data": [deployed(token, "data", of, name="data")]})) == []


def test_a_user_has_the_permissions_of_its_groups() -> None:
    parts = {
        "people": [
            deployed("aws:iam/user:User", "ann", arn("user", "ann"), name="ann"),
            deployed("aws:iam/group:Group", "readers", arn("group", "readers"), name="readers"),
            deployed("aws:iam/userGroupMembership:UserGroupMembership", "m", user="ann", groups=["readers"]),
        ],
        "rights": [deployed("aws:iam/groupPolicy:GroupPolicy", "g", group="readers", policy=document(READS))],
        "data": [bucket()],
    }
    assert shape(ways(parts, start="ann")) == ["reads"]
