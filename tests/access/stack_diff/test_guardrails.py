"""What only narrows, or is open without a document: less of it is new access; the same in another form is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

Resources = tuple[Resource, ...]
POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"
UNIT = "aws:organizations/organizationalUnit:OrganizationalUnit"
ORGANIZATION = "aws:organizations/organization:Organization"
OU = "ou-ab12-cdef3456"
FILES = "aws:efs/fileSystem:FileSystem"
FILES_POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"
INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"


def verdicts(new: Resources, old: Resources) -> list[Verdict]:
    return [gain.answer.verdict for gain in gains(new, old)]


def created(token: str, called: str, **inputs: Any) -> Resource:
    """A resource whose ARN and id AWS creates."""
    return replace(resource(token, called, **inputs), outputs={})


def using(used: Resource, name: str, user: Resource) -> Resource:
    """The user, with an unknown value of the other resource in its property."""
    return replace(
        user,
        inputs={**user.inputs, name: UNKNOWN},
        property_dependencies={**user.property_dependencies, name: (used.urn,)},
    )


def denial(*actions: str, name: str = "guard", **elements: Any) -> Resource:
    content = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": [*actions], "Resource": "*", **elements}]}
    )
    return created(POLICY, name, name=name, content=content)


def attached(policy: Resource, target: str = OU, called: str = "a", **inputs: Any) -> Resources:
    return policy, using(policy, "policyId", resource(ATTACHMENT, called, targetId=target, **inputs))


USERS = attached(denial("iam:CreateUser", "iam:CreateAccessKey"))
ROLE = {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}
ORGANIZED: Resources = (
    created(ORGANIZATION, "org", enabledPolicyTypes=["SERVICE_CONTROL_POLICY"]),
    created(UNIT, "prod", name="prod", parentId="r-ab12"),
)
NESTED: Resources = (*ORGANIZED, using(ORGANIZED[1], "parentId", created(UNIT, "sub", name="sub")))


def guarding(unit: Resource, policy: Resource = USERS[0]) -> Resources:
    return policy, using(policy, "policyId", using(unit, "targetId", resource(ATTACHMENT, f"to-{unit.name}")))


WEAKER: dict[str, tuple[Resources, Resources]] = {
    "the attachment goes": (USERS, USERS[:1]),
    "the policy goes too": (USERS, ()),
    "fewer actions": (USERS, attached(denial("iam:CreateUser"))),
    "another exception": (
        attached(denial("iam:CreateUser")),
        attached(denial("iam:CreateUser", Condition={"ArnNotLike": ROLE})),
    ),
    "another unit": (USERS, attached(USERS[0], "ou-ab12-99999999")),
    "attached by another stack": (USERS[:1], (denial("iam:CreateUser"),)),
    "one below": ((*NESTED, *guarding(NESTED[1])), (*NESTED, *guarding(NESTED[2]))),
    "a unit that moves": (
        (*NESTED, *guarding(NESTED[1])),
        (*ORGANIZED, created(UNIT, "sub", name="sub", parentId="r-ab12"), *guarding(NESTED[1])),
    ),
    "the type is switched off": ((*ORGANIZED, *USERS), (created(ORGANIZATION, "org"), *ORGANIZED[1:], *USERS)),
}
NOT_WEAKER: dict[str, tuple[Resources, Resources]] = {
    "more actions": (attached(denial("iam:CreateUser")), USERS),
    "a new policy": ((), USERS),
    "two policies": (
        USERS,
        (*attached(denial("iam:CreateUser")), *attached(denial("iam:CreateAccessKey", name="keys"), called="b")),
    ),
    "another logical name": (
        USERS,
        attached(replace(USERS[0], name="other", urn="urn:pulumi:s::p::t::other"), called="b"),
    ),
    "the root": (USERS, attached(USERS[0], "r-ab12")),
    "one above": ((*NESTED, *guarding(NESTED[2])), (*NESTED, *guarding(NESTED[1]))),
    "the unit goes with it": ((*NESTED, *guarding(NESTED[2])), ORGANIZED),
    "it stays attached": (attached(USERS[0], skipDestroy=True), USERS[:1]),
    "AWS's own policy beside it": (USERS, (*USERS, resource(ATTACHMENT, "b", policyId="p-FullAWSAccess", targetId=OU))),
}


@pytest.mark.parametrize("case", WEAKER)
def test_a_guardrail_that_stops_less_is_new_access(case: str) -> None:
    old, new = WEAKER[case]
    assert Verdict.NEW_ACCESS in verdicts(new, old)


@pytest.mark.parametrize("case", NOT_WEAKER)
def test_a_guardrail_that_stops_as_much_is_none(case: str) -> None:
    old, new = NOT_WEAKER[case]
    assert verdicts(new, old) == []


def test_what_a_policy_denied_that_cannot_be_read_is_undecided() -> None:
    foreign = resource(ATTACHMENT, "a", policyId="p-0123456789", targetId=OU)
    unread = attached(replace(USERS[0], inputs={"name": "guard", "content": UNKNOWN}))
    assert [verdicts((), (foreign,)), verdicts(unread, USERS)] == [[Verdict.UNDECIDED], [Verdict.UNDECIDED] * 1]
    assert verdicts((foreign,), (foreign,)) == []


def test_allow_statements_of_a_target_are_compared_with_each_other() -> None:
    some, more = (
        attached(created(POLICY, "p", name="p", content=json.dumps(document(allow(actions)))))
        for actions in ("s3:GetObject", "s3:*")
    )
    assert [verdicts(more, some), verdicts(some, more), verdicts(more, ())] == [[Verdict.UNDECIDED], [], []]


def files(*statements: Any, name: str = "fs", token: str = "home") -> Resources:
    system = created(FILES, name, creationToken=token)
    policy = resource(FILES_POLICY, name, policy=json.dumps(document(*statements)))
    return (system, using(system, "fileSystemId", policy)) if statements else (system,)


CLIENTS = [f"elasticfilesystem:Client{name}" for name in ("Mount", "RootAccess", "Write")]
MOUNTED = {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
APP = allow("elasticfilesystem:ClientMount", Principal={"AWS": "arn:aws:iam::111122223333:role/app"})


def test_a_file_system_without_a_policy_is_open() -> None:
    everyone = allow(CLIENTS, Principal={"AWS": "*"}, Condition=MOUNTED)
    assert set(verdicts(files(), files(APP))) == {Verdict.NEW_ACCESS}
    assert verdicts(files(), files(everyone)) == []
    assert verdicts(files(APP), files()) == []
    assert verdicts((), files(APP)) == []
    outside = resource(FILES_POLICY, "p", fileSystemId="fs-0123456789abcdef0", policy=json.dumps(document(APP)))
    assert set(verdicts((), (outside,))) == {Verdict.NEW_ACCESS}


def test_a_creation_token_is_the_identity_of_a_file_system() -> None:
    more = allow(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], Principal=APP["Principal"])
    assert verdicts(files(APP, name="renamed"), files(more)) == []
    assert verdicts(files(more, name="renamed"), files(APP)) == [Verdict.NEW_ACCESS]


def test_a_key_without_its_policy_has_the_default_one() -> None:
    key = resource("aws:kms/key:Key", "k", arn="arn:aws:kms:eu-west-1:111122223333:key/k", keyId="k")
    for principal, expected in (("root", []), ("role/keys", [Verdict.NEW_ACCESS])):
        statement = allow("kms:*", Principal={"AWS": f"arn:aws:iam::111122223333:{principal}"})
        policy = resource("aws:kms/keyPolicy:KeyPolicy", "k", keyId="k", policy=json.dumps(document(statement)))
        assert verdicts((key,), (key, policy)) == expected


def sign_on(name: str, principal: str = "g-1", policy: str = "ReadOnlyAccess") -> Resources:
    """A permission set, a policy attached to it, and its assignment, under logical names that begin with a text."""
    permission_set = created(
        "aws:ssoadmin/permissionSet:PermissionSet", f"{name}-set", name="Ops", instanceArn=INSTANCE
    )
    managed = f"arn:aws:iam::aws:policy/{policy}"
    attachment = resource(
        "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment", name, managedPolicyArn=managed
    )
    assignment = resource(
        "aws:ssoadmin/accountAssignment:AccountAssignment",
        name,
        principalId=principal,
        principalType="GROUP",
        targetId="1",
    )
    return permission_set, *(using(permission_set, "permissionSetArn", part) for part in (attachment, assignment))


def test_single_sign_on_is_compared_by_its_permission_sets() -> None:
    assert verdicts(sign_on("new"), sign_on("old")) == []
    assert set(verdicts(sign_on("new", policy="PowerUserAccess"), sign_on("old"))) == {Verdict.NEW_ACCESS}
    (gain,) = gains(sign_on("ops", principal="g-2"), sign_on("ops"))
    assert gain.answer.verdict is Verdict.NEW_ACCESS
    assert gain.answer.witness is not None
    assert "PermissionSet ops-set" in gain.answer.witness.resource


def test_the_state_tells_what_a_program_does_not_know() -> None:
    known = [
        replace(part, inputs={**part.inputs, "permissionSetArn": "arn:aws:sso:::permissionSet/ps-1"})
        for part in sign_on("ops")[1:]
    ]
    state = (replace(sign_on("ops")[0], outputs={"arn": "arn:aws:sso:::permissionSet/ps-1"}), *known)
    assert verdicts(sign_on("ops"), state) == []


def test_a_membership_of_an_identity_store_is_new_access() -> None:
    group = created("aws:identitystore/group:Group", "g", identityStoreId="d-1", displayName="Ops")
    user = created("aws:identitystore/user:User", "u", identityStoreId="d-1", userName="dora")
    member = using(
        user, "memberId", using(group, "groupId", resource("aws:identitystore/groupMembership:GroupMembership", "m"))
    )
    assert verdicts((group, user, member), (group, user)) == [Verdict.NEW_ACCESS]
    renamed = replace(member, name="other", urn="urn:pulumi:s::p::t::other")
    assert verdicts((group, user, renamed), (group, user, member)) == []


def endpoint_service(*inline: str, beside: tuple[str, ...] = (), accept: bool = True) -> Resources:
    balancers = ["arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/x/1"]
    principals = {"allowedPrincipals": [*inline]} if inline else {}
    service = created(
        "aws:ec2/vpcEndpointService:VpcEndpointService",
        "s",
        acceptanceRequired=accept,
        networkLoadBalancerArns=balancers,
        **principals,
    )
    sidecar = "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple"
    allowed = (using(service, "vpcEndpointServiceId", resource(sidecar, arn, principalArn=arn)) for arn in beside)
    return service, *allowed


def test_principals_of_an_endpoint_service_may_move_beside_it() -> None:
    partner, other = (f"arn:aws:iam::{account}:root" for account in ("444455556666", "777788889999"))
    inline, beside = endpoint_service(partner), endpoint_service(beside=(partner,))
    assert verdicts(beside, inline) == verdicts(inline, beside) == []
    assert verdicts(endpoint_service(beside=(other,)), inline) == [Verdict.NEW_ACCESS]
    assert verdicts(endpoint_service(beside=(partner,), accept=False), inline) == [Verdict.NEW_ACCESS]


def test_a_session_policy_that_goes_is_undecided() -> None:
    token = "aws:transfer/user:User"
    limited = resource(token, "u", userName="u", policy=json.dumps(document(allow("s3:GetObject"))))
    assert verdicts((resource(token, "u", userName="u"),), (limited,)) == [Verdict.UNDECIDED]
    assert verdicts((limited,), (resource(token, "u", userName="u"),)) == []


SET = created("aws:ssoadmin/permissionSet:PermissionSet", "readers", name="readers", instanceArn=INSTANCE)
READ_ONLY = {"managedPolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}


def bounded(boundary: dict[str, Any], **inputs: Any) -> Resource:
    token = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"
    return resource(token, "limit", instanceArn=INSTANCE, permissionsBoundary=boundary, **inputs)


LIMITED: Resources = (SET, using(SET, "permissionSetArn", bounded(READ_ONLY)))
POWER: Resources = (
    SET,
    using(SET, "permissionSetArn", bounded({"managedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"})),
)
ELSEWHERE: Resources = (bounded(READ_ONLY, permissionSetArn=f"{INSTANCE}/ps-1"),)


@pytest.mark.parametrize(
    ("old", "new"), [(LIMITED, (SET,)), (LIMITED, POWER), (ELSEWHERE, ())], ids=["gone", "another", "of another stack"]
)
def test_a_permission_set_without_its_boundary_is_undecided(old: Resources, new: Resources) -> None:
    assert verdicts(new, old) == [Verdict.UNDECIDED]


@pytest.mark.parametrize(
    ("old", "new"),
    [(LIMITED, ()), ((SET,), LIMITED), (LIMITED, LIMITED), (ELSEWHERE, (replace(ELSEWHERE[0], name="renamed"),))],
    ids=["with its set", "new", "the same", "renamed"],
)
def test_a_boundary_that_stays_or_goes_with_its_permission_set_is_none(old: Resources, new: Resources) -> None:
    assert verdicts(new, old) == []


@pytest.mark.parametrize("owner", [["a"], {"a": "b"}, 5, UNKNOWN], ids=str)
def test_a_boundary_of_what_is_not_known_is_undecided_when_it_goes(owner: Any) -> None:
    assert verdicts((), (bounded(READ_ONLY, permissionSetArn=owner),)) == [Verdict.UNDECIDED]
