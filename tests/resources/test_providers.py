"""Providers: whether two work in one account."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.settings import Settings
from policypack.resources.providers import PROVIDER, same_account


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (["111111111111"], ["222222222222"], False),
        (["111111111111", UNKNOWN], ["222222222222"], None),
        (UNKNOWN, ["222222222222"], None),
    ],
)
def test_lists_of_accounts_tell_two_providers_apart_if_all_are_known(first: Any, second: Any, same: Any) -> None:
    providers = [
        Resource(PROVIDER, name, {"allowedAccountIds": accounts, "profile": name})
        for name, accounts in (("one", first), ("two", second))
    ]
    buckets = [Resource("aws:s3/bucket:Bucket", each.name, provider=each.urn) for each in providers]
    stack = Stack((*providers, *buckets), Settings())
    assert same_account(stack, *buckets) is same
