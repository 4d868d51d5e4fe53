"""The whole internet can connect to what a security group with an open rule protects.

Ports of remote administration and of databases are scanned all the time, and one weak password or one defect is then
enough. The web's own ports are meant to be open, and are not reported; nor are echo requests and VPNs. A network ACL is a
second barrier: only remote administration is reported there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import construct, example
from policypack.core.policy import Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.properties.ingress import LAST_PORT, Ingress, open_ingress
from policypack.resources.properties.ports import PUBLIC, RISKY, WITHOUT_PORTS


def check(ingress: Ingress) -> Iterator[Violation]:
    protocol, first, last = ingress.protocol, ingress.first, ingress.last
    if protocol in WITHOUT_PORTS or (first == last and first in PUBLIC.get(protocol, ())):
        return
    limited = Severity.MEDIUM if ingress.filtered else None
    if protocol == "all" or (first <= 1 and last == LAST_PORT):
        traffic = "all traffic" if protocol == "all" else f"every port of `{protocol}`"
        yield Violation(
            "",
            f"{traffic} is open to the internet",
            severity=limited or Severity.CRITICAL,
            facts=(traffic,),
            parts=ingress.opened,
        )
        return
    services = list(dict.fromkeys(name for port, name in RISKY.items() if first <= port <= last))
    ports = f"port {first}" if first == last else f"ports {first} to {last}"
    more = f" and {len(services) - 3} more" if len(services) > 3 else ""
    of = f" ({', '.join(services[:3])}{more})" if services else ""
    verb = "is" if first == last else "are"
    yield Violation(
        "",
        f"{protocol} {ports}{of} {verb} open to the internet",
        severity=limited if of else Severity.MEDIUM,
        facts=(f"{protocol} {first}-{last}",),
        parts=ingress.opened,
    )


def _group(**rule: Any) -> Resource:
    rule = {"protocol": "tcp", "fromPort": 22, "toPort": 22, **rule}
    return construct("aws:ec2/securityGroup:SecurityGroup", "web", vpcId="vpc-0a1b2c3d", ingress=[rule])


def _rule(**inputs: Any) -> Resource:
    ports: dict[str, Any] = {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
    rule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    return construct(rule, "database", securityGroupId="sg-0a1b2c3d", **ports, **inputs)


def _acl_rule(first: int, last: int) -> Resource:
    ports: dict[str, Any] = {"networkAclId": "acl-0a1b2c3d", "ruleNumber": 100, "fromPort": first, "toPort": last}
    rule = "aws:ec2/networkAclRule:NetworkAclRule"
    return construct(rule, "public", ruleAction="allow", protocol="tcp", cidrBlock="0.0.0.0/0", **ports)


_LIST = construct(
    "aws:ec2/managedPrefixList:ManagedPrefixList",
    "offices",
    name="offices",
    addressFamily="IPv4",
    maxEntries=2,
    entries=[{"cidr": "0.0.0.0/1"}, {"cidr": "128.0.0.0/1"}],
)

GROUPS = (
    "aws:ec2/securityGroup",
    "aws:ec2/defaultSecurityGroup",
    "aws:vpc/securityGroupIngressRule",
)
ACLS = ("aws:ec2/networkAcl",)
"""The types of rules of security groups and network ACLs."""

POLICY = Policy(
    id="ec2-open-ingress",
    title="Security group or network ACL open to the internet",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.EC2, Tag.PUBLIC_ACCESS, Tag.NETWORK, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/EC2.18", partly=True, types=GROUPS),
        Control("aws-fsbp/EC2.19", broader=True, types=GROUPS),
        Control("aws-fsbp/EC2.21", broader=True, types=ACLS),
        Control("cis-aws-5.0/5.1.2", broader=True, types=GROUPS),
        Control("cis-aws-5.0/5.2", types=ACLS),
        Control("cis-aws-5.0/5.3", broader=True, types=GROUPS),
        Control("cis-aws-5.0/5.4", broader=True, types=GROUPS),
    ],
    fix="Name the addresses or the security group that may connect; administer hosts through Session Manager.",
    references=[
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-21",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html",
    ],
    bad=[
        example(_group(cidrBlocks=["0.0.0.0/0"]), path="ingress[0].cidrBlocks[0]"),
        example(_group(ipv6CidrBlocks=["::/0"]), path="ingress[0].ipv6CidrBlocks[0]", note="IPv6"),
        example(_rule(cidrIpv4="0.0.0.0/0"), path="cidrIpv4", note="a rule of its own"),
        example(
            _group(cidrBlocks=["10.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1"]),
            path="ingress[0].cidrBlocks[1]",
            note="ranges that together are the internet",
        ),
        example(
            _LIST,
            construct(
                "aws:ec2/securityGroupRule:SecurityGroupRule",
                "admin",
                _LIST,
                at="prefixListIds",
                type="ingress",
                securityGroupId="sg-0a1b2c3d",
                protocol="-1",
                fromPort=0,
                toPort=0,
                prefixListIds=["offices"],
            ),
            path="prefixListIds[0]",
            note="all traffic, from a prefix list of the stack",
        ),
        example(_acl_rule(22, 22), path="cidrBlock", note="remote administration in a network ACL"),
    ],
    good=[
        example(_group(cidrBlocks=["203.0.113.0/24"])),
        example(_group(fromPort=443, toPort=443, cidrBlocks=["0.0.0.0/0"]), note="the web's own port"),
        example(_group(protocol="icmp", fromPort=8, toPort=0, cidrBlocks=["0.0.0.0/0"]), note="echo requests"),
        example(_rule(referencedSecurityGroupId="sg-0f1e2d3c"), note="another security group"),
        example(_acl_rule(1024, 65535), note="replies, in a network ACL"),
    ],
    subsumes=["aws-impossible-value"],
    reads=over_stack(open_ingress),
    check=check,
)
