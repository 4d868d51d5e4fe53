from __future__ import annotations

import pytest

from policypack.iam.tables import argument_names, canonical
from policypack.resources.conflict_tables import DEFAULTS, EXCLUSIVE, INLINE, MANAGED, PROVIDER, SUBJECTS


def arguments(token: str) -> frozenset[str]:
    names = argument_names(token)
    assert names is not None, f"{token} is not a type of pulumi-aws"
    return names


@pytest.mark.parametrize("token", sorted(MANAGED))
def test_what_is_managed_is_named_by_real_arguments(token: str) -> None:
    assert canonical(token) == token
    for managed in MANAGED[token]:
        assert {name.partition("?")[0] for name in managed.parts} - {PROVIDER} <= arguments(token)


@pytest.mark.parametrize("owner", sorted(INLINE))
def test_inline_settings_name_real_arguments(owner: str) -> None:
    twins = arguments(owner) | (
        arguments("aws:s3/bucketV2:BucketV2") if owner == "aws:s3/bucket:Bucket" else frozenset()
    )
    assert set(INLINE[owner]) <= twins
    for sidecars in INLINE[owner].values():
        for token, naming in sidecars.items():
            assert naming in arguments(token)
            assert naming == "bucket" or owner in SUBJECTS[naming]


def test_subjects_are_real_types() -> None:
    for types in SUBJECTS.values():
        for token in types:
            assert arguments(token)


def test_defaults_are_of_inline_settings() -> None:
    assert set(DEFAULTS) <= set(INLINE["aws:s3/bucket:Bucket"])


@pytest.mark.parametrize("token", sorted(EXCLUSIVE))
def test_sets_and_what_is_added_are_named_by_real_arguments(token: str) -> None:
    exclusive = EXCLUSIVE[token]
    assert {exclusive.owner, exclusive.members} - {""} <= arguments(token)
    for other, names in exclusive.additions.items():
        assert set(names) - {""} <= arguments(other)
