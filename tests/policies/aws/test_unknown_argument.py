from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.core.arguments import Arguments, Keys
from policypack.core.examples import notification as notification_of
from policypack.core.examples import target
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.iam.tables import arguments_of, known_types
from policypack.policies.aws.unknown_argument import POLICY
from tests.policies.helpers import messages, reported_with, silent, violations


def bucket(token: str = "aws:s3/bucket:Bucket", provider: str = "", **inputs: Any) -> Resource:
    return Resource(token, "inbox", inputs, provider=provider)


def notification(**inputs: Any) -> Resource:
    return Resource("aws:s3/bucketNotification:BucketNotification", "events", {"bucket": "inbox", **inputs})


test_unknown_arguments = reported_with(
    POLICY,
    (
        bucket("aws:s3/bucketV2:BucketV2", restrictPublicBuckets=True),
        "restrictPublicBuckets",
        "`BucketPublicAccessBlock`",
    ),
    (bucket(logGroupName="x"), "logGroupName", "takes no argument `logGroupName`"),
    (Resource("aws:s3/bucketPolicy:BucketPolicy", "p", {"ignorePublicAcls": True}), "ignorePublicAcls", "take it"),
    (bucket(block_public_policy=UNKNOWN), "block_public_policy", "`BucketPublicAccessBlock`"),
    (notification(filter_rules=[]), "filter_rules", "`filterSuffix`"),
    (notification(lambda_functions=[]), "lambda_functions", "did you mean `lambdaFunctions`"),
)


def test_every_unknown_argument_is_reported() -> None:
    resource = bucket(bucket="inbox", blockPublicAcls=True, colour="blue")
    assert violations(POLICY, resource) == ["blockPublicAcls", "colour"]


test_silent = silent(
    POLICY,
    bucket(tags={"any": "thing"}, tagsAll={"any": "thing"}),  # added by the provider
    bucket("aws:s3/bucketV2:BucketV2", versionings=[], tagsAll={}),
    Resource("aws:brandnew/thing:Thing", "thing", {"anything": True}),
    Resource("acme:index:Site", "site", {"blockPublicAcls": True}, custom=False),
    Resource("pulumi:providers:aws", "home", {"anything": True}),
    replace(bucket(colour="blue"), external=True),
)


def security_group(**rule: Any) -> Resource:
    return Resource("aws:ec2/securityGroup:SecurityGroup", "web", {"ingress": [rule]})


def table(**inputs: Any) -> Resource:
    return Resource("aws:dynamodb/table:Table", "orders", inputs)


FIRST = "lambdaFunctions[0]"
test_unknown_keys = reported_with(
    POLICY,
    (table(pointInTimeRecovery={"enable": True}), "pointInTimeRecovery.enable", "did you mean `enabled`?"),
    (
        table(ttl={"attribute": "until"}),
        "ttl.attribute",
        "`ttl` takes no key `attribute`; did you mean `attributeName`?",
    ),
    (table(serverSideEncryption={"kms_key_id": UNKNOWN}), "serverSideEncryption.kms_key_id", "`kmsKeyArn`"),
    (table(ttl={"attribute_name": "until"}), "ttl.attribute_name", "write `attributeName`"),  # that nothing translated
    (table(attributes=[{"name": "id", "type": "S"}, {"name": "n", "Type": "N"}]), "attributes[1].Type", "`type`"),
    (security_group(protocol="tcp", ports=[443]), "ingress[0].ports", "`ingress` takes no key `ports`"),
    (
        Resource(
            "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
            "copies",
            {"rules": [{"status": "Enabled", "destination": {"bucket": "b", "replicaKmsKeyId": UNKNOWN}}]},
        ),
        "rules[0].destination.replicaKmsKeyId",
        "`encryptionConfiguration` takes it",
    ),
    (
        Resource("aws:lambda/function:Function", "read", {"environment": {"DEBUG": "1"}}),
        "environment.DEBUG",
        "it takes `variables`",
    ),
    (notification_of({**target(), "filter": {"key": {}}}), f"{FIRST}.filter", "`filterPrefix` or `filterSuffix`"),
    (notification_of({**target(), "filter_prefix": "in/"}), f"{FIRST}.filter_prefix", "write `filterPrefix`"),
    (notification_of({**target(), "suffix": ".csv"}), f"{FIRST}.suffix", "did you mean `filterSuffix`"),
    (notification_of({**target(), "batchSize": 1}), f"{FIRST}.batchSize", "and `lambdaFunctionArn`"),
    (notification_of({**target(), "hunter 2": 1}), f"{FIRST}.…", "takes no key `…`"),  # could be anything
)


def test_every_unknown_key_is_reported() -> None:
    rule = {"statuses": "Enabled", "expiration": {"day": 30}, "transitions": [{"days": 30, "class": "GLACIER"}]}
    resource = Resource("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "l", {"rules": [{}, rule]})
    assert violations(POLICY, resource) == [
        "rules[1].statuses",
        "rules[1].expiration.day",
        "rules[1].transitions[0].class",
    ]


test_keys_that_may_be_anything_are_silent = silent(
    POLICY,
    Resource("aws:lambda/function:Function", "read", {"environment": {"variables": {"any_key": "x", "Other": "y"}}}),
    Resource("aws:iam/role:Role", "r", {"assumeRolePolicy": {"Statement": [{"Efect": "Allow"}]}}),  # of another policy
    Resource("aws:glue/job:Job", "j", {"defaultArguments": {"--job-language": "python"}}),
    Resource("aws:wafv2/webAcl:WebAcl", "w", {"rules": [{"statement": {"notStatement": {"statements": [{}]}}}]}),
    Resource("aws:lex/v2modelsBotVersion:V2modelsBotVersion", "v", {"localeSpecification": {"en_US": {}}}),
    security_group(protocol="tcp", port=None),  # sets nothing
    table(ttl=UNKNOWN, attributes=[UNKNOWN], serverSideEncryption="none", replicas=[[{"colour": 1}]]),
    Resource("acme:index:Site", "site", {"ttl": {"colour": 1}}),
)


def test_objects_in_a_mapping_have_keys() -> None:
    locale = {"en_US": {"sourceBotVersion": "1"}, "de_DE": {"source_version": "1"}}
    resource = Resource("aws:lex/v2modelsBotVersion:V2modelsBotVersion", "v", {"localeSpecification": locale})
    assert violations(POLICY, resource) == ["localeSpecification.de_DE.source_version"]


def every_key(arguments: Arguments, keys: Keys, depth: int) -> dict[str, Any]:
    return {
        name: every_key(arguments, arguments.classes.get(cls, {}), depth - 1) if depth else 1
        for name, cls in keys.items()
    }


def test_every_type_takes_its_own_keys_and_no_other() -> None:
    for token in known_types():
        arguments = arguments_of(token)
        assert arguments
        assert not [*arguments.unknown(every_key(arguments, arguments.names, 4))], token
        objects = [name for name, cls in arguments.names.items() if cls and not cls.startswith("*")]
        odd = arguments.unknown({name: {"colour": 1} for name in objects})
        assert [each.path for each in odd] == [f"{name}.colour" for name in objects], token


@pytest.mark.parametrize("version", ["6_83_0", "7_999_0", "8_0_0"])
def test_another_provider_may_know_other_keys(version: str) -> None:
    """A provider refuses a key that it does not know, so what a state has was known to it."""
    assert outcome(replace(table(ttl={"colour": 1}), provider=URN.format(f"default_{version}"))) == []


def test_the_programs_own_sdk_decides_about_keys() -> None:
    accepts = Arguments({"ttl": "TableTtlArgs"}, {"TableTtlArgs": {"colour": ""}})
    resource = replace(table(ttl={"colour": 1, "size": 1}), accepts=accepts, provider=URN.format("default_7_999_0"))
    assert outcome(resource) == [("violation", "ttl.size")]


URN = "urn:pulumi:stack::project::pulumi:providers:aws::{}"


def outcome(resource: Resource, *others: Resource) -> list[tuple[str, str]]:
    return [
        (outcome.kind.value, outcome.path) for outcome in evaluate([POLICY], Stack((resource, *others), Settings()))
    ]


@pytest.mark.parametrize(
    ("provider", "kinds"),
    [
        ("default_6_83_0", []),
        ("default_8_0_0", []),
        ("default_7_0_1", [("violation", "colour")]),
        ("default_7_51_0_alpha_1", [("violation", "colour")]),
        ("default_7_999_0", [("undecided", "colour")]),
        ("default", [("violation", "colour")]),
    ],
)
def test_the_table_judges_what_it_is_not_older_than(provider: str, kinds: list[tuple[str, str]]) -> None:
    assert outcome(bucket(provider=URN.format(provider), bucket="b", colour="blue")) == kinds


@pytest.mark.parametrize(
    ("version", "kinds"),
    [("6.83.0", []), ("7.0.1", [("violation", "colour")]), ("v7.999.0", [("undecided", "colour")])],
)
def test_the_version_of_an_explicit_provider(version: str, kinds: list[tuple[str, str]]) -> None:
    provider = Resource("pulumi:providers:aws", "home", {"version": version}, URN.format("home"))
    assert outcome(bucket(provider=provider.urn, colour="blue"), provider) == kinds


@pytest.mark.parametrize("provider", ["default_6_83_0", "default_7_0_1", "default_7_999_0"])
def test_the_programs_own_sdk_decides_where_it_is_known(provider: str) -> None:
    accepts = Arguments({"bucket": "", "colour": ""}, {})
    resource = replace(bucket(provider=URN.format(provider), bucket="b", colour="blue", size=1), accepts=accepts)
    assert outcome(resource) == [("violation", "size")]


def test_a_type_that_only_the_programs_sdk_has() -> None:
    resource = Resource(
        "aws:brandnew/thing:Thing", "t", {"name": "t", "nmae": "t"}, accepts=Arguments({"name": ""}, {})
    )
    assert messages(POLICY, resource) == ["`Thing` takes no argument `nmae`; did you mean `name`?"]
