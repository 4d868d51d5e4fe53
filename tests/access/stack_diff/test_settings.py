"""Settings that no longer close a resource, and other roles, are new access without a change of any document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.access.exposure.exposed import exposed
from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.gains import Gain
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.settings import Settings
from tests.access.stacks import ACCOUNT_BLOCK, BUCKET, BUCKET_BLOCK, BUCKET_POLICY, gains, resource

Resources = tuple[Resource, ...]
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
OPEN = json.dumps(document(allow("s3:GetObject", "arn:aws:s3:::inbox/*", Principal="*")))
TRUST = json.dumps(document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})))


def block(*off: str, token: str = BUCKET_BLOCK) -> Resource:
    where = {"bucket": "inbox"} if token == BUCKET_BLOCK else {}
    return resource(token, "block", **where, **{name: name not in off for name in SWITCHES})


def acl(name: str) -> Resource:
    return resource("aws:s3/bucketAcl:BucketAcl", "acl", bucket="inbox", acl=name)


def ownership(setting: Any) -> Resource:
    rule = {"objectOwnership": setting}
    return resource("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "controls", bucket="inbox", rule=rule)


BUCKET_ITSELF = resource(BUCKET, "inbox", bucket="inbox")
POLICY = resource(BUCKET_POLICY, "policy", bucket="inbox", policy=OPEN)
POINT = "arn:aws:s3:eu-west-1:111122223333:accesspoint/point"


def point(*, closed: bool) -> Resources:
    switches = dict.fromkeys(SWITCHES, closed)
    policy = json.dumps(document(allow("s3:GetObject", f"{POINT}/object/*", Principal="*")))
    return (
        resource(
            "aws:s3/accessPoint:AccessPoint",
            "point",
            name="point",
            arn=POINT,
            bucket="inbox",
            publicAccessBlockConfiguration=switches,
        ),
        resource("aws:s3control/accessPointPolicy:AccessPointPolicy", "policy", accessPointArn=POINT, policy=policy),
    )


def domain(**more: Any) -> Resource:
    policy = json.dumps(document(allow("es:*", "*", Principal="*")))
    return resource("aws:opensearch/domain:Domain", "search", domainName="search", accessPolicies=policy, **more)


PUBLIC_ACL = (BUCKET_ITSELF, acl("public-read"))
CHANGES: dict[str, tuple[Resources, Resources, str]] = {
    "no access block": ((BUCKET_ITSELF, POLICY), (block(),), "no longer closed by `restrictPublicBuckets` of `block`"),
    "a weaker access block": (
        (BUCKET_ITSELF, POLICY, block("restrictPublicBuckets")),
        (block(),),
        "no longer closed by `restrictPublicBuckets` of `block`",
    ),
    "public policies no longer refused": (
        (BUCKET_ITSELF, POLICY, block("restrictPublicBuckets", "blockPublicPolicy")),
        (block("restrictPublicBuckets"),),
        "no longer closed by `blockPublicPolicy` of `block`",
    ),
    "no account block": (
        (BUCKET_ITSELF, POLICY),
        (block(token=ACCOUNT_BLOCK),),
        "no longer closed by `restrictPublicBuckets` of `block`",
    ),
    "ACLs switched on": (
        (*PUBLIC_ACL, ownership("ObjectWriter")),
        (ownership("BucketOwnerEnforced"),),
        "`BucketOwnerEnforced` of `controls` no longer holds back the BucketAcl `acl` of `inbox`",
    ),
    "public ACLs no longer ignored": (
        (*PUBLIC_ACL, block("ignorePublicAcls", "blockPublicAcls")),
        (block(),),
        "`ignorePublicAcls` of `block` no longer holds back the BucketAcl `acl` of `inbox`",
    ),
    "public ACLs no longer refused": (
        (*PUBLIC_ACL, block("ignorePublicAcls", "blockPublicAcls")),
        (block("ignorePublicAcls"),),
        "`blockPublicAcls` of `block` no longer holds back the BucketAcl `acl` of `inbox`",
    ),
    "an open access point": (point(closed=False), point(closed=True), "no longer closed by `restrictPublicBuckets`"),
    "a domain out of its VPC": (
        (domain(),),
        (domain(vpcOptions={"subnetIds": ["subnet-1"]}),),
        "was not public before",
    ),
}


def certain(new: Resources, old: Resources) -> list[Gain]:
    """The gains without what an account block of the old stack may have closed elsewhere."""
    return [gain for gain in gains(new, old) if gain.answer.verdict is Verdict.NEW_ACCESS]


@pytest.mark.parametrize(("new", "before", "why"), CHANGES.values(), ids=CHANGES)
def test_a_setting_that_no_longer_closes_a_resource(new: Resources, before: Resources, why: str) -> None:
    replaced = {resource.urn for resource in before}
    old = (*(resource for resource in new if resource.urn not in replaced), *before)
    (gain,) = certain(new, old)
    assert why in gain.answer.why
    assert gain.answer.witness is not None
    assert gains(old, new) == gains(new, new) == []


def test_all_that_becomes_public_is_reported() -> None:
    """What `access public` answers of the new stack and not of the old one."""
    for new, before, _ in CHANGES.values():
        replaced = {resource.urn for resource in before}
        old = (*(resource for resource in new if resource.urn not in replaced), *before)
        public = [
            {
                (entry.resource.name, entry.exposure.answer.why)
                for entry in exposed(Stack(stack, Settings()))
                if entry.verdict is Verdict.PUBLIC
            }
            for stack in (new, old)
        ]
        assert {name for name, _ in public[0] - public[1]} == {gain.holder.name for gain in certain(new, old)}


def test_an_access_block_of_a_private_bucket_changes_nothing() -> None:
    assert gains((BUCKET_ITSELF,), (BUCKET_ITSELF, block())) == []
    assert gains((BUCKET_ITSELF, POLICY, block(token=ACCOUNT_BLOCK)), (BUCKET_ITSELF, POLICY, block())) == []


def test_a_setting_that_is_unknown_is_undecided() -> None:
    perhaps = (*PUBLIC_ACL, ownership(UNKNOWN))
    enforced = (*PUBLIC_ACL, ownership("BucketOwnerEnforced"))
    assert [gain.answer.verdict for gain in gains(perhaps, enforced)] == [Verdict.UNDECIDED]
    assert gains(perhaps, perhaps) == []
    maybe = (BUCKET_ITSELF, POLICY, block("restrictPublicBuckets", "blockPublicPolicy"))
    switch = resource(BUCKET_BLOCK, "block", bucket="inbox", restrictPublicBuckets=UNKNOWN)
    unknown = (BUCKET_ITSELF, POLICY, switch)
    assert [gain.answer.verdict for gain in gains(maybe, unknown)] == [Verdict.UNDECIDED]
    assert [gain.answer.verdict for gain in gains(unknown, (BUCKET_ITSELF, POLICY, block()))] == [Verdict.UNDECIDED]


def test_a_block_of_a_renamed_bucket_is_the_buckets() -> None:
    renamed = (resource(BUCKET, "store", bucket="inbox"), resource(BUCKET_POLICY, "p", bucket="inbox", policy=OPEN))
    (gain,) = gains(renamed, (BUCKET_ITSELF, POLICY, block()))
    assert "no longer closed by `restrictPublicBuckets` of `block`" in gain.answer.why
    assert gains(renamed, (BUCKET_ITSELF, POLICY)) == []


def role(called: str, *actions: str) -> Resources:
    arn = f"arn:aws:iam::111122223333:role/{called}"
    rights = json.dumps(document(allow([*actions], "*")))
    return (
        resource("aws:iam/role:Role", called, name=called, arn=arn, assumeRolePolicy=TRUST),
        resource("aws:iam/rolePolicy:RolePolicy", called, role=called, policy=rights),
    )


@pytest.mark.parametrize(
    ("token", "name"),
    [("aws:lambda/function:Function", "role"), ("aws:ecs/taskDefinition:TaskDefinition", "taskRoleArn")],
)
def test_a_resource_that_runs_as_a_stronger_role(token: str, name: str) -> None:
    roles = (*role("reader", "s3:GetObject"), *role("owner", "s3:*"))
    by_role = [
        (*roles, resource(token, "worker", **{name: f"arn:aws:iam::111122223333:role/{called}"}))
        for called in ("owner", "reader")
    ]
    (gain,) = gains(*by_role)
    assert (gain.answer.verdict, gain.holder.name) == (Verdict.NEW_ACCESS, "worker")
    assert gain.answer.why == "`worker` newly runs as `owner`"
    assert gains(by_role[1], by_role[0]) == []


def test_an_instance_that_gets_a_profile() -> None:
    profile = resource("aws:iam/instanceProfile:InstanceProfile", "profile", name="profile", role="owner")
    stack = (*role("owner", "s3:*"), profile)
    bare = resource("aws:ec2/instance:Instance", "web", ami="ami-1")
    with_profile = resource("aws:ec2/instance:Instance", "web", ami="ami-1", iamInstanceProfile="profile")
    (gain,) = gains((*stack, with_profile), (*stack, bare))
    assert (gain.holder.name, gain.by.name) == ("web", "owner")
    assert gains((*stack, bare), (*stack, with_profile)) == []


def test_a_role_outside_the_stack_is_undecided() -> None:
    functions = [
        resource("aws:lambda/function:Function", "worker", role=f"arn:aws:iam::111122223333:role/{called}")
        for called in ("a", "b")
    ]
    assert [gain.answer.verdict for gain in gains((functions[0],), (functions[1],))] == [Verdict.UNDECIDED]
    assert gains((functions[0],), (functions[0],)) == []


API_POLICY = "aws:apigateway/restApiPolicy:RestApiPolicy"
NARROW = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}


def invoking(**condition: Any) -> str:
    statements = [allow("execute-api:Invoke", "execute-api:/*", Principal="*")]
    if condition:
        denial = allow("execute-api:Invoke", "execute-api:/*", Principal="*", Condition=condition)
        statements.append({**denial, "Effect": "Deny"})
    return json.dumps(document(*statements))


def api(*, policy: Any = None, inline: Any = None, authorization: str = "NONE", types: str = "REGIONAL") -> Resources:
    own = {"policy": inline} if inline else {}
    beside = (resource(API_POLICY, "narrow", restApiId="a1b2c3", policy=policy),) if policy else ()
    inputs = {"name": "orders", "endpointConfiguration": {"types": types}, **own}
    method = {"httpMethod": "GET", "resourceId": "r", "authorization": authorization, "restApi": "a1b2c3"}
    return (
        Resource("aws:apigateway/restApi:RestApi", "orders", inputs, outputs={**inputs, "id": "a1b2c3"}),
        resource("aws:apigateway/method:Method", "get", **method),
        *beside,
    )


@pytest.mark.parametrize("before", [api(policy=invoking(**NARROW)), api(inline=invoking(**NARROW))])
def test_an_api_that_nothing_narrows_any_more_is_new_access(before: Resources) -> None:
    (gain,) = gains(api(), before)
    assert (gain.answer.verdict, gain.holder.name) == (Verdict.NEW_ACCESS, "orders")


@pytest.mark.parametrize(
    ("new", "before"),
    [
        (api(), api()),
        (api(), api(policy=invoking())),
        (api(policy=invoking(**NARROW)), api()),
        (api(inline=invoking(**NARROW)), api(policy=invoking(**NARROW))),
        (api(), ()),
        (api(types="PRIVATE"), api(types="PRIVATE", policy=invoking(**NARROW))),
        (api(authorization="AWS_IAM"), api(authorization="AWS_IAM", policy=invoking(**NARROW))),
    ],
)
def test_an_api_that_was_open_or_stays_narrow_is_no_new_access(new: Resources, before: Resources) -> None:
    assert gains(new, before) == []


def test_the_removal_of_an_unknown_document_of_an_api_is_undecided() -> None:
    assert {gain.answer.verdict for gain in gains(api(), api(policy=UNKNOWN))} == {Verdict.UNDECIDED}
