"""A grant to an organization, or to all of an account or a namespace, is more than one to a member of it."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Resource
from tests.access.stacks import gains, resource

OWNER, PARTNER = "210987654321", "345678901234"
ROOT = f"arn:aws:organizations::{OWNER}"
ALL, UNIT, OTHER_UNIT = f"{ROOT}:organization/o-zz9", f"{ROOT}:ou/o-zz9/ou-k1-aaaa", f"{ROOT}:ou/o-zz9/ou-k1-bbbb"
ANOTHER_ORGANIZATION = f"{ROOT}:organization/o-zz99"
ROLE = f"arn:aws:iam::{OWNER}:role/analyst"
SPACE = f"arn:aws:quicksight:eu-west-1:{OWNER}"
NEW, UNDECIDED = Verdict.NEW_ACCESS, Verdict.UNDECIDED


def _image(grantee: str) -> Resource:
    kind = ("organizationalUnitArn" if ":ou/" in grantee else "organizationArn") if "arn:" in grantee else "accountId"
    return resource("aws:ec2/amiLaunchPermission:AmiLaunchPermission", imageId="ami-7", **{kind: grantee})


def _built(grantee: str) -> Resource:
    kind = ("organizationalUnitArns" if ":ou/" in grantee else "organizationArns") if "arn:" in grantee else "userIds"
    launching: dict[str, Any] = {"launchPermission": {kind: [grantee]}}
    return resource(
        "aws:imagebuilder/distributionConfiguration:DistributionConfiguration",
        name="golden",
        distributions=[{"region": "eu-west-1", "amiDistributionConfiguration": launching}],
    )


def _share(grantee: str) -> Resource:
    share = f"arn:aws:ram:eu-west-1:{OWNER}:resource-share/s"
    return resource("aws:ram/principalAssociation:PrincipalAssociation", principal=grantee, resourceShareArn=share)


def _table(grantee: str) -> Resource:
    table = {"databaseName": "sales", "name": "orders"}
    return resource("aws:lakeformation/permissions:Permissions", principal=grantee, permissions=["SELECT"], table=table)


def _portfolio(grantee: str) -> Resource:
    return resource("aws:servicecatalog/portfolioShare:PortfolioShare", portfolioId="port-1", principalId=grantee)


def _license(grantee: str) -> Resource:
    return resource(
        "aws:licensemanager/licenseGrant:LicenseGrant",
        principal=grantee,
        licenseArn=f"arn:aws:license-manager::{OWNER}:license:l-2",
        allowedOperations=["CheckoutLicense"],
    )


def _dashboard(grantee: str) -> Resource:
    may = [{"principal": grantee, "actions": ["quicksight:DescribeDashboard"]}]
    return resource("aws:quicksight/dashboard:Dashboard", name="sales", permissions=may)


def _verdicts(new: tuple[Resource, ...], old: tuple[Resource, ...]) -> set[Verdict]:
    return {gain.answer.verdict for gain in gains(new, old)}


@pytest.mark.parametrize("granted", [_image, _built, _share, _table, _portfolio, _license])
@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (OWNER, ALL, NEW),
        (OWNER, UNIT, NEW),
        (PARTNER, ALL, NEW),
        (UNIT, ALL, NEW),
        (ALL, ANOTHER_ORGANIZATION, NEW),
        (ALL, ALL, None),
        (ALL, OWNER, None),
        (ALL, UNIT, None),
        (ALL, PARTNER, UNDECIDED),
        (UNIT, PARTNER, UNDECIDED),
        (UNIT, OWNER, UNDECIDED),
        (UNIT, OTHER_UNIT, UNDECIDED),
    ],
)
def test_an_organization_is_more_than_a_part_of_it(
    granted: Any, before: str, after: str, verdict: Verdict | None
) -> None:
    assert _verdicts((granted(after),), (granted(before),)) == ({verdict} if verdict else set())


@pytest.mark.parametrize(
    ("granted", "less", "more"),
    [
        (_table, ROLE, f"{OWNER}:IAMPrincipals"),
        (_table, ROLE, ALL),
        (_dashboard, f"{SPACE}:user/default/eve", f"{SPACE}:namespace/default"),
        (_dashboard, f"{SPACE}:group/default/sales", f"{SPACE}:namespace/default"),
    ],
)
def test_all_of_an_account_or_a_namespace_is_more_than_one_of_it(granted: Any, less: str, more: str) -> None:
    assert _verdicts((granted(more),), (granted(less),)) == {NEW}
    assert _verdicts((granted(less),), (granted(more),)) == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{OWNER}:IAMPrincipals", f"arn:aws:iam::{PARTNER}:role/analyst"),
        (f"{PARTNER}:IAMPrincipals", ROLE),
    ],
)
def test_an_identity_of_another_account_is_none_of_this_one(before: str, after: str) -> None:
    assert _verdicts((_table(after),), (_table(before),)) == {NEW}


def test_everyone_is_more_than_an_organization() -> None:
    public = resource("aws:ec2/amiLaunchPermission:AmiLaunchPermission", imageId="ami-7", group="all")
    assert NEW in _verdicts((public,), (_image(ALL),))
    assert _verdicts((_image(ALL),), (public,)) == set()


def test_a_user_of_another_namespace_is_not_of_this_one() -> None:
    other, space = f"{SPACE}:user/partners/eve", f"{SPACE}:namespace/default"
    assert _verdicts((_dashboard(other),), (_dashboard(space),)) == {NEW}


def test_the_reason_names_the_organization_that_a_grantee_may_be_in() -> None:
    (gain,) = gains((_image(PARTNER),), (_image(UNIT),))
    assert UNIT in gain.answer.why
