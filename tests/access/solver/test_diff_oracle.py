"""The engine's `diff` against the slow evaluator: every witness is newly allowed, and "no" survives requests."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import Access, access, newly, within
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.request import Request
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind
from tests.access.drawing import (
    documents,
    documents_of_references,
    documents_of_variables,
    requests_of_references,
    sampled,
    sampled_with_variables,
)
from tests.access.reference import Asked, allowed

pytestmark = pytest.mark.corpus

EXAMPLES = int(os.environ.get("STACKGUARD_EXAMPLES", "100"))
TRIED = 60
"""Requests by which a "no" is tried."""
SLOWLY = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def newly_allowed_request(new: Any, old: Any, *, principals: bool) -> Request | None:
    kind, of = (
        (DocumentKind.RESOURCE, "s3/bucketPolicy:BucketPolicy")
        if principals
        else (DocumentKind.IDENTITY, "iam/policy:Policy")
    )
    read = [access([parse(each, kind, f"aws:{of}")], Bound.LEAST) for each in (new, old)]
    answer = newly(read[0], read[1], attached=not principals)
    return answer and answer[0]


def asked(request: Request) -> Asked:
    caller = request.caller
    names = caller.arns if caller.type == "AWS" else (caller.name,)
    return Asked(caller.type, names, caller.account, request.action, request.resource, request.context)


def check(new: Any, old: Any, seed: int, *, principals: bool, chosen: Callable[[Random], Asked] | None = None) -> None:
    """By requests that `chosen` chooses; by those of the small world for None. Undecided is no answer."""
    choose = chosen or partial(sampled, principals=principals)
    try:
        request = newly_allowed_request(new, old, principals=principals)
    except TooManyCellsError:
        assert refers(new, old)
        return
    if request is not None:
        example = asked(request)
        assert allowed(new, example), request
        assert not allowed(old, example), request
    else:
        chance = Random(seed)
        for _ in range(TRIED):
            sample = choose(chance)
            assert not allowed(new, sample) or allowed(old, sample), sample


@SLOWLY
@given(documents(principals=False), documents(principals=False), st.integers())
def test_of_identities(new: Any, old: Any, seed: int) -> None:
    check(new, old, seed, principals=False)


def refers(*documents: Any) -> bool:
    """Whether documents compare keys with one another: only these may be undecided."""
    return "${" in json.dumps(documents)


def check_within(own: Any, limit: Any, old: Any, tried: Iterable[Asked]) -> None:
    """Of an identity's document within a permissions boundary, against an old document without one."""

    def read(raw: Any) -> Access:
        return access([parse(raw, DocumentKind.IDENTITY, "aws:iam/policy:Policy")], Bound.LEAST)

    def newly_allowed(request: Asked) -> bool:
        return allowed(own, request) and allowed(limit, request) and not allowed(old, request)

    try:
        answer = newly(within(read(own), read(limit)), read(old), attached=True)
    except TooManyCellsError:
        assert refers(own, limit, old)
        return
    if answer is not None:
        assert newly_allowed(asked(answer[0])), answer[0]
    else:
        assert not any(map(newly_allowed, tried))


@SLOWLY
@given(documents(principals=False), documents(principals=False), documents(principals=False), st.integers())
def test_of_an_identity_within_a_boundary(own: Any, limit: Any, old: Any, seed: int) -> None:
    chance = Random(seed)
    check_within(own, limit, old, (sampled(chance, principals=False) for _ in range(TRIED)))


@SLOWLY
@given(documents(principals=True), documents(principals=True), st.integers())
def test_of_resources(new: Any, old: Any, seed: int) -> None:
    check(new, old, seed, principals=True)


@SLOWLY
@given(documents(principals=True), st.integers(), st.data())
def test_of_documents_that_differ_little(old: Any, seed: int, data: st.DataObject) -> None:
    """Containment is rare among independent documents, and common if one is derived from the other."""
    statements = list(old["Statement"])
    place = data.draw(st.integers(0, len(statements) - 1))
    other = data.draw(documents(principals=True))["Statement"][0]
    change = data.draw(st.sampled_from(["drop", "replace", "add", "merge"]))
    if change == "drop" and len(statements) > 1:
        del statements[place]
    elif change == "replace":
        statements[place] = other
    elif change == "merge":
        statements[place] = {**statements[place], "Condition": other.get("Condition", {})}
    else:
        statements.append(other)
    check({**old, "Statement": statements}, old, seed, principals=True)
    check(old, {**old, "Statement": statements}, seed, principals=True)


@SLOWLY
@given(documents_of_variables(), documents_of_variables(), st.integers())
def test_of_variables(one: Any, other: Any, seed: int) -> None:
    both = {**one, "Statement": [*one["Statement"], *other["Statement"]]}
    for new, old in ((one, other), (one, both), (both, one)):
        check(new, old, seed, principals=False, chosen=sampled_with_variables)


REFERENCES = requests_of_references()
EVERYTHING, NOTHING = (
    {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "*", "Resource": "*"}]}
    for effect in ("Allow", "Deny")
)


@SLOWLY
@given(documents_of_references(), st.one_of(st.just(NOTHING), documents_of_references()))
def test_of_keys_that_refer_to_one_another(limit: Any, old: Any) -> None:
    check_within(EVERYTHING, limit, old, REFERENCES)
