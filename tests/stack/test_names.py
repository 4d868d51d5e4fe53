"""Names differ wherever they would clash, and fit every service."""

from __future__ import annotations

import dataclasses

import pytest
from names import Names
from settings import LONGEST_BASE, Settings

SETTINGS = Settings(
    project="stackguard-ingest",
    stack="dev",
    region="eu-central-1",
    account_id="111122223333",
    trusted_networks=(),
    log_retention_days=90,
    object_retention_days=365,
    reserved_concurrency=10,
)
GLOBAL = ("ingest_bucket", "results_bucket", "role")


@pytest.mark.parametrize("change", [{"stack": "prod"}, {"region": "eu-west-1"}])
def test_two_stacks_of_one_account_do_not_clash(change: dict[str, str]) -> None:
    first, second = Names.of(SETTINGS), Names.of(dataclasses.replace(SETTINGS, **change))  # type: ignore[arg-type]

    assert all(getattr(first, name) != getattr(second, name) for name in GLOBAL)


def test_two_accounts_do_not_clash_over_buckets() -> None:
    first, second = Names.of(SETTINGS), Names.of(dataclasses.replace(SETTINGS, account_id="444455556666"))

    assert first.ingest_bucket != second.ingest_bucket
    assert first.results_bucket != second.results_bucket


def test_the_longest_names_fit() -> None:
    project = "p" * (LONGEST_BASE - len("-dev"))
    names = Names.of(dataclasses.replace(SETTINGS, project=project, region="ap-southeast-1"))

    assert len(names.ingest_bucket) <= 63
    assert len(names.results_bucket) <= 63
    assert len(names.role) <= 64
    assert len(names.function) <= 64
    assert len(names.queue) <= 80
