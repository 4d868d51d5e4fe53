"""Resources of generated stacks as a checkpoint has them: sound ones, and ones that a policy reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

State = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a stack is."""

    organization: str
    team: str
    project: str
    stage: str
    account: str
    region: str

    @property
    def file(self) -> str:
        """Its checkpoint, relative to the fleet."""
        return f"{self.organization}/.pulumi/stacks/{self.project}/{self.stage}.json"

    def state(
        self, type_token: str, name: str, inputs: State, outputs: State | None = None, identity: str = ""
    ) -> State:
        """A resource of it."""
        urn = f"urn:pulumi:{self.stage}::{self.project}::{type_token}::{name}"
        return {
            "urn": urn,
            "custom": True,
            "id": identity or name,
            "type": type_token,
            "inputs": inputs,
            "outputs": {**inputs, "id": identity or name, **(outputs or {})},
            "parent": f"urn:pulumi:{self.stage}::{self.project}::pulumi:pulumi:Stack::{self.project}-{self.stage}",
            "provider": f"{self.provider}::{'1f8b2a3c-0000-4000-8000-000000000000'}",
        }

    @property
    def provider(self) -> str:
        """The URN of its provider."""
        return f"urn:pulumi:{self.stage}::{self.project}::pulumi:providers:aws::default_7_0_0"

    def name(self, index: int, what: str) -> str:
        """A name that is unique in the fleet."""
        return f"{self.organization}-{self.project}-{self.stage}-{what}{index}"


def document(*statements: State) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def parameter(place: Place, index: int) -> Iterator[State]:
    """A sound parameter."""
    name = f"/{place.name(index, 'setting')}"
    inputs = {"name": name, "type": "String", "value": f"value {index}", "tags": {"team": place.team}}
    arn = f"arn:aws:ssm:{place.region}:{place.account}:parameter{name}"
    yield place.state("aws:ssm/parameter:Parameter", f"setting{index}", inputs, {"arn": arn}, name)


def log_group(place: Place, index: int) -> Iterator[State]:
    """A sound log group."""
    name = place.name(index, "logs")
    arn = f"arn:aws:logs:{place.region}:{place.account}:log-group:{name}"
    inputs = {"name": name, "retentionInDays": 30, "tags": {"team": place.team}}
    yield place.state("aws:cloudwatch/logGroup:LogGroup", f"logs{index}", inputs, {"arn": arn}, name)


def role(place: Place, index: int, actions: Any = "s3:GetObject", resource: str = "") -> Iterator[State]:
    """A role that a task may use, sound unless what it may do is not."""
    name = place.name(index, "role")
    arn = f"arn:aws:iam::{place.account}:role/{name}"
    trust = document(
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    yield place.state(
        "aws:iam/role:Role", f"role{index}", {"name": name, "assumeRolePolicy": trust}, {"arn": arn}, name
    )
    resource = resource or f"arn:aws:s3:::{place.name(index, 'inbox')}/incoming/*"
    policy = document({"Sid": "Own", "Effect": "Allow", "Action": actions, "Resource": resource})
    inputs = {"name": f"own{index}", "role": name, "policy": policy}
    yield place.state("aws:iam/rolePolicy:RolePolicy", f"own{index}", inputs, {}, f"{name}:own{index}")


def bucket(place: Place, index: int, *, block: bool = True, acl: str = "") -> Iterator[State]:
    """A bucket, sound unless a part is left out."""
    name = place.name(index, "bucket")
    yield place.state("aws:s3/bucket:Bucket", f"bucket{index}", {"bucket": name}, {"arn": f"arn:aws:s3:::{name}"}, name)
    yield from sidecars(place, index, name, block=block)
    if acl:
        yield place.state(
            "aws:s3/bucketAcl:BucketAcl", f"acl{index}", {"bucket": name, "acl": acl}, {}, f"{name},{acl}"
        )


def sidecars(
    place: Place, index: int, name: str, *, block: bool = True, off: str = "", only: str = ""
) -> Iterator[State]:
    """What configures a bucket.

    Args:
        place: the stack, which may be another one than the bucket's.
        index: tells equal parts of a stack apart.
        name: of the bucket.
        block: whether it has an access block.
        off: a switch of the block that is off.
        only: the ARN of the one role that may use the bucket; empty for no such limit.
    """
    arn = f"arn:aws:s3:::{name}"
    if block:
        names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        inputs = {"bucket": name, **{switch: switch != off for switch in names}}
        yield place.state("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", f"block{index}", inputs, {}, name)
    versioning = {"bucket": name, "versioningConfiguration": {"status": "Enabled"}}
    yield place.state("aws:s3/bucketVersioning:BucketVersioning", f"versions{index}", versioning, {}, name)
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    yield place.state(encryption, f"encryption{index}", {"bucket": name, "rules": [rule]}, {}, name)
    tls = {
        "Sid": "Tls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    others = {**tls, "Sid": "Others", "Condition": {"StringNotEquals": {"aws:PrincipalArn": only}}}
    inputs = {"bucket": name, "policy": document(tls, *([others] if only else []))}
    yield place.state("aws:s3/bucketPolicy:BucketPolicy", f"tls{index}", inputs, {}, name)


def security_group(place: Place, index: int) -> Iterator[State]:
    """A security group that is open to the internet."""
    name = place.name(index, "group")
    rule = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"], "description": "admin"}
    arn = f"arn:aws:ec2:{place.region}:{place.account}:security-group/sg-{index:08x}"
    inputs = {"name": name, "description": "hosts", "ingress": [rule]}
    yield place.state("aws:ec2/securityGroup:SecurityGroup", f"group{index}", inputs, {"arn": arn}, f"sg-{index:08x}")


def access_key(place: Place, index: int) -> Iterator[State]:
    """A user with a long-lived key."""
    name = place.name(index, "user")
    arn = f"arn:aws:iam::{place.account}:user/{name}"
    yield place.state("aws:iam/user:User", f"user{index}", {"name": name}, {"arn": arn}, name)
    yield place.state("aws:iam/accessKey:AccessKey", f"key{index}", {"user": name}, {}, f"AKIA{index:016d}")


def first(place: Place) -> Iterator[State]:
    """What every stack begins with: itself, and its provider."""
    stack = f"urn:pulumi:{place.stage}::{place.project}::pulumi:pulumi:Stack::{place.project}-{place.stage}"
    yield {"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"}
    yield {
        "urn": place.provider,
        "custom": True,
        "id": "1f8b2a3c-0000-4000-8000-000000000000",
        "type": "pulumi:providers:aws",
        "inputs": {"region": place.region},
        "outputs": {"region": place.region},
    }


def checkpoint(place: Place, states: list[State]) -> dict[str, Any]:
    """The file of a stack in a DIY backend."""
    latest = {
        "manifest": {"time": "2026-11-01T00:00:00Z", "magic": "", "version": "v3.260.0"},
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:none"}},
        "resources": states,
    }
    stack = f"organization/{place.project}/{place.stage}"
    return {"version": 3, "checkpoint": {"stack": stack, "latest": latest}}
