"""The same resource under another logical name, in a component or under an alias keeps its access."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.counterparts import counterparts
from policypack.core.examples import allow, document
from policypack.core.policy import Options, Resource
from tests.access.stacks import BUCKET, BUCKET_POLICY, gains, resource

Resources = tuple[Resource, ...]
ACCOUNT = "111122223333"
TRUST = json.dumps(document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})))
RIGHTS = json.dumps(document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::inbox/*")))
OPEN = json.dumps(document(allow("s3:GetObject", "arn:aws:s3:::inbox/*", Principal="*")))
SEND = json.dumps(document(allow("sqs:SendMessage", "*", Principal={"AWS": "444455556666"})))
URL = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs"


def verdicts(new: Resources, old: Resources) -> list[tuple[Verdict, str]]:
    return [(gain.answer.verdict, gain.holder.name) for gain in gains(new, old)]


def moved(resources: Resources) -> Resources:
    """The resources in a component, under other logical names."""
    return tuple(
        replace(
            resource,
            name=f"{resource.name}-moved",
            urn=f"urn:pulumi:stack::project::acme:app:Site${resource.type}::{resource.name}-moved",
        )
        for resource in resources
    )


def role(name: str, *, trust: str = TRUST, rights: str = RIGHTS) -> Resources:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return (
        resource("aws:iam/role:Role", name, name=name, arn=arn, assumeRolePolicy=trust),
        resource("aws:iam/rolePolicy:RolePolicy", f"{name}-rights", role=name, policy=rights),
    )


STACKS: dict[str, Resources] = {
    "a role": role("worker"),
    "a role with a managed policy": (
        role("worker")[0],
        resource("aws:iam/policy:Policy", "rights", name="rights", arn="arn:aws:iam::1:policy/rights", policy=RIGHTS),
        resource(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "rights",
            role="worker",
            policyArn="arn:aws:iam::1:policy/rights",
        ),
    ),
    "rights of a role outside the stack": role("worker")[1:],
    "a user": (
        resource("aws:iam/user:User", "bob", name="bob"),
        resource("aws:iam/userPolicy:UserPolicy", "rights", user="bob", policy=RIGHTS),
    ),
    "a public bucket": (
        resource(BUCKET, "inbox", bucket="inbox"),
        resource(BUCKET_POLICY, "policy", bucket="inbox", policy=OPEN),
    ),
    "a bucket with an ACL": (
        resource(BUCKET, "inbox", bucket="inbox"),
        resource("aws:s3/bucketAcl:BucketAcl", "acl", bucket="inbox", acl="public-read"),
    ),
    "a bucket outside the stack": (resource(BUCKET_POLICY, "policy", bucket="inbox", policy=OPEN),),
    "a queue": (
        resource("aws:sqs/queue:Queue", "jobs", name="jobs", url=URL),
        resource("aws:sqs/queuePolicy:QueuePolicy", "policy", queueUrl=URL, policy=SEND),
    ),
    "a queue outside the stack": (resource("aws:sqs/queuePolicy:QueuePolicy", "policy", queueUrl=URL, policy=SEND),),
    "a permission": (
        resource("aws:lambda/function:Function", "read", name="read", role="arn:aws:iam::1:role/r"),
        resource("aws:lambda/permission:Permission", "allow", function="read", principal="444455556666"),
    ),
    "a permission for a function outside the stack": (
        resource("aws:lambda/permission:Permission", "allow", function="read", principal="444455556666"),
    ),
    "rights of a permission set": (
        resource(
            "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
            "rights",
            permissionSetArn="arn:aws:sso:::permissionSet/1/2",
            inlinePolicy=RIGHTS,
        ),
    ),
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_a_rename_and_a_move_are_no_new_access(stack: Resources) -> None:
    assert verdicts(moved(stack), stack) == verdicts(stack, moved(stack)) == []


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_it_is_new_access_where_there_was_none(stack: Resources) -> None:
    assert {verdict for verdict, _ in verdicts(moved(stack), ())} == {Verdict.NEW_ACCESS}


def test_a_renamed_role_with_more_rights_gains_them() -> None:
    more = json.dumps(document(allow("s3:*", "arn:aws:s3:::inbox/*")))
    assert verdicts(moved(role("worker", rights=more)), role("worker")) == [(Verdict.NEW_ACCESS, "worker-moved")]


def test_an_alias_is_the_same_resource_on_either_side() -> None:
    old = resource(BUCKET, "inbox", acl="public-read", bucket="inbox-0a1b2c3")
    aliased = Options(aliases=(old.urn,))
    new = replace(resource(BUCKET, "store", acl="public-read", bucket="store-4d5e6f7"), options=aliased)
    assert counterparts([new], [old]) == {new.urn: old}
    assert counterparts([old], [new]) == {old.urn: new}


def test_another_name_is_another_bucket() -> None:
    old, new = (resource(BUCKET, "inbox", bucket=name, acl="public-read") for name in ("inbox", "store"))
    assert counterparts([new], [old]) == {}
    assert verdicts((new,), (old,)) == [(Verdict.NEW_ACCESS, "inbox")]


def test_generated_names_of_two_stacks_are_the_same_bucket() -> None:
    old, new = (resource(BUCKET, "inbox", bucket=f"inbox-{end}") for end in ("0a1b2c3", "4d5e6f7"))
    assert counterparts([new], [old]) == {new.urn: old}


def test_names_that_are_swapped_decide() -> None:
    first, second = resource(BUCKET, "a", bucket="one"), resource(BUCKET, "b", bucket="two")
    other, another = resource(BUCKET, "a", bucket="two"), resource(BUCKET, "b", bucket="one")
    assert counterparts([other, another], [first, second]) == {other.urn: second, another.urn: first}


def test_a_role_may_take_the_place_of_one_that_is_gone() -> None:
    assert verdicts(role("processor"), role("worker")) == []
    wider = document(allow("sts:AssumeRole", None, Principal={"AWS": "444455556666"}))
    assert verdicts(role("processor", trust=json.dumps(wider)), role("worker")) != []
    assert verdicts((*role("worker"), *role("processor")), role("worker")) != []


def test_another_user_is_another_person() -> None:
    bob, eve = (
        (
            resource("aws:iam/user:User", "user", name=name),
            resource("aws:iam/userPolicy:UserPolicy", "rights", user=name, policy=RIGHTS),
        )
        for name in ("bob", "eve")
    )
    assert verdicts(eve, bob) == [(Verdict.NEW_ACCESS, "user")]
