from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import construct
from policypack.core.policy import STACK_REFERENCE, UNKNOWN, Resource, Severity
from policypack.policies.ec2.open_ingress import POLICY
from tests.policies.helpers import outcomes, reported, silent, undecided_at, violations

ALL = "0.0.0.0/0"


def group(*depends_on: Resource, kind: str = "securityGroup:SecurityGroup", **rule: Any) -> Resource:
    rule = {"protocol": "tcp", "fromPort": 22, "toPort": 22, **rule}
    return construct(f"aws:ec2/{kind}", "web", *depends_on, at="ingress", ingress=[rule])


def rule(*depends_on: Resource, at: str = "", **inputs: Any) -> Resource:
    ports = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "securityGroupId": "sg-0a", **inputs}
    return construct("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "ssh", *depends_on, at=at, **ports)


def old_rule(**inputs: Any) -> Resource:
    ports = {"type": "ingress", "protocol": "tcp", "fromPort": 22, "toPort": 22, "securityGroupId": "sg-0a"}
    return construct("aws:ec2/securityGroupRule:SecurityGroupRule", "ssh", **{**ports, **inputs})


def prefix_list(*cidrs: str) -> Resource:
    entries = [{"cidr": cidr} for cidr in cidrs]
    return construct("aws:ec2/managedPrefixList:ManagedPrefixList", "everyone", entries=entries)


EMPTY = prefix_list()
ENTRY = construct(
    "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",
    "all",
    EMPTY,
    at="prefixListId",
    prefixListId=UNKNOWN,
    cidr=ALL,
)
WORLD = prefix_list("10.0.0.0/8", ALL)
VPC = construct("aws:ec2/vpc:Vpc", "main", cidrBlock="10.0.0.0/16")

test_each_spelling_of_the_internet_is_reported = reported(
    POLICY,
    "ingress[0].cidrBlocks[0]",
    *({"cidrBlocks": [cidr]} for cidr in (ALL, "0.0.0.0/00", "10.1.2.3/0", "0.0.0.0/1", "8.0.0.0/5", " 0.0.0.0/0 ")),
    {"cidrBlocks": ["0.0.0.0/1", "128.0.0.0/1"]},
    {"cidrBlocks": [ALL, UNKNOWN]},
    {"cidrBlocks": [ALL], "fromPort": 65535, "toPort": 0},
    {"cidrBlocks": [ALL], "protocol": "6"},
    {"cidrBlocks": [ALL], "protocol": 6},
    {"cidrBlocks": [ALL], "protocol": "TCP"},
    {"cidrBlocks": [ALL], "protocol": "-1", "fromPort": 0, "toPort": 0},
    {"cidrBlocks": [ALL], "protocol": "all", "fromPort": -1, "toPort": -1},
    {"cidrBlocks": [ALL], "fromPort": None, "toPort": None},
    {"cidrBlocks": [ALL], "fromPort": 80, "toPort": 443},
    {"cidrBlocks": [ALL], "protocol": "udp", "fromPort": 53, "toPort": 53},
    {"cidrBlocks": [ALL], "securityGroups": ["sg-0b"], "self": True},
    of=lambda inputs: group(**inputs),
)
test_ipv6_is_reported = reported(
    POLICY,
    "ingress[0].ipv6CidrBlocks[0]",
    *({"ipv6CidrBlocks": [cidr]} for cidr in ("::/0", "0:0:0:0:0:0:0:0/0", "2000::/3", "::/1")),
    of=lambda inputs: group(**inputs),
)
test_ranges_that_are_the_internet_only_together_are_reported_at_the_rule = reported(
    POLICY, "ingress[0]", group(cidrBlocks=["16.0.0.0/8", "17.0.0.0/8"])
)
test_each_kind_of_rule_is_read = reported(
    POLICY,
    "cidrBlocks[0]",
    old_rule(cidrBlocks=[ALL]),
    old_rule(cidrBlocks=[ALL], protocol="-1", fromPort=0, toPort=0),
)
test_a_rule_of_its_own_is_reported = reported(POLICY, "cidrIpv4", rule(cidrIpv4=ALL), rule(cidrIpv4=ALL, ipProtocol=-1))
test_prefix_lists_of_the_stack_are_resolved = reported(
    POLICY,
    "prefixListId",
    (WORLD, rule(WORLD, at="prefixListId", prefixListId=UNKNOWN)),
    (EMPTY, ENTRY, rule(EMPTY, at="prefixListId", prefixListId=UNKNOWN)),
)
test_what_is_not_the_internet_is_silent = silent(
    POLICY,
    *(group(cidrBlocks=[cidr]) for cidr in ("203.0.113.0/24", "10.0.0.0/8", "100.64.0.0/10", "3.0.0.0/8")),
    group(cidrBlocks=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]),
    group(ipv6CidrBlocks=["fd00::/8", "fe80::/10", "2001:db8::/56"]),
    group(securityGroups=["sg-0b"]),
    group(self=True, protocol="-1", fromPort=0, toPort=0),
    group(prefixListIds=["pl-3b927c52"]),
    group(cidrBlocks=["not-a-range"]),
    (VPC, group(VPC, cidrBlocks=[UNKNOWN])),
    (VPC, group(VPC, ipv6CidrBlocks=UNKNOWN)),
    (VPC, rule(VPC, at="cidrIpv4", cidrIpv4=UNKNOWN)),
    rule(prefixListId=UNKNOWN),
    rule(referencedSecurityGroupId=UNKNOWN),
    rule(cidrIpv4="10.0.0.0/16", fromPort=UNKNOWN, toPort=UNKNOWN),
    old_rule(type="egress", cidrBlocks=[ALL]),
    construct("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "closed"),
)
test_services_of_the_internet_are_silent = silent(
    POLICY,
    *(group(cidrBlocks=[ALL], ipv6CidrBlocks=["::/0"], fromPort=port, toPort=port) for port in (80, 443)),
    *(group(cidrBlocks=[ALL], protocol="udp", fromPort=port, toPort=port) for port in (443, 51820)),
    *(group(cidrBlocks=[ALL], protocol=name, fromPort=-1, toPort=-1) for name in ("icmp", "1", "icmpv6", "50")),
)
test_an_unknown_range_of_nothing_in_the_stack_is_undecided = undecided_at(
    POLICY, "ingress[0]", group(cidrBlocks=[UNKNOWN]), group(cidrBlocks=UNKNOWN)
)
REFERENCE = Resource(STACK_REFERENCE, "shared")
test_an_unknown_range_that_something_keeps_is_undecided = undecided_at(
    POLICY,
    "ingress[0]",
    *(
        group(*origins, cidrBlocks=[UNKNOWN])
        for origins in (
            [REFERENCE],
            [VPC, REFERENCE],
            [construct("aws:ssm/parameter:Parameter", "range", type="String", value=UNKNOWN)],
            [Resource("command:local:Command", "range")],
        )
    ),
)
test_unknown_rules_are_undecided = undecided_at(
    POLICY, "ingress", construct("aws:ec2/securityGroup:SecurityGroup", "web", ingress=UNKNOWN)
)
test_an_unknown_entry_of_a_prefix_list_is_undecided = undecided_at(
    POLICY,
    "prefixListId",
    *(
        (unread, rule(unread, at="prefixListId", prefixListId=UNKNOWN))
        for unread in (
            construct("aws:ec2/managedPrefixList:ManagedPrefixList", "everyone", entries=UNKNOWN),
            construct("aws:ec2/managedPrefixList:ManagedPrefixList", "everyone", entries=[{"cidr": UNKNOWN}]),
        )
    ),
)
test_an_unknown_port_of_an_open_rule_is_undecided = undecided_at(
    POLICY, "ingress[0].fromPort", group(cidrBlocks=[ALL], fromPort=UNKNOWN)
)


@pytest.mark.parametrize("name", ["cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "protocol", "fromPort", "toPort"])
def test_values_of_an_odd_shape_are_read(name: str) -> None:
    for value in (
        None,
        "",
        1,
        True,
        [],
        {},
        "x",
        [None],
        [{}],
        [[["x"]]],
        UNKNOWN,
        [UNKNOWN],
        {"a": UNKNOWN},
        -1,
        10**30,
    ):
        outcomes(POLICY, group(**{"cidrBlocks": [ALL], name: value}), prefix_list())
        outcomes(POLICY, old_rule(**{"cidrBlocks": [ALL], name: value}))
        outcomes(POLICY, construct("aws:ec2/securityGroup:SecurityGroup", "web", ingress=value))


@pytest.mark.parametrize(
    ("traffic", "severity"),
    [
        ({"protocol": "-1"}, Severity.CRITICAL),
        ({"fromPort": 0, "toPort": 65535}, Severity.CRITICAL),
        ({"fromPort": 22, "toPort": 22}, Severity.HIGH),
        ({"fromPort": 3000, "toPort": 4000}, Severity.HIGH),
        ({"fromPort": 9100, "toPort": 9100}, Severity.MEDIUM),
    ],
)
def test_severity_is_that_of_the_port(traffic: dict[str, Any], severity: Severity) -> None:
    (outcome,) = outcomes(POLICY, group(cidrBlocks=[ALL], **traffic))
    assert outcome.policy.severity is severity


def test_each_open_rule_of_a_group_is_reported() -> None:
    rules = [
        {"protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlocks": ["10.0.0.0/8", ALL]}
        for port in (22, 443, 5432)
    ]
    two = construct("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "main", ingress=rules)
    assert violations(POLICY, two) == ["ingress[0].cidrBlocks[1]", "ingress[2].cidrBlocks[1]"]


def acl_entry(number: int, action: str, first: Any, last: Any, **more: Any) -> dict[str, Any]:
    ports = {"ruleNo": number, "action": action, "fromPort": first, "toPort": last}
    return {"protocol": "tcp", "cidrBlock": ALL, **ports, **more}


def acl(*entries: dict[str, Any], kind: str = "networkAcl:NetworkAcl") -> Resource:
    return construct(f"aws:ec2/{kind}", "public", vpcId="vpc-0a", ingress=list(entries))


def acl_rule(number: int, action: str, port: int, *depends_on: Resource, **more: Any) -> Resource:
    inputs = {"ruleNumber": number, "ruleAction": action, "fromPort": port, "toPort": port, "protocol": "6", **more}
    inputs = {"networkAclId": UNKNOWN if depends_on else "acl-0a", "cidrBlock": ALL, **inputs}
    token = "aws:ec2/networkAclRule:NetworkAclRule"
    return construct(token, f"{action}-{number}", *depends_on, at="networkAclId", **inputs)


CLOSED = acl()
test_remote_administration_in_a_network_acl_is_reported = reported(
    POLICY,
    "ingress[0].cidrBlock",
    *(acl(acl_entry(100, "allow", port, port)) for port in (22, 3389)),
    acl(acl_entry(100, "ALLOW", 20, 25)),
    acl(acl_entry(100, "allow", 1024, 4000)),
    acl(acl_entry(100, "allow", 0, 0, protocol="-1")),
    acl(acl_entry(100, "allow", 22, 22), acl_entry(200, "deny", 22, 22)),
    acl(acl_entry(100, "allow", 22, 22), acl_entry(50, "deny", 22, 22, cidrBlock="203.0.113.0/24")),
    acl(acl_entry(100, "allow", 22, 22), acl_entry(50, "deny", 22, 22, cidrBlock=None, ipv6CidrBlock="::/0")),
    acl(acl_entry(100, "allow", 0, 0, protocol="all"), acl_entry(50, "deny", 22, 22)),
)
test_a_network_acls_rule_of_its_own_is_reported = reported(
    POLICY, "cidrBlock", acl_rule(100, "allow", 22), (CLOSED, acl_rule(100, "allow", 22, CLOSED, egress=False))
)
test_a_network_acl_that_closes_remote_administration_is_silent = silent(
    POLICY,
    acl(acl_entry(100, "allow", 443, 443), acl_entry(110, "allow", 1024, 65535), acl_entry(120, "allow", 32768, 61000)),
    acl(acl_entry(100, "allow", 8080, 8080)),
    acl(acl_entry(100, "deny", 22, 22)),
    acl(acl_entry(100, "allow", 22, 22, cidrBlock="203.0.113.0/24")),
    acl(acl_entry(100, "allow", 22, 22, protocol="udp")),
    acl(acl_entry(100, "deny", 22, 3389), acl_entry(200, "allow", 0, 0, protocol="-1")),
    acl(acl_entry(100, "allow", 0, 0, protocol="-1"), kind="defaultNetworkAcl:DefaultNetworkAcl"),
    acl_rule(100, "allow", 22, egress=True),
    (CLOSED, acl_rule(90, "deny", 22, CLOSED), acl_rule(100, "allow", 22, CLOSED)),
)
test_an_unknown_range_of_a_network_acl_is_undecided = undecided_at(
    POLICY, "ingress[0]", acl(acl_entry(100, "allow", 22, 22, cidrBlock=UNKNOWN))
)


def test_a_network_acl_is_a_second_barrier() -> None:
    (outcome,) = outcomes(POLICY, acl(acl_entry(100, "allow", 0, 0, protocol="-1")))
    assert outcome.policy.severity is Severity.MEDIUM


def _lightsail(**port: Any) -> Resource:
    port = {"protocol": "tcp", "fromPort": 22, "toPort": 22, **port}
    return construct(
        "aws:lightsail/instancePublicPorts:InstancePublicPorts", "web", instanceName="web", portInfos=[port]
    )


def test_the_firewall_of_a_lightsail_instance_is_read() -> None:
    assert violations(POLICY, _lightsail(cidrs=[ALL])) == ["portInfos[0].cidrs[0]"]
    assert violations(POLICY, _lightsail(ipv6Cidrs=["::/0"])) == ["portInfos[0].ipv6Cidrs[0]"]
    assert violations(POLICY, _lightsail(protocol="all", fromPort=0, toPort=65535, cidrs=[ALL])) != []
    assert outcomes(POLICY, _lightsail(fromPort=443, toPort=443, cidrs=[ALL])) == []
    assert outcomes(POLICY, _lightsail(cidrs=["198.51.100.0/24"])) == []
    assert outcomes(POLICY, _lightsail(cidrListAliases=["lightsail-connect"])) == []
