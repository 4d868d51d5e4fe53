"""A wrong config stops the program with the key, the problem and how to fix it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_network

import pulumi
import pytest
import settings
from hypothesis import given
from hypothesis import strategies as st
from netaddr import IPSet
from trusted import parse_networks

Config = dict[str, str]


@pytest.fixture(autouse=True)
def _own_runtime() -> Iterator[None]:
    yield
    pulumi.runtime.set_all_config({})
    pulumi.runtime.settings.reset_options()


def load(config: Config, stack: str = "dev") -> settings.Settings:
    pulumi.runtime.settings.configure(pulumi.runtime.Settings(project="stackguard-ingest", stack=stack))
    pulumi.runtime.set_all_config(config)
    return settings.load()


def test_the_committed_config_is_accepted(config: Config) -> None:
    loaded = load(config)

    assert loaded.region == "eu-central-1"
    assert loaded.account_id == "111122223333"
    assert [str(network) for network in loaded.trusted_networks] == ["203.0.113.0/24", "2001:db8:1234::/48"]


@pytest.mark.parametrize(
    "key",
    [
        "aws:region",
        "stackguard-ingest:accountId",
        "stackguard-ingest:trustedCidrs",
        "stackguard-ingest:logRetentionDays",
        "stackguard-ingest:objectRetentionDays",
        "stackguard-ingest:reservedConcurrency",
    ],
)
def test_a_missing_value_names_its_key_and_file(config: Config, key: str) -> None:
    del config[key]

    with pytest.raises(settings.ConfigError, match=rf"^config `{key}` is missing: set it in `Pulumi\.dev\.yaml`$"):
        load(config)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("aws:region", "", "is not a region of the `aws` partition"),
        ("aws:region", "eu-central", "is not a region of the `aws` partition"),
        ("aws:region", "eu-central-1a", "is not a region of the `aws` partition"),
        ("aws:region", "cn-north-1", "is not a region of the `aws` partition"),
        ("aws:region", "us-gov-west-1", "is not a region of the `aws` partition"),
        ("stackguard-ingest:accountId", "11112222333", "twelve digits, in quotes"),
        ("stackguard-ingest:accountId", "1111-2222-3333", "twelve digits, in quotes"),
        ("stackguard-ingest:logRetentionDays", "0", "is not a retention that CloudWatch Logs has"),
        ("stackguard-ingest:logRetentionDays", "91", "is not a retention that CloudWatch Logs has"),
        ("stackguard-ingest:logRetentionDays", "ninety", "is not a retention that CloudWatch Logs has"),
        ("stackguard-ingest:objectRetentionDays", "0", "is not a whole number from 1 to 3650"),
        ("stackguard-ingest:objectRetentionDays", "-5", "is not a whole number from 1 to 3650"),
        ("stackguard-ingest:reservedConcurrency", "901", "is not a whole number from 1 to 900"),
        ("stackguard-ingest:reservedConcurrency", "2.5", "is not a whole number from 1 to 900"),
    ],
)
def test_a_wrong_value_names_its_key_and_the_fix(config: Config, key: str, value: str, message: str) -> None:
    config[key] = value

    with pytest.raises(settings.ConfigError) as caught:
        load(config)

    assert str(caught.value).startswith(f"config `{key}` ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("cidrs", "message"),
    [
        ("203.0.113.0/24", "is not a list of CIDR ranges"),
        ([], "is not a list of CIDR ranges"),
        ([8], "is not a list of CIDR ranges"),
        ({"office": "203.0.113.0/24"}, "is not a list of CIDR ranges"),
        (["office"], "[0] is not a CIDR range"),
        (["203.0.113.0/33"], "[0] is not a CIDR range"),
        (["203.0.113.*"], "[0] is not a CIDR range"),
        (["203.0.113.0/24", "203.0.113.0/24/8"], "[1] is not a CIDR range"),
        (["203.0.113.7"], "[0] has no prefix length: write `203.0.113.7/32`"),
        (["203.0.113.0/255.255.255.0"], "[0] has no prefix length"),
        (["203.0.113.7/24"], "[0] has bits set after its prefix: write `203.0.113.0/24`"),
        (["2001:db8::1/64"], "[0] has bits set after its prefix: write `2001:db8::/64`"),
        (["54.240.143.77/0"], "[0] has bits set after its prefix"),
        (["0.0.0.0/0"], "covers more IPv4 addresses than a /8"),
        (["12.0.0.0/7"], "covers more IPv4 addresses than a /8"),
        (["::/0"], "covers more IPv6 addresses than a /32"),
        (["2000::/3"], "covers more IPv6 addresses than a /32"),
        (["0.0.0.0/1", "128.0.0.0/1"], "covers more IPv4 addresses than a /8"),
        (["11.0.0.0/8", "13.0.0.0/8"], "covers more IPv4 addresses than a /8"),
        (["2001:db8::/32", "2001:db9::/32"], "covers more IPv6 addresses than a /32"),
        (["10.1.0.0/16"], "[0] holds addresses that S3 never sees"),
        (["203.0.113.0/24", "192.168.0.0/16"], "[1] holds addresses that S3 never sees"),
        (["fd00::/64"], "[0] holds addresses that S3 never sees"),
        (["::ffff:203.0.113.0/120"], "[0] holds addresses that S3 never sees"),
    ],
)
def test_wrong_cidrs_are_refused(config: Config, cidrs: object, message: str) -> None:
    config["stackguard-ingest:trustedCidrs"] = json.dumps(cidrs)

    with pytest.raises(settings.ConfigError) as caught:
        load(config)

    assert str(caught.value).startswith("config `stackguard-ingest:trustedCidrs` ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "cidrs",
    [
        ["203.0.113.7/32"],
        ["12.0.0.0/8"],
        ["12.0.0.0/9", "12.128.0.0/9", "12.4.0.0/16"],
        ["2001:db8::/32", "12.0.0.0/8"],
    ],
)
def test_narrow_cidrs_are_accepted(config: Config, cidrs: list[str]) -> None:
    config["stackguard-ingest:trustedCidrs"] = json.dumps(cidrs)

    assert [str(network) for network in load(config).trusted_networks] == cidrs


networks = st.builds(
    lambda address, prefix: str(ip_network((address, prefix), strict=False)),
    st.integers(int(IPv4Address("11.0.0.0")), int(IPv4Address("99.255.255.255"))),
    st.integers(6, 32),
)


@given(st.lists(networks, min_size=1, max_size=5))
def test_what_is_accepted_covers_no_more_than_a_slash_8(cidrs: list[str]) -> None:
    """`netaddr` counts the union independently."""
    covered = IPSet(cidrs).size
    try:
        parse_networks(json.dumps(cidrs))
    except ValueError:
        accepted = False
    else:
        accepted = True

    assert accepted == (covered <= 2**24)


@pytest.mark.parametrize("stack", ["Production", "eu_west", "dev.", "-"])
def test_a_stack_name_that_no_bucket_can_have_is_refused(config: Config, stack: str) -> None:
    with pytest.raises(settings.ConfigError, match="cannot name buckets"):
        load(config, stack)


def test_a_stack_whose_name_is_too_long_is_refused(config: Config) -> None:
    with pytest.raises(settings.ConfigError, match="too long to name buckets: shorten it to 27 characters"):
        load(config, "production-two")
