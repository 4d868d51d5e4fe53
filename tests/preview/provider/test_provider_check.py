"""What the provider's Check adds to the inputs: names, tags, regions, documents and constants."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, PartialDocument, Unknown, urn_of
from policypack.core.wire import UNKNOWN_STRING
from policypack.iam.tables import argument_names
from stackguard.preview.provider.autonaming import Autonaming, Strategy
from stackguard.preview.provider.provider_check import checked
from stackguard.preview.provider.resource_rules import rules

BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
HOME = {"region": "eu-west-1", "version": "7.51.0"}


def check(token: str = BUCKET, inputs: dict[str, Any] | None = None, **provider: Any) -> dict[str, Any]:
    return checked(token, "thing", urn_of(token, "thing"), inputs or {}, HOME | provider)[0]


def test_a_bucket_without_inputs_gets_those_of_pulumi() -> None:
    result = check()
    name = result.pop("bucket")
    assert name.startswith("thing-")
    assert result == {"tagsAll": {}, "region": "eu-west-1"}


def test_the_programs_inputs_stay() -> None:
    inputs = {"bucket": "mine", "region": "us-east-2", "tags": {"a": "b"}, "tagsAll": {"c": "d"}, "forceDestroy": False}
    result = check(inputs=inputs)
    assert {**result, "tagsAll": {}} == {**inputs, "tagsAll": {}}


@pytest.mark.parametrize(
    ("tags", "provider", "all_tags"),
    [
        (None, {}, {}),
        ({"a": "1"}, {}, {"a": "1"}),
        (None, {"defaultTags": {"tags": {"team": "red"}}}, {"team": "red"}),
        (None, {"defaultTags": '{"tags": {"team": "red"}}'}, {"team": "red"}),
        ({"team": "blue"}, {"defaultTags": {"tags": {"team": "red", "env": "dev"}}}, {"team": "blue", "env": "dev"}),
        ({"a": "1", "b": "2"}, {"ignoreTags": {"keys": ["a"]}}, {"b": "2"}),
        (
            {"aws:x": "1", "b": "2"},
            {"defaultTags": '{"tags": {"aws:y": "3"}}', "ignoreTags": '{"keyPrefixes": ["aws:"]}'},
            {"b": "2"},
        ),
        ({"a": "1"}, {"defaultTags": "not json"}, {"a": "1"}),
    ],
)
def test_tags_all_are_the_providers_then_the_resources(
    tags: Any, provider: dict[str, Any], all_tags: dict[str, str]
) -> None:
    result = check(inputs={"tags": tags} if tags else {}, **provider)
    assert result["tagsAll"] == all_tags
    assert result.get("tags") == tags


def test_one_unknown_tag_makes_all_of_them_unknown() -> None:
    result = check(inputs={"tags": {"a": "1", "b": UNKNOWN}}, defaultTags={"tags": {"c": "3"}})
    assert isinstance(result["tagsAll"], Unknown)
    assert result["tags"] == {"a": "1", "b": UNKNOWN}


def test_types_without_tags_get_none() -> None:
    assert "tagsAll" not in check("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b"}, defaultTags={"tags": {"a": "b"}})
    assert "tagsAll" not in check("aws:autoscaling/group:Group", {"maxSize": 1, "minSize": 1})


@pytest.mark.parametrize(
    ("secrets", "provider_secrets", "hidden"),
    [
        ({"tags.a"}, set(), {"tagsAll.a"}),
        ({"tags"}, set(), {"tagsAll.a"}),
        (set(), {"defaultTags"}, {"tagsAll.z"}),
        (set(), {"defaultTags.tags.z"}, {"tagsAll.z"}),
        ({"bucket"}, set(), set()),
    ],
)
def test_a_secret_tag_stays_secret(secrets: set[str], provider_secrets: set[str], hidden: set[str]) -> None:
    _, secret_paths = checked(
        BUCKET,
        "thing",
        urn_of(BUCKET, "thing"),
        {"tags": {"a": "1"}, "bucket": "b"},
        HOME | {"defaultTags": '{"tags": {"z": "9"}}'},
        secrets=frozenset(secrets),
        provider_secrets=frozenset(provider_secrets),
    )
    assert secret_paths == secrets | hidden


@pytest.mark.parametrize(
    ("token", "provider", "region"),
    [
        (BUCKET, {}, "eu-west-1"),
        (BUCKET, {"region": None}, None),
        (BUCKET, {"version": "6.83.0"}, None),
        (BUCKET, {"version": "v7.0.0"}, "eu-west-1"),
        (BUCKET, {"version": None}, "eu-west-1"),
        (BUCKET, {"version": "8.0.0-alpha.1"}, "eu-west-1"),
        (ROLE, {}, None),
    ],
)
def test_the_providers_region_is_written_on_what_has_one(token: str, provider: dict[str, Any], region: Any) -> None:
    assert check(token, **provider).get("region") == region


def test_a_provider_that_is_not_fully_known_is_not_asked() -> None:
    for provider in ({"region": UNKNOWN}, {"defaultTags": {"tags": {"a": UNKNOWN}}}, {"profile": UNKNOWN_STRING}):
        assert check(inputs={"tags": {"a": "b"}}, **provider) == {"tags": {"a": "b"}}


def test_credentials_that_cannot_be_decrypted_change_nothing() -> None:
    provider = HOME | {"accessKey": UNKNOWN, "secretKey": UNKNOWN, "token": UNKNOWN}
    assert checked(BUCKET, "thing", urn_of(BUCKET, "thing"), {}, provider)[0]["region"] == "eu-west-1"


def test_constants_of_the_schema() -> None:
    assert {"path": "/", "maxSessionDuration": 3600}.items() <= check(ROLE).items()
    assert check(ROLE, {"path": "/team/"})["path"] == "/team/"
    assert check("aws:ec2/vpc:Vpc")["enableDnsSupport"] is True
    assert check("aws:ec2/vpc:Vpc", {"enableDnsSupport": False})["enableDnsSupport"] is False


def test_a_document_that_is_a_structure_becomes_text_as_go_writes_it() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Condition": {"Bool": {"b": True}}}]}
    policy = check("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b", "policy": document})["policy"]
    assert policy == '{"Statement":[{"Condition":{"Bool":{"b":true}},"Effect":"Allow"}],"Version":"2012-10-17"}'
    text = '{ "Version" : "2012-10-17" }'
    assert check("aws:s3/bucketPolicy:BucketPolicy", {"policy": text})["policy"] == text


def test_a_document_that_is_unknown_in_part_keeps_what_is_known() -> None:
    waits = Unknown("waits for the key")
    document = {"Statement": [{"Effect": "Allow", "Resource": waits}]}
    policy = check("aws:s3/bucketPolicy:BucketPolicy", {"policy": document})["policy"]
    assert isinstance(policy, PartialDocument)
    assert policy.unknown == waits
    assert json.loads(policy)["Statement"][0] == {"Effect": "Allow", "Resource": UNKNOWN_STRING}


def test_a_secret_within_a_document_makes_all_of_it_secret() -> None:
    token = "aws:s3/bucketPolicy:BucketPolicy"
    inputs = {"policy": {"Statement": [{"Sid": "s"}]}}
    _, secrets = checked(token, "p", urn_of(token, "p"), inputs, HOME, secrets=frozenset({"policy.Statement[0].Sid"}))
    assert secrets == {"policy"}


def test_inline_policies_get_names_too() -> None:
    policies = check(ROLE, {"inlinePolicies": [{"policy": "{}"}, {"name": "mine", "policy": "{}"}]})["inlinePolicies"]
    assert policies[0]["name"].startswith("thing-")
    assert policies[1] == {"name": "mine", "policy": "{}"}


def test_a_name_that_derives_from_a_secret_is_secret() -> None:
    naming = Autonaming(Strategy(pattern="${name}-salt"), secret=True)
    result, secrets = checked(BUCKET, "b", urn_of(BUCKET, "b"), {}, HOME, naming)
    assert (result["bucket"], secrets) == ("b-salt", {"bucket"})


def test_other_types_are_left_alone() -> None:
    for token in ("random:index/randomPet:RandomPet", "aws:brandnew/thing:Thing", "pulumi:providers:aws"):
        assert checked(token, "n", urn_of(token, "n"), {"a": None}, HOME)[0] == {"a": None}


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(rules())), st.text("abcdefgh", min_size=1, max_size=20))
def test_only_arguments_of_the_type_are_added(token: str, name: str) -> None:
    first = checked(token, name, urn_of(token, name), {}, HOME)
    assert first == checked(token, name, urn_of(token, name), {}, HOME)
    assert first[0].keys() <= (argument_names(token) or set()) | {"tagsAll"}
    again = checked(token, name, urn_of(token, name), first[0], HOME)
    assert again == first
