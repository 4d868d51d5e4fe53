"""A statement that includes another one matches every request that it matches, and no denial is ignored."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.access.solver.diff import diff, includes
from policypack.access.solver.partition import Work
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, deny, document
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind
from tests.access.drawing import documents, sampled
from tests.access.reference import applies
from tests.access.solver.test_diff_oracle import SLOWLY, TRIED

NEW, OLD = Verdict.NEW_ACCESS, Verdict.NO_NEW_ACCESS
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "a"}}
BOTH = {"StringEquals": {"aws:principaltag/TEAM": "a", "aws:PrincipalTag/site": "b"}}
ROLE, USER = ({"AWS": f"arn:aws:iam::111122223333:{each}"} for each in ("role/r", "user/u"))


def included(wide: Any, narrow: Any) -> bool:
    read = parse(document(wide, narrow), DocumentKind.RESOURCE, "aws:s3/bucketPolicy:BucketPolicy")
    return includes(*read.statements, Work())


@SLOWLY
@given(documents(principals=True), documents(principals=True), st.integers(), st.data())
def test_what_includes_another_one_matches_all_of_it(one: Any, other: Any, seed: int, data: st.DataObject) -> None:
    wide, narrow = one["Statement"][0], {**one["Statement"][0]}
    for element in data.draw(st.sets(st.sampled_from(["Action", "Resource", "Principal", "Condition"]), max_size=2)):
        for name in (element, f"Not{element}"):
            narrow.pop(name, None)
            if name in other["Statement"][0]:
                narrow[name] = other["Statement"][0][name]
    for first, second in ((wide, narrow), (narrow, wide)):
        if included(first, second):
            chance = Random(seed)
            for _ in range(TRIED):
                request = sampled(chance, principals=True)
                assert applies(one, first, request) or not applies(one, second, request), request


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (allow(), allow("S3:getobject", Sid="Other")),
        (allow(["s3:Get*", "s3:List*"]), allow(["s3:ListBucket", "s3:GetObject"])),
        (allow(resource="arn:aws:s3:::b*/x*"), allow(resource=["arn:aws:s3:::b/*/x?", "arn:aws:s3:::b/x"])),
        (allow(Condition=TEAM), allow(Condition=BOTH)),
        (allow(None, NotAction="s3:Get*"), allow(None, NotAction=["iam:*", "s3:*"])),
        (allow("*"), allow(None, NotAction="s3:*")),
        (allow(), allow(Principal=ROLE)),
        (allow(Principal={"AWS": [*ROLE.values(), *USER.values()]}), allow(Principal=USER)),
        (allow(NotPrincipal=USER), allow(NotPrincipal=USER)),
        (allow(resource="b/${aws:username}/*"), allow(resource="b/${aws:username}/*")),
        (deny("s3:*", "*"), deny("s3:Get*", None, NotResource="b")),
    ],
)
def test_what_plainly_includes_another_one(wide: Any, narrow: Any) -> None:
    assert included(wide, narrow)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (allow("s3:Get*"), allow(["s3:GetObject", "s3:PutObject"])),
        (allow(resource="b/x*"), allow(resource="b/*x*")),
        (allow(Condition=BOTH), allow(Condition=TEAM)),
        (allow(Condition=TEAM), allow(Condition={"StringEqualsIfExists": TEAM["StringEquals"]})),
        (allow(None, NotAction=["iam:*", "s3:*"]), allow(None, NotAction="s3:Get*")),
        (allow(None, NotAction="s3:Get*"), allow("s3:*")),
        (allow(resource="b/*"), allow(resource=None, NotResource="b/*")),
        (allow(Principal=ROLE), allow()),
        (allow(Principal=ROLE), allow(Principal={"AWS": [*ROLE.values(), *USER.values()]})),
        (allow(NotPrincipal=USER), allow(NotPrincipal=ROLE)),
        (allow(NotPrincipal=USER), allow(Principal=USER)),
        (allow(resource="b/$?aws:username}"), allow(resource="b/${aws:username}")),
        (allow(resource="b/${aws:username}*"), allow(resource="b/${aws:userid}*")),
    ],
)
def test_what_does_not(wide: Any, narrow: Any) -> None:
    assert not included(wide, narrow)


@pytest.mark.parametrize(
    ("new", "old", "verdict"),
    [
        ([allow()], [allow(), deny("s3:*", "arn:aws:s3:::inbox/a*")], NEW),
        ([allow(), deny("s3:*", "arn:aws:s3:::inbox/b*")], [allow(), deny("s3:*", "arn:aws:s3:::inbox/a*")], NEW),
        ([allow(), deny("s3:*", "arn:aws:s3:::inbox/*")], [allow(), deny("s3:*", "arn:aws:s3:::inbox/a*")], OLD),
        ([allow("s3:Get*")], [allow(), allow("s3:*", Condition=TEAM)], NEW),
        ([allow(["s3:GetObject", "s3:PutObject"])], [allow(), allow("s3:Put*")], OLD),
    ],
)
def test_a_denial_and_a_condition_count_beside_an_allow_statement_that_includes_the_new_one(
    new: list[Any], old: list[Any], verdict: Verdict
) -> None:
    read = [parse(document(*each), DocumentKind.IDENTITY, "aws:iam/policy:Policy") for each in (new, old)]
    assert diff(read[:1], read[1:]).verdict is verdict
