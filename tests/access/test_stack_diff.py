"""What one stack newly allows against another: the holder, the statement and the example."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.diff import diff
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN, Resource
from stackguard.access.lines import read
from tests.access.stacks import by_name, gains

ACCOUNT = "111122223333"
EVERYTHING = read({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def resource(type_token: str, called: str, /, **inputs: Any) -> Resource:
    urn = f"urn:pulumi:dev::app::{type_token}::{called}"
    return Resource(type_token, called, inputs, urn=urn, outputs=inputs)


def role(*statements: Any, **more: Any) -> tuple[Resource, ...]:
    trust = document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"}))
    worker = resource("aws:iam/role:Role", "worker", name="worker", assumeRolePolicy=json.dumps(trust), **more)
    rights = json.dumps(document(*statements))
    policy = (resource("aws:iam/rolePolicy:RolePolicy", "rights", role="worker", policy=rights),) if statements else ()
    return worker, *policy


def queue(*statements: Any) -> tuple[Resource, ...]:
    url = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs"
    return (
        resource("aws:sqs/queue:Queue", "jobs", name="jobs", url=url),
        resource("aws:sqs/queuePolicy:QueuePolicy", "jobs", queueUrl=url, policy=json.dumps(document(*statements))),
    )


def rows(new: tuple[Resource, ...], old: tuple[Resource, ...]) -> list[tuple[str, str, str, str]]:
    return [
        (
            gain.answer.verdict,
            gain.holder.name,
            f"{gain.by.name} {gain.path}",
            gain.answer.witness.action if gain.answer.witness else "",
        )
        for gain in gains(new, old)
    ]


READ = allow("s3:GetObject", "arn:aws:s3:::inbox/*")
WRITE = allow("s3:PutObject", "arn:aws:s3:::inbox/*")
SEND = allow("sqs:SendMessage", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/worker"})


@pytest.mark.parametrize("action", ["s3:GetObjectt", "dynamo:GetItem", ["s3:GetObjectt", "s3:Getobjekt"]])
def test_an_action_that_aws_lacks_grants_nothing(action: Any) -> None:
    assert rows(role(allow(action, "arn:aws:s3:::inbox/*")), role()) == []


def test_an_action_that_aws_lacks_hides_none_beside_it() -> None:
    (row,) = rows(role(allow(["s3:GetObjectt", "s3:PutObject"], "arn:aws:s3:::inbox/*")), role())
    assert row[3] == "s3:PutObject"


def test_the_same_stack_newly_allows_nothing_whatever_its_project_is_called() -> None:
    old = (*role(READ), *queue(SEND))
    assert gains(old, old) == []
    moved = tuple(replace(each, urn=each.urn.replace("dev::app", "prod::other")) for each in old)
    assert gains(moved, old) == []


def test_an_equivalent_statement_is_nothing_new() -> None:
    assert gains(role(allow(["s3:GetObject"], ["arn:aws:s3:::inbox/*"])), role(READ, READ)) == []


def test_what_everyone_may_is_shown_by_anyone() -> None:
    everyone = allow("sqs:SendMessage", "*", Principal="*")
    (gain,) = gains(queue(everyone), queue())
    assert gain.answer.witness is not None
    assert gain.answer.witness.outsider == "anyone on the internet"
    condition = {"Null": {"aws:PrincipalArn": "false"}}
    signed = gains(queue(allow("sqs:SendMessage", "*", Principal={"AWS": "*"}, Condition=condition)), queue())
    assert signed
    assert all(gain.answer.witness and "arn:aws:iam::" in gain.answer.witness.outsider for gain in signed)


def test_a_gain_of_a_role_has_the_statement() -> None:
    assert rows(role(READ, WRITE), role(READ)) == [
        (Verdict.NEW_ACCESS, "worker", "rights policy.Statement[1]", "s3:PutObject")
    ]
    (gain,) = gains(role(READ, WRITE), role(READ))
    assert gain.answer.witness is not None
    assert gain.answer.witness.outsider == "the role `worker`"


def test_a_gain_of_a_role_has_the_document_that_allows_it() -> None:
    other = document(allow("s3:GetObject", "arn:aws:s3:::outbox/*"))
    more = resource("aws:iam/rolePolicy:RolePolicy", "more", role="worker", policy=json.dumps(other))
    assert rows((*role(READ), more), role(READ)) == [
        (Verdict.NEW_ACCESS, "worker", "more policy.Statement[0]", "s3:GetObject")
    ]


def test_a_statement_in_two_documents_is_reported_once() -> None:
    more = resource("aws:iam/rolePolicy:RolePolicy", "more", role="worker", policy=json.dumps(document(READ, WRITE)))
    assert rows((*role(READ), more), role(WRITE)) == [
        (Verdict.NEW_ACCESS, "worker", "rights policy.Statement[0]", "s3:GetObject")
    ]


def test_each_class_of_request_is_reported_once() -> None:
    new = queue(allow("sqs:*", "*", Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:role/worker", "444455556666"]}))
    found = gains(new, queue(SEND))
    assert [str(each.answer.witness).partition(" may ")[0] for each in found] == [
        f"arn:aws:iam::{ACCOUNT}:role/worker",
        "arn:aws:iam::444455556666:role/x",
    ]


def test_a_removed_denial_is_new_access() -> None:
    assert rows(role(READ), role(READ, deny("s3:*", "arn:aws:s3:::inbox/private/*"))) == [
        (Verdict.NEW_ACCESS, "worker", "rights policy.Statement[0]", "s3:GetObject")
    ]


def test_another_home_for_the_same_document_is_nothing_new() -> None:
    managed = resource(
        "aws:iam/policy:Policy", "rights", policy=json.dumps(document(READ)), arn="arn:aws:iam::1:policy/rights"
    )
    attached = resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "a",
        role="worker",
        policyArn="arn:aws:iam::1:policy/rights",
    )
    new = (role()[0], managed, attached)
    assert gains(new, role(READ)) == []


def test_a_removed_boundary_is_new_access() -> None:
    limit = resource(
        "aws:iam/policy:Policy",
        "limit",
        policy=json.dumps(document(allow("sqs:*", "*"))),
        arn=f"arn:aws:iam::{ACCOUNT}:policy/limit",
    )
    limited = (*role(READ, permissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/limit"), limit)
    assert [row[0] for row in rows((*role(READ), limit), limited)] == [Verdict.NEW_ACCESS]
    assert rows(limited, (*role(READ), limit)) == []


def test_a_wider_trust_policy_is_reported() -> None:
    wider = document(allow("sts:AssumeRole", None, Principal={"AWS": "444455556666"}))
    new = (resource("aws:iam/role:Role", "worker", name="worker", assumeRolePolicy=json.dumps(wider)),)
    assert rows(new, role()[:1]) == [
        (Verdict.NEW_ACCESS, "worker", "worker assumeRolePolicy.Statement[0]", "sts:AssumeRole")
    ]


def test_a_new_holder_gains_all_that_it_has() -> None:
    assert [row[:2] for row in rows(role(READ), ())] == [
        (Verdict.NEW_ACCESS, "worker"),
        (Verdict.NEW_ACCESS, "worker"),
    ]


def test_exposure_without_a_document_counts_too() -> None:
    acl = resource("aws:s3/bucketAcl:BucketAcl", "inbox", bucket="inbox", acl="public-read")
    bucket = resource("aws:s3/bucket:Bucket", "inbox", bucket="inbox")
    (gain,) = gains((bucket, acl), (bucket,))
    assert (gain.answer.verdict, gain.holder.name, gain.path) == (Verdict.NEW_ACCESS, "inbox", "acl")
    assert gains((bucket, acl), (bucket, acl)) == []


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"policy": UNKNOWN}, {"policy": json.dumps(document(READ))}),
        ({"policy": json.dumps(document(READ, WRITE))}, {"policy": UNKNOWN}),
        (
            {"policy": {"Version": "2012-10-17", "Statement": [{**WRITE, "Resource": UNKNOWN}]}},
            {"policy": json.dumps(document(READ))},
        ),
    ],
)
def test_what_is_unknown_on_either_side_is_undecided(new: dict[str, Any], old: dict[str, Any]) -> None:
    sides = [
        (role()[0], resource("aws:iam/rolePolicy:RolePolicy", "rights", role="worker", **each)) for each in (new, old)
    ]
    assert {row[0] for row in rows(sides[0], sides[1])} == {Verdict.UNDECIDED}


def test_a_possible_gain_by_an_unknown_action_has_its_path() -> None:
    rights = document(READ, {**READ, "Action": UNKNOWN})
    carrier = resource("aws:iam/rolePolicy:RolePolicy", "rights", role="worker", policy=rights)
    assert rows((role()[0], carrier), role(READ)) == [(Verdict.UNDECIDED, "worker", "rights policy.Statement[1]", "")]


def test_what_a_boundary_allows_may_be_unknown() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    limit = document({**READ, "Resource": UNKNOWN})
    new = (*role(READ, permissionsBoundary=arn), resource("aws:iam/policy:Policy", "limit", policy=limit, arn=arn))
    holders = {"worker": Verdict.UNDECIDED}
    assert {row[1]: row[0] for row in rows(new, role()[:1])} == holders


def test_what_is_perhaps_attached_may_be_new() -> None:
    perhaps = resource("aws:iam/rolePolicy:RolePolicy", "rights", role=UNKNOWN, policy=json.dumps(document(READ)))
    assert rows((role()[0], perhaps), role()[:1]) == [(Verdict.UNDECIDED, "worker", "rights policy.Statement[0]", "")]


def test_what_is_perhaps_denied_may_not_be_new() -> None:
    perhaps = resource("aws:iam/rolePolicy:RolePolicy", "no", role=UNKNOWN, policy=json.dumps(document(deny("*", "*"))))
    (worker, rights) = role(READ)
    assert {row[0] for row in rows((worker, rights, perhaps), ())} == {Verdict.NEW_ACCESS, Verdict.UNDECIDED}
    assert [row[0] for row in rows((worker, rights, perhaps), (worker,))] == [Verdict.UNDECIDED]


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov"])
def test_the_managed_policy_of_administrators_allows_everything(partition: str) -> None:
    administrator = f"arn:{partition}:iam::aws:policy/AdministratorAccess"
    attached = resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "all", role="worker", policyArn=administrator
    )
    ((verdict, holder, place, _),) = rows((*role(READ), attached), role(READ))
    assert (verdict, holder, place) == (Verdict.NEW_ACCESS, "worker", "all policyArn.Statement[0]")
    ((verdict, holder, place, _),) = rows(role(READ, managedPolicyArns=[administrator]), role(READ))
    assert (verdict, holder, place) == (Verdict.NEW_ACCESS, "worker", "worker managedPolicyArns[0].Statement[0]")
    assert rows((*role(READ), attached), (*role(), attached)) == []
    assert rows((*role(READ), attached), role(READ, managedPolicyArns=[administrator])) == []


def aws_policy(name: str) -> str:
    return f"arn:aws:iam::aws:policy/{name}"


def attachments(kind: str, arn: str) -> tuple[Resource, ...]:
    """A way to attach a managed policy to an identity of this kind, and the identity."""
    identity = resource(f"aws:iam/{kind}:{kind.title()}", "worker", name="worker")
    token = f"aws:iam/{kind}PolicyAttachment:{kind.title()}PolicyAttachment"
    return (identity, resource(token, "more", **{kind: "worker"}, policyArn=arn))


@pytest.mark.parametrize("kind", ["role", "user", "group"])
@pytest.mark.parametrize("arn", [aws_policy("NewerAccess"), f"arn:aws:iam::{ACCOUNT}:policy/theirs"])
def test_an_unreadable_managed_policy_is_reported_if_it_is_new(kind: str, arn: str) -> None:
    new = attachments(kind, arn)
    (gain,) = gains(new, new[:1])
    assert (gain.answer.verdict, gain.by.name, gain.path) == (Verdict.UNDECIDED, "more", "policyArn")
    name = arn if ACCOUNT in arn else "NewerAccess"
    assert gain.answer.why == f"`{name}` is newly attached, and what it allows is not read here"
    assert gains(new, new) == []
    assert gains(new[:1], new) == []


def test_it_is_the_same_however_it_is_attached() -> None:
    reading = aws_policy("NewerAccess")
    together = resource("aws:iam/policyAttachment:PolicyAttachment", "p", roles=["worker"], policyArn=reading)
    only = resource(
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
        "p",
        roleName="worker",
        policyArns=[reading],
    )
    ways = [(*role(), together), (*role(), only), role(managedPolicyArns=[reading])]
    for new in ways:
        assert [row[0] for row in rows(new, role())] == [Verdict.UNDECIDED]
        assert all(gains(new, old) == [] for old in ways)


def test_a_policy_of_a_users_group_is_the_users() -> None:
    group, attached = attachments("group", aws_policy("NewerAccess"))
    user = resource("aws:iam/user:User", "me", name="me")
    member = resource("aws:iam/userGroupMembership:UserGroupMembership", "m", user="me", groups=["worker"])
    assert [row[1] for row in rows((group, user, attached, member), (group, user, member))] == [
        "me",
        "worker",
    ]


def test_what_was_perhaps_attached_before_may_be_new() -> None:
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    old, new = (resource(token, "a", role=each, policyArn=aws_policy("NewerAccess")) for each in (UNKNOWN, "worker"))
    (gain,) = gains((*role(), new), (*role(), old))
    assert gain.answer.why == "`NewerAccess` is newly attached, and what it allows is not read here"
    (gain,) = gains((*role(), old), role())
    assert gain.answer.why == "`NewerAccess` may be newly attached, and what it allows is not read here"


def test_a_policy_of_another_stack_may_have_allowed_everything() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:policy/theirs"
    (gain, *_) = gains(role(allow("*", "*"), managedPolicyArns=[other]), role(managedPolicyArns=[other]))
    assert gain.answer.verdict is Verdict.UNDECIDED
    assert gain.answer.why == f"`{other}` was attached before and may allow this, which is not read here"


@pytest.mark.parametrize("known", [True, False])
def test_a_policy_that_the_stack_looks_up(*, known: bool) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/theirs"
    rights = {"policy": json.dumps(document(READ))} if known else {}
    looked_up = replace(resource("aws:iam/policy:Policy", "theirs", name="theirs", arn=arn, **rights), external=True)
    new = (*role(managedPolicyArns=[arn]), looked_up)
    assert [row[0] for row in rows(new, role())] == [Verdict.NEW_ACCESS if known else Verdict.UNDECIDED]
    assert gains(new, new) == []


def theirs(name: str, *statements: Any) -> Resource:
    """A resource that grants rights to another stack's identity, or a policy to attach to it."""
    rights = json.dumps(document(*statements))
    tokens = {
        "inline": "aws:iam/rolePolicy:RolePolicy",
        "managed": "aws:iam/policy:Policy",
        "set": "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
    }
    if name == "set":
        return resource(tokens[name], name, permissionSetArn="arn:aws:sso:::permissionSet/x/y", inlinePolicy=rights)
    more = {"role": "theirs"} if name == "inline" else {"name": name, "arn": f"arn:aws:iam::{ACCOUNT}:policy/{name}"}
    return resource(tokens[name], name, policy=rights, **more)


EXISTING = replace(resource("aws:iam/role:Role", "theirs", name="theirs"), external=True)


@pytest.mark.parametrize("around", [(), (EXISTING,)])
@pytest.mark.parametrize("name", ["inline", "managed", "set"])
def test_a_gain_of_an_identity_of_another_stack_is_reported(name: str, around: tuple[Resource, ...]) -> None:
    old, new = (*around, theirs(name, READ)), (*around, theirs(name, READ, WRITE))
    (gain,) = gains(new, old)
    assert (gain.answer.verdict, gain.by.name) == (Verdict.NEW_ACCESS, name)
    assert gain.path.endswith(".Statement[1]")
    assert gain.answer.witness is not None
    assert gain.answer.witness.outsider == f"whoever gets `{name}`"
    assert gains(old, new) == []


@pytest.mark.parametrize("around", [(), (EXISTING,)])
def test_an_attachment_to_an_identity_of_another_stack_is_reported(around: tuple[Resource, ...]) -> None:
    def attached(policy: str) -> Resource:
        return resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", role="theirs", policyArn=policy)

    mine = theirs("managed", READ)
    for policy, verdict in [
        (aws_policy("AdministratorAccess"), Verdict.NEW_ACCESS),
        (aws_policy("NewerAccess"), Verdict.UNDECIDED),
        (f"arn:aws:iam::{ACCOUNT}:policy/managed", Verdict.NEW_ACCESS),
    ]:
        new = (*around, mine, attached(policy))
        assert {row[:2] for row in rows(new, (*around, mine))} == {(verdict, "a")}
        assert gains(new, new) == []


def test_a_policy_that_is_no_longer_attached_gives_nothing_new() -> None:
    mine = theirs("managed", READ)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/managed"
    worker, attached = attachments("role", arn)
    assert gains((mine, worker), (mine, worker, attached)) == []
    assert [row[1] for row in rows((mine, worker, attached), (mine, worker))] == ["worker"]
    assert gains((mine, worker), (mine, role(permissionsBoundary=arn)[0])) == []


def test_which_policy_is_attached_may_be_unknown() -> None:
    assert [row[0] for row in rows(role(managedPolicyArns=UNKNOWN), role())] == [Verdict.UNDECIDED]


def test_nothing_is_new_to_an_administrator() -> None:
    administrator = role(managedPolicyArns=[aws_policy("AdministratorAccess")])
    assert gains(role(managedPolicyArns=[aws_policy("NewerAccess")]), administrator) == []
    denied = role(deny("s3:*", "*"), managedPolicyArns=[aws_policy("AdministratorAccess")])
    less = role(deny("s3:*", "*"), managedPolicyArns=[aws_policy("NewerAccess")])
    assert gains(less, denied) == []
    assert [row[0] for row in rows(role(managedPolicyArns=[aws_policy("NewerAccess")]), denied)] == [Verdict.UNDECIDED]


def test_what_was_attached_before_may_allow_what_is_written_now() -> None:
    reading = aws_policy("NewerAccess")
    (gain,) = gains(role(READ, managedPolicyArns=[reading]), role(managedPolicyArns=[reading]))
    assert gain.answer.verdict is Verdict.UNDECIDED
    assert gain.answer.why == "`NewerAccess` was attached before and may allow this, which is not read here"
    assert gain.answer.witness is not None
    wide = role(allow("*", "*"), managedPolicyArns=[reading])
    assert {row[0] for row in rows(wide, role(managedPolicyArns=[reading]))} == {Verdict.NEW_ACCESS}


def test_managed_policies_for_functions_are_read() -> None:
    logs = aws_policy("service-role/AWSLambdaBasicExecutionRole")
    ((verdict, _, place, action),) = rows(role(managedPolicyArns=[logs]), role())
    assert (verdict, place) == (Verdict.NEW_ACCESS, "worker managedPolicyArns[0].Statement[0]")
    assert action.startswith("logs:")
    assert [row[0] for row in rows(role(READ, managedPolicyArns=[logs]), role(managedPolicyArns=[logs]))] == [
        Verdict.NEW_ACCESS
    ]


def test_a_boundary_that_cannot_be_read() -> None:
    limit, other = aws_policy("NewerAccess"), aws_policy("OtherNewerAccess")
    limited = role(READ, permissionsBoundary=limit)
    assert gains(limited, limited) == []
    assert gains(limited, role(READ)) == []
    for new in (role(READ), role(READ, permissionsBoundary=other)):
        ((verdict, _, place, _),) = rows(new, limited)
        assert (verdict, place) == (Verdict.UNDECIDED, "worker permissionsBoundary")
    unknown = role(READ, permissionsBoundary=UNKNOWN)
    assert [row[0] for row in rows(unknown, unknown)] == [Verdict.UNDECIDED]
    mine = resource("aws:iam/policy:Policy", "mine", name="mine", arn=f"arn:aws:iam::{ACCOUNT}:policy/mine")
    empty = (mine, *role(READ, permissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/mine"))
    assert {row[0] for row in rows(empty, (mine, role()[0]))} == {Verdict.UNDECIDED}
    every = aws_policy("AdministratorAccess")
    administrator = role(managedPolicyArns=[every], permissionsBoundary=limit)
    assert gains(role(managedPolicyArns=[every, other], permissionsBoundary=limit), administrator) == []
    (gain,) = gains(role(READ, WRITE, permissionsBoundary=limit), limited)
    assert gain.answer.verdict is Verdict.UNDECIDED
    assert gain.answer.why == "a permissions boundary that is not read here may forbid this"


def test_no_other_policy_of_aws_allows_everything() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    every = [
        name
        for name, each in json.loads(aws_managed_policies_data).items()
        if diff([EVERYTHING], [read(each["Document"])]).verdict is Verdict.NO_NEW_ACCESS
    ]
    assert every == ["AdministratorAccess"]


def in_account(account: str, *resources: Resource) -> tuple[Resource, ...]:
    """The resources, with a provider of this account."""
    provider = resource("pulumi:providers:aws", f"in-{account}", region="eu-west-1", allowedAccountIds=[account])
    return (provider, *(replace(each, provider=provider.urn) for each in resources))


DEV, PROD = in_account("111122223333"), in_account("444455556666")
INLINE = theirs("inline", READ)
TO_ALL = resource(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "a",
    role="theirs",
    policyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
)
THEIRS = resource("aws:iam/role:Role", "theirs", name="theirs")


@pytest.mark.parametrize("carrier", [INLINE, TO_ALL])
def test_an_identity_of_the_same_name_in_another_account_is_another(carrier: Resource) -> None:
    in_dev, in_prod = in_account("111122223333", carrier), in_account("444455556666", carrier)
    for new, old in [((*DEV, *in_prod), (*in_dev, *PROD)), ((*DEV, *in_prod), in_dev)]:
        assert {row[0] for row in rows(new, old)} == {Verdict.NEW_ACCESS}
    for new, old in [((*in_dev, *PROD), in_dev), (in_dev, (*in_dev, *PROD)), (in_prod, in_dev)]:
        assert rows(new, old) == []


def test_a_role_that_joins_the_stack_was_the_one_of_its_account() -> None:
    before = (*PROD, *in_account("111122223333", INLINE))
    assert rows((*PROD, *in_account("111122223333", THEIRS, INLINE)), before) == []
    assert rows((*DEV, *in_account("444455556666", THEIRS, INLINE)), before) != []


GRANTS = json.dumps(document(allow("s3:GetObject", "arn:aws:s3:::inbox/*", Principal="*")))
REFUSED = {
    "cut off": GRANTS[:-2],
    "text": "see wiki",
    "a wrong effect": GRANTS.replace("Allow", "allow"),
    "no element": GRANTS.replace('"Action"', '"Actions"'),
    "a number": GRANTS.replace('"s3:GetObject"', "NaN"),
    "nested": "[" * 60_000,
    "no statement": '{"Version": "2012-10-17"}',
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_document_that_aws_refuses_is_undecided(case: str) -> None:
    policies = tuple(
        resource(token, token, policy=REFUSED[case], **named)
        for token, named in (
            ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "inbox"}),
            ("aws:iam/rolePolicy:RolePolicy", {"role": "worker"}),
        )
    )
    whys = [(gain.answer.verdict, gain.answer.why) for gain in gains(policies, ())]
    assert [verdict for verdict, _ in whys] == [Verdict.UNDECIDED] * 2
    assert all(
        why.startswith("AWS refuses this document: ") and why.endswith(", so it was not judged") for _, why in whys
    )
    assert gains(policies, policies) == []
    public = by_name(*policies)
    assert [(name, entry.verdict) for name, entry in public.items()] == [(policies[0].name, Verdict.UNDECIDED)]
